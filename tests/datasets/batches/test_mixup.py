"""Mixtures of images and of labels, with the same shares."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.datasets.batches.mixup import mixup

SIZE = 40


def mixed(alpha, seed=1):
    """Images filled with 5 i and labels i, mixed."""
    _, numbers = EpochPlan(SIZE, seed, mixup_alpha=alpha).of(0)
    images = np.zeros((SIZE, 2, 2, 1), np.uint8) + np.arange(
        0, 5 * SIZE, 5, dtype=np.uint8
    ).reshape(-1, 1, 1, 1)
    found = mixup(images, np.arange(SIZE), SIZE, numbers)
    return tuple(map(keras.ops.convert_to_numpy, found))


class MixupTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(0.01, 0.4, 5.0)
    def test_labels_say_what_is_in_the_image(self, alpha):
        for seed in range(5):
            images, labels = mixed(alpha, seed)
            self.assertEqual(images.dtype, np.uint8)
            self.assertAllClose(labels.sum(axis=1), np.ones(SIZE))
            expected = labels @ np.arange(0, 5 * SIZE, 5)
            self.assertAllClose(images[:, 0, 0, 0], expected, atol=0.501)

    def test_one_share_for_the_batch(self):
        _, labels = mixed(0.4)
        largest = np.sort(labels.max(axis=1))
        self.assertAllClose(largest[:-3], np.full(SIZE - 3, largest[0]))

    def test_shares_are_beta(self):
        """The share of oneself, over many seeds: mean 1/2, variance 1/(4 (2α + 1))."""
        shares = []
        for seed in range(400):
            _, labels = mixed(2.0, seed)
            shares.append(np.median(np.diag(labels)))
        self.assertAllClose(np.mean(shares), 0.5, atol=0.04)
        self.assertAllClose(np.var(shares), 1 / 20, atol=0.012)

    def test_seeded(self):
        self.assertAllEqual(mixed(0.4)[0], mixed(0.4)[0])
        self.assertNotAllEqual(mixed(0.4)[0], mixed(0.4, 2)[0])

    def test_in_the_pipeline(self):
        images = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 1), np.uint8)
        arguments = (images, np.arange(20) % 3, 8, 1, 2)
        options = {"mixup_alpha": 0.4, "num_classes": 3}
        whole = list(pipeline.training_batches(*arguments, **options))
        rest = list(pipeline.training_batches(*arguments, first_epoch=1, **options))
        self.assertLen(whole, 6)
        for (x, y), (again, labels) in zip(whole[3:], rest, strict=True):
            self.assertAllEqual(x, again)
            self.assertAllEqual(y, labels)
        self.assertEqual(whole[0][1].shape, (8, 3))

    def test_one_hot_labels_to_evaluate(self):
        images = np.zeros((5, 2, 2, 1), np.uint8)
        _, labels = next(
            iter(pipeline.evaluation_batches(images, [0, 2, 1, 1, 0], 5, 3))
        )
        self.assertAllEqual(labels, np.eye(3)[[0, 2, 1, 1, 0]])

    def test_index(self):
        images = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1)
        stream = pipeline.training_batches(
            images, np.arange(20) % 3, 8, 1, 1, with_index=True
        )
        for x, target in stream:
            self.assertAllEqual(x[:, 0, 0, 0], target["index"])
            self.assertAllEqual(target["label"], target["index"] % 3)


if __name__ == "__main__":
    tf.test.main()
