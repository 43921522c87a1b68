"""Images of none of the classes, under labels as before."""

import dataclasses

import numpy as np
import tensorflow as tf

from lnl_sr_tf import datasets, noise
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.errors import InputError


def black(count):
    return np.zeros((count, 8, 8, 1), np.uint8)


class OpenSetTest(tf.test.TestCase):
    def test_share_of_every_class_and_labels_that_stay(self):
        data = datasets.load("digits").with_noise(noise.symmetric_matrix(10, 0.3), 1)
        made = data.with_open_set(black(5000), 0.2, seed=1)
        foreign = made.clean_labels == -1
        self.assertAllEqual(made.given_labels, data.given_labels)
        self.assertAllEqual(made.train_images[foreign], black(foreign.sum()))
        self.assertAllEqual(made.train_images[~foreign], data.train_images[~foreign])
        for label in range(10):
            of_class = data.given_labels == label
            self.assertEqual(foreign[of_class].sum(), round(0.2 * of_class.sum()))
        # It adds to the noise that there was.
        self.assertAllClose(made.noise_rate, 0.5, atol=2e-3)
        again = data.with_open_set(black(5000), 0.2, seed=1)
        self.assertAllEqual(again.clean_labels, made.clean_labels)
        other = data.with_open_set(black(5000), 0.2, seed=2)
        self.assertNotAllEqual(other.clean_labels, made.clean_labels)

    def test_each_foreign_image_before_any_twice(self):
        data = datasets.load("digits")
        images = black(100) + np.arange(100, dtype=np.uint8)[:, None, None, None]
        made = data.with_open_set(images, 0.1, seed=1)
        chosen = made.train_images[made.clean_labels == -1][:, 0, 0, 0]
        counts = np.bincount(chosen, minlength=100)
        self.assertEqual((counts.min(), counts.max()), (1, 2))

    def test_where_clean_labels_are_not_known(self):
        data = dataclasses.replace(datasets.load("digits"), clean_labels=None)
        made = data.with_open_set(black(500), 0.1, seed=1)
        self.assertIsNone(made.clean_labels)
        self.assertIsNone(made.noise_rate)
        self.assertAllEqual(made.train_images[made.foreign], black(made.foreign.sum()))

    def test_features(self):
        data = datasets.load("digits")
        rows = data.train_images.reshape(-1, 64).astype(np.float32)
        data = dataclasses.replace(data, train_images=rows)
        made = data.with_open_set(np.full((9, 64), -1, np.float32), 0.2, seed=1)
        self.assertAllEqual((made.train_images == -1).all(axis=1), made.foreign)
        self.assertEqual(made.clean_labels.min(), -1)
        for foreign, message in (
            (np.zeros((9, 63), np.float32), "64 numbers each, in memory; received 63"),
            (MappedRows(rows), "numbers each, in memory; received 64 .* from files"),
            (black(9), r"64 numbers each.*; received 8×8 pixels"),
        ):
            with self.assertRaisesRegex(InputError, message):
                data.with_open_set(foreign, 0.2, seed=1)
        texts = dataclasses.replace(data, originals=np.full(len(rows), "a"))
        with self.assertRaisesRegex(InputError, "digits were made of something else"):
            texts.with_open_set(rows, 0.2, seed=1)

    def test_wrong(self):
        data = datasets.load("digits")
        for images, rate, message in (
            (black(10), 1.0, r"must be in \[0, 1\); received 1"),
            (
                np.zeros((10, 9, 9, 1), np.uint8),
                0.1,
                "expected 8×8 pixels.* 9×9 pixels",
            ),
            (
                np.zeros((10, 8, 8, 3), np.uint8),
                0.1,
                "1 channels.*received.*3 channels",
            ),
        ):
            with self.assertRaisesRegex(InputError, message):
                data.with_open_set(images, rate, seed=1)
        noisy = data.with_noise(noise.symmetric_matrix(10, 0.8), 1)
        with self.assertRaisesRegex(InputError, "takes .* examples .* right label"):
            noisy.with_open_set(black(10), 0.5, seed=1)


if __name__ == "__main__":
    tf.test.main()
