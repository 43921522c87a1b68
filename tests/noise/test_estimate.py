"""Transition matrices from what a network says, and from files."""

import pathlib
import shutil
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError


class EstimateTest(parameterized.TestCase):
    def test_network_that_tells_the_truth(self):
        """u = P(given | x): among many examples, the surest of each class tell T."""
        matrix = noise.asymmetric_matrix("mnist", 0.4)
        posterior = np.random.default_rng(0).dirichlet(np.full(10, 0.02), size=20000)
        estimate = noise.estimate_matrix(posterior @ matrix)
        np.testing.assert_allclose(estimate, matrix, atol=0.05)
        np.testing.assert_allclose(estimate.sum(axis=1), np.ones(10))

    def test_quantile_passes_over_an_outlier(self):
        u = np.tile([0.6, 0.4], (100, 1))
        u[:50] = [0.3, 0.7]
        u[99] = [1.0, 0.0]
        np.testing.assert_allclose(noise.estimate_matrix(u)[0], [0.6, 0.4])
        np.testing.assert_allclose(noise.estimate_matrix(u, quantile=1)[0], [1, 0])

    def test_errors(self):
        with self.assertRaisesRegex(InputError, r"received the shape \(3,\)"):
            noise.estimate_matrix([0.1, 0.2, 0.7])
        with self.assertRaisesRegex(InputError, r"quantile must be in \[0, 1\]"):
            noise.estimate_matrix([[0.5, 0.5]], quantile=2)

    @parameterized.parameters(([[2.0, -1.0]],), ([[0.5, 0.7]],), ([[np.nan, 0.5]],))
    def test_logits_are_no_probabilities(self, rows):
        with self.assertRaisesRegex(InputError, "logits want a softmax first"):
            noise.estimate_matrix(rows)


class FilesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_round_trip(self):
        matrix = noise.symmetric_matrix(7, 0.3)
        noise.write_matrix(self.folder / "t.csv", matrix)
        np.save(self.folder / "t.npy", matrix)
        for name in ("t.csv", "t.npy"):
            copy = shutil.copy(self.folder / name, self.folder / name.upper())
            np.testing.assert_allclose(noise.read_matrix(copy, 7), matrix, rtol=1e-15)
            found = noise.read_matrix(self.folder / name, 7)
            np.testing.assert_allclose(found, matrix, rtol=1e-15)

    @parameterized.parameters(
        ("1,0\n0.5,0.6\n", "row 2: expected probabilities, at least 0, .*sum 1.1"),
        ("1.5,-0.5\n0,1\n", "row 1: expected probabilities, at least 0"),
        ("1,0,0\n0,1,0\n0,0,1\n", r"expected a matrix of 2 rows .*shape \(3, 3\)"),
        ("1,0\n0\n", "line 2: expected 2 numbers as in the first; received 1"),
        ("a,b\n1,0\n0,1\n", "line 1: expected 2 numbers with commas .*'a,b'"),
        ("1;0\n0;1\n", "line 1: expected 2 numbers with commas .*'1;0'"),
        ("1,0\nnan,1\n", "row 2: expected probabilities"),
        ("", r"expected a matrix of 2 rows .*shape \(0,\)"),
    )
    def test_files_that_hold_none(self, text, message):
        path = self.folder / "bad.csv"
        path.write_text(text)
        with self.assertRaisesRegex(InputError, message) as caught:
            noise.read_matrix(path, 2)
        self.assertIn("bad.csv", str(caught.exception))

    def test_npy_files_that_hold_none(self):
        path = self.folder / "bad.npy"
        for array in (np.array(["a"]), np.array([[1j]]), np.array([{}], object)):
            np.save(path, array, allow_pickle=True)
            with self.assertRaisesRegex(InputError, "no .npy file of plain numbers"):
                noise.read_matrix(path, 2)
        head = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 2), }"
        for rows in (10**9, 10**40):
            claim = (head % rows).ljust(120).encode()
            path.write_bytes(b"\x93NUMPY\1\0\x78\0" + claim + bytes(32))
            with self.assertRaisesRegex(InputError, "no .npy file of plain numbers"):
                noise.read_matrix(path, 2)
        path.write_text("hello")
        with self.assertRaisesRegex(InputError, "no .npy file of plain numbers"):
            noise.read_matrix(path, 2)

    def test_files_that_are_none(self):
        with self.assertRaisesRegex(InputError, "nowhere.csv cannot be read"):
            noise.read_matrix(self.folder / "nowhere.csv", 2)
        with self.assertRaisesRegex(InputError, "expected a file, .csv, .npy, .json"):
            noise.read_matrix(self.folder / "matrix.txt", 2)


if __name__ == "__main__":
    absltest.main()
