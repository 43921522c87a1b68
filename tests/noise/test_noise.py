"""Transition matrices and the labels drawn from them. NumPy alone."""

import collections

import numpy as np
from absl.testing import absltest, parameterized
from scipy import stats

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError


class MatricesTest(parameterized.TestCase):
    @parameterized.product(
        kind=("none", "sym", "asym", "pairflip"), rate=(0.0, 0.2, 0.8)
    )
    def test_rows_are_distributions(self, kind, rate):
        for dataset, classes in (("mnist", 10), ("cifar10", 10), ("cifar100", 100)):
            matrix = noise.noise_matrix(kind, dataset, classes, rate)
            self.assertEqual(matrix.shape, (classes, classes))
            self.assertGreaterEqual(matrix.min(), 0)
            np.testing.assert_allclose(matrix.sum(axis=1), 1)
            if kind == "none" or rate == 0:
                np.testing.assert_array_equal(matrix, np.eye(classes))

    def test_symmetric(self):
        matrix = noise.symmetric_matrix(10, 0.8)
        np.testing.assert_allclose(np.diag(matrix), 0.2)
        np.testing.assert_allclose(matrix[0, 1:], 0.8 / 9)

    def test_pairflip(self):
        matrix = noise.pairflip_matrix(5, 0.3)
        np.testing.assert_allclose(matrix[np.arange(5), (np.arange(5) + 1) % 5], 0.3)

    @parameterized.parameters(
        ("mnist", {7: 1, 2: 7, 3: 8, 5: 6, 6: 5}),
        ("cifar10", {9: 1, 2: 0, 4: 7, 3: 5, 5: 3}),
    )
    def test_asymmetric_maps(self, dataset, pairs):
        matrix = noise.asymmetric_matrix(dataset, 0.4)
        moved = {
            i: int(row.argmax())
            for i, row in enumerate(matrix * (1 - np.eye(10)))
            if row.any()
        }
        self.assertEqual(moved, pairs)
        for true, given in pairs.items():
            self.assertAlmostEqual(matrix[true, given], 0.4)
            self.assertAlmostEqual(matrix[true, true], 0.6)

    def test_asymmetric_cifar100_goes_round_in_blocks_of_five(self):
        matrix = noise.asymmetric_matrix("cifar100", 0.4)
        for true, given in ((0, 1), (3, 4), (4, 0), (5, 6), (9, 5), (99, 95)):
            self.assertAlmostEqual(matrix[true, given], 0.4)

    @parameterized.parameters(
        (lambda: noise.asymmetric_matrix("digits", 0.2), "digits.*pairflip"),
        (lambda: noise.symmetric_matrix(10, 1.0), r"\[0, 1\); received 1"),
        (lambda: noise.pairflip_matrix(10, -0.1), "received -0.1"),
        (lambda: noise.symmetric_matrix(1, 0.1), "at least 2 classes; received 1"),
        (lambda: noise.symmetric_matrix(3.0, 0.1), "at least 2 classes; received 3.0"),
        (lambda: noise.symmetric_matrix(3, "0.1"), r"in \[0, 1\); received '0.1'"),
        (lambda: noise.noise_matrix("odd", "mnist", 10, 0.1), "'odd'; expected"),
    )
    def test_errors(self, call, message):
        with self.assertRaisesRegex(InputError, message):
            call()


class CorruptTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.labels = rng.choice(10, size=20_000, p=np.arange(1, 11) / 55)

    @parameterized.parameters("sym", "asym", "pairflip")
    def test_exact_share_of_each_class(self, kind):
        matrix = noise.noise_matrix(kind, "mnist", 10, 0.37)
        given = noise.corrupt(self.labels, matrix, seed=1)
        for label in range(10):
            own = self.labels == label
            wrong = np.sum(given[own] != label)
            self.assertEqual(wrong, np.rint(own.sum() * (1 - matrix[label, label])))

    @parameterized.product(
        kind=("sym", "asym", "pairflip"), exact=(True, False), rate=(0.3, 0.8)
    )
    def test_shares_follow_the_matrix(self, kind, exact, rate):
        labels = np.repeat(np.arange(10), 20_000)
        matrix = noise.noise_matrix(kind, "cifar10", 10, rate)
        given = noise.corrupt(labels, matrix, seed=2, exact=exact)
        drawn = np.zeros((10, 10))
        np.add.at(drawn, (labels, given), 1 / 20_000)
        # Five standard deviations of a share drawn 20,000 times.
        error = 5 * np.sqrt(matrix * (1 - matrix) / 20_000)
        self.assertTrue((np.abs(drawn - matrix) <= error + 1e-12).all())

    def test_random_shares_vary(self):
        matrix = noise.symmetric_matrix(10, 0.4)
        wrong = {
            int(np.sum(noise.corrupt(self.labels, matrix, s, False) != self.labels))
            for s in range(5)
        }
        self.assertGreater(len(wrong), 1)

    def test_seeded(self):
        matrix = noise.symmetric_matrix(10, 0.4)
        first = noise.corrupt(self.labels, matrix, seed=3)
        np.testing.assert_array_equal(noise.corrupt(self.labels, matrix, 3), first)
        self.assertFalse(np.array_equal(noise.corrupt(self.labels, matrix, 4), first))
        generator = np.random.default_rng(3)
        np.testing.assert_array_equal(
            noise.corrupt(self.labels, matrix, generator), first
        )

    def test_input_stays_as_it_is(self):
        before = self.labels.copy()
        given = noise.corrupt(self.labels, noise.symmetric_matrix(10, 0.9), seed=0)
        np.testing.assert_array_equal(self.labels, before)
        self.assertEqual(given.dtype, np.int64)

    def test_labels_in_other_forms(self):
        matrix = noise.symmetric_matrix(10, 0.4)
        first = noise.corrupt(self.labels, matrix, seed=3)
        for same in (self.labels[:, None], self.labels.astype(float)):
            np.testing.assert_array_equal(noise.corrupt(same, matrix, 3), first)

    def test_zero_noise_and_empty(self):
        matrix = noise.symmetric_matrix(10, 0.0)
        for exact in (True, False):
            given = noise.corrupt(self.labels, matrix, 0, exact)
            np.testing.assert_array_equal(given, self.labels)
        empty = noise.corrupt(np.zeros(0, np.int64), noise.symmetric_matrix(3, 0.5), 0)
        self.assertLen(empty, 0)

    @parameterized.parameters(
        ([0.5, 1.5], "whole numbers; received 0.5 at place 0"),
        ([[0, 1]], r"shape \(n,\); received \(1, 2\)"),
        ([0, 3], r"in \[0, 3\); received 3 at place 1"),
        ([-1, 2], "received -1 at place 0"),
        ({0: 1, 1: 2}, "received a dict"),
        (collections.Counter([0, 1]), "received a Counter"),
        (["0", "1"], "whole numbers"),
    )
    def test_wrong_labels(self, labels, message):
        with self.assertRaisesRegex(InputError, message):
            noise.corrupt(labels, noise.symmetric_matrix(3, 0.5), 0)

    @parameterized.parameters(
        ([[0.5, 0.5]], "square"),
        ([[0.5, 0.6], [0, 1]], "sum to 1"),
        ([[1.5, -0.5], [0, 1]], "row 0: .*received 1.5, -0.5"),
        ([[float("nan"), 1], [0, 1]], "sum to 1"),
        ({0: [1, 0], 1: [0, 1]}, "matrix: expected numbers .*received a dict"),
        ([[1, 0], [1]], "rows of the same length"),
        ([["1", "0"], ["0", "1"]], "matrix: expected numbers"),
    )
    def test_wrong_matrix(self, matrix, message):
        with self.assertRaisesRegex(InputError, message):
            noise.corrupt([0, 1], matrix, 0)


def some_matrix(classes=7):
    """A transition matrix of no particular shape, with zeros in it."""
    rng = np.random.default_rng(0)
    matrix = rng.random((classes, classes)) * (rng.random((classes, classes)) < 0.6)
    matrix += 2 * np.eye(classes)
    return matrix / matrix.sum(axis=1, keepdims=True)


class SamplingErrorTest(parameterized.TestCase):
    """What is drawn differs from its matrix as chance has it, and no more."""

    @parameterized.product(
        matrix=(
            noise.symmetric_matrix(10, 0.6),
            noise.asymmetric_matrix("cifar10", 0.4),
            some_matrix(),
        ),
        exact=(True, False),
    )
    def test_chi_square_at_one_percent(self, matrix, exact):
        classes = len(matrix)
        labels = np.repeat(np.arange(classes), 2000)
        chances = []
        for seed in range(200):
            given = noise.corrupt(labels, matrix, seed, exact)
            counts = np.zeros((classes, classes))
            np.add.at(counts, (labels, given), 1)
            self.assertEqual(counts[matrix == 0].sum(), 0)
            expected = matrix * 2000
            if exact:
                # The share of each class is no matter of chance; the rest is.
                stayed = np.rint(np.diag(expected))
                np.testing.assert_array_equal(np.diag(counts), stayed)
                off = matrix * (1 - np.eye(classes))
                moved = np.maximum(off.sum(axis=1, keepdims=True), 1e-300)
                expected = off / moved * (2000 - stayed[:, None])
            free = expected > 0
            distance = ((counts - expected)[free] ** 2 / expected[free]).sum()
            freedom = free.sum() - free.any(axis=1).sum()
            if freedom:
                chances.append(stats.chi2.sf(distance, freedom))
        if chances:
            # Of 200 draws two are beyond the level by chance; nine are not.
            self.assertLess(np.sum(np.array(chances) < 0.01), 9)
            self.assertBetween(np.mean(chances), 0.4, 0.6)


if __name__ == "__main__":
    absltest.main()
