"""Parts of the training examples: each example is in one, and all are alike."""

import numpy as np
from absl.testing import absltest, parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.datasets.folds import fold_of
from lnl_sr_tf.errors import InputError


def labels_of(case):
    """Labels at random, of classes that may be rare, or have no example."""
    rng = np.random.default_rng(case)
    classes = rng.integers(1, 13)
    shares = rng.dirichlet(np.full(classes, rng.choice([0.2, 1, 50])))
    return rng.choice(classes, rng.integers(1, 500), p=shares)


class FoldOfTest(parameterized.TestCase):
    @parameterized.product(case=list(range(12)), folds=(2, 3, 7, 100))
    def test_parts_are_alike(self, case, folds):
        labels = labels_of(case)
        parts = fold_of(labels, folds, seed=case)
        self.assertEqual((parts.shape, parts.dtype), (labels.shape, np.int64))
        self.assertBetween(parts.min(), 1, parts.max())
        self.assertLessEqual(parts.max(), folds)
        self.assertLessEqual(np.ptp(np.bincount(parts, minlength=folds + 1)[1:]), 1)
        for label in np.unique(labels):
            sizes = np.bincount(parts[labels == label], minlength=folds + 1)[1:]
            self.assertLessEqual(np.ptp(sizes), 1)
            if sizes.sum() > 1:
                self.assertGreater(sizes.sum(), sizes.max())

    @parameterized.parameters(2, 5)
    def test_seeded(self, folds):
        labels = labels_of(3)
        first, again, other = (fold_of(labels, folds, seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))

    def test_members_of_a_part_are_drawn(self):
        """Not every fifth example of a class, which may mean something."""
        labels = np.repeat([0, 1], 500)
        parts = fold_of(labels, 5, seed=1)
        self.assertFalse(np.array_equal(parts, np.arange(1000) % 5 + 1))
        halves = np.bincount(parts[:250], minlength=6)[1:]
        self.assertBetween(halves.min(), 25, 50)
        self.assertGreater(np.ptp(halves), 1)


class DatasetTest(parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = lnl.datasets.load("digits").with_imbalance("lt", 0.1, seed=1)
        matrix = lnl.noise.symmetric_matrix(10, 0.4)
        cls.data = data.with_noise(matrix, seed=1)

    @parameterized.parameters(None, 0.2)
    def test_parts_are_apart_and_whole(self, share):
        source = lnl.datasets.load("digits")
        data = self.data
        if share:
            data = data.with_validation(share, seed=1)
        # By number in the source, whatever was taken before.
        given = dict(zip(data.index.tolist(), data.given_labels, strict=True))
        seen = []
        for part in (1, 2, 3):
            made = data.with_fold(part, 3, seed=1)
            seen.append(made.fold.index)
            self.assertEqual(
                np.union1d(made.index, made.fold.index).tolist(), sorted(given)
            )
            self.assertEmpty(np.intersect1d(made.index, made.fold.index))
            self.assertIs(made.validation, data.validation)
            for images, labels, index in (
                (made.train_images, made.given_labels, made.index),
                (made.fold.images, made.fold.labels, made.fold.index),
            ):
                np.testing.assert_array_equal(images, source.train_images[index])
                self.assertEqual(labels.tolist(), [given[i] for i in index.tolist()])
        self.assertEqual(np.sort(np.concatenate(seen)).tolist(), sorted(given))

    @parameterized.parameters((0, 5), (6, 5), (1, 1), (-1, 5))
    def test_no_such_part(self, part, folds):
        with self.assertRaisesRegex(InputError, f"fold {part}/{folds}: expected at"):
            self.data.with_fold(part, folds, seed=1)

    @parameterized.parameters((1, 1, 2), (3, 5, 100), (4, 4, 5))
    def test_too_few_examples(self, count, part, folds):
        few = self.data.subset(np.arange(count))
        with self.assertRaisesRegex(
            InputError, f"needs at least {folds} .* digits has {count}$"
        ):
            few.with_fold(min(part, folds), folds, seed=1)


if __name__ == "__main__":
    absltest.main()
