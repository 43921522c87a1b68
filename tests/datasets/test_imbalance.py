"""Class counts by their formulas, and data sets that have them."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import datasets
from lnl_sr_tf.datasets.imbalance import class_counts, imbalanced_indices
from lnl_sr_tf.errors import InputError


class CountsTest(parameterized.TestCase):
    def test_long_tailed_cifar10(self):
        """⌊5000 · 0.01^(i/9)⌋, as in every table on long-tailed CIFAR-10."""
        self.assertSequenceEqual(
            class_counts("lt", 0.01, 50000, 10).tolist(),
            [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50],
        )

    def test_step(self):
        counts = class_counts("step", 0.1, 50000, 10)
        self.assertSequenceEqual(counts.tolist(), [5000] * 5 + [500] * 5)
        self.assertSequenceEqual(class_counts("step", 0.5, 30, 3).tolist(), [10, 5, 5])

    def test_factor_1_keeps_all(self):
        for kind in ("lt", "step"):
            self.assertEqual(class_counts(kind, 1, 1000, 10).tolist(), [100] * 10)

    @parameterized.parameters(
        ("long", 0.1, "unknown imbalance 'long'"),
        ("lt", 0, r"must be in \(0, 1\]; received 0"),
        ("lt", 1.5, "received 1.5"),
    )
    def test_errors(self, kind, factor, message):
        with self.assertRaisesRegex(InputError, message):
            class_counts(kind, factor, 100, 10)


class IndicesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.labels = np.random.default_rng(0).permutation(np.arange(10000) % 10)

    @parameterized.parameters(("lt", 0.01), ("step", 0.05))
    def test_counts_and_order(self, kind, factor):
        kept = imbalanced_indices(self.labels, kind, factor, 1, 10)
        np.testing.assert_array_equal(
            np.bincount(self.labels[kept]), class_counts(kind, factor, 10000, 10)
        )
        self.assertTrue(np.all(np.diff(kept) > 0))

    def test_seeded(self):
        first, again, other = (
            imbalanced_indices(self.labels, "lt", 0.1, seed, 10) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))

    def test_class_that_has_fewer(self):
        labels = np.repeat([0, 1], [90, 10])
        kept = imbalanced_indices(labels, "lt", 0.5, 1, 2)
        np.testing.assert_array_equal(np.bincount(labels[kept]), [50, 10])


class DatasetTest(parameterized.TestCase):
    def test_what_is_kept_belongs_together(self):
        whole = datasets.load("digits")
        part = whole.with_imbalance("lt", 0.1, seed=1)
        np.testing.assert_array_equal(part.train_images, whole.train_images[part.index])
        np.testing.assert_array_equal(part.clean_labels, whole.clean_labels[part.index])
        self.assertLen(part.test_labels, len(whole.test_labels))
        counts = np.bincount(part.clean_labels)
        self.assertEqual(counts[0], 143)
        self.assertEqual(counts[9], 14)
        self.assertIs(whole.with_imbalance("none", None, 1), whole)
        noisy = part.with_instance_noise(0.4, seed=1)
        np.testing.assert_array_equal(noisy.index, part.index)

    def test_class_that_would_be_empty(self):
        with self.assertRaisesRegex(InputError, "leaves no example of class '7'"):
            datasets.load("digits").with_imbalance("lt", 0.001, seed=1)


if __name__ == "__main__":
    absltest.main()
