"""How much outputs tell of the labels."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.auditing.evidence import information


class InformationTest(parameterized.TestCase):
    def test_all(self):
        given = np.arange(3000) % 3
        found = information(given, given, 3)
        self.assertAlmostEqual(found.total, 1.0, places=2)
        np.testing.assert_allclose(found.classes, 1.0, atol=0.01)

    def test_a_permutation_tells_all_of_the_labels(self):
        given = np.arange(3000) % 3
        found = information((given + 1) % 3, given, 3)
        self.assertAlmostEqual(found.total, 1.0, places=2)

    def test_nothing(self):
        """Little by chance, though there are few examples and many classes."""
        rng = np.random.default_rng(0)
        totals = [
            information(rng.integers(0, 20, 500), rng.integers(0, 20, 500), 20)
            for _ in range(20)
        ]
        self.assertLess(np.mean([found.total for found in totals]), 0.03)
        self.assertLess(np.mean([found.classes for found in totals]), 0.01)

    @parameterized.parameters(0.2, 0.4, 0.6)
    def test_of_the_best_network(self, rate):
        clean = np.arange(20_000) % 10
        given = noise.corrupt(clean, noise.symmetric_matrix(10, rate), 1)
        row = np.array([1 - rate] + [rate / 9] * 9)
        expected = 1 + (row * np.log(row)).sum() / np.log(10)
        found = information(clean, given, 10)
        self.assertAlmostEqual(found.total, expected, delta=0.01)

    def test_class_by_class(self):
        """All of one class, of two others that they are not it, of a fourth nothing."""
        rng = np.random.default_rng(0)
        given = rng.integers(0, 3, 9000)
        said = np.where(given == 0, 0, rng.integers(1, 3, 9000))
        found = information(said, given, 4)
        self.assertGreater(found.classes[0], 0.99)
        self.assertBetween(found.classes[1], 0.03, 0.06)
        self.assertTrue(np.isnan(found.classes[3]))

    def test_one_label(self):
        found = information(np.arange(100) % 2, np.zeros(100, int), 2)
        self.assertEqual(found.total, 0.0)


if __name__ == "__main__":
    absltest.main()
