"""Noise that depends on the image: its rate, its law, and on what it depends."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError


def data(count=6000, classes=10, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 6, 6, 3), np.uint8)
    return images, rng.integers(0, classes, count)


class InstanceNoiseTest(parameterized.TestCase):
    @parameterized.parameters(0.2, 0.4, 0.6)
    def test_rate(self, rate):
        images, labels = data()
        given = noise.instance_noise(images, labels, rate, seed=1)
        # 6000 examples: a standard deviation of at most 0.0065.
        self.assertAlmostEqual((given != labels).mean(), rate, delta=0.02)
        self.assertEqual(given.dtype, np.int64)
        self.assertBetween(given.min(), 0, 9)
        self.assertBetween(given.max(), 0, 9)

    def test_the_image_determines_what_it_is_taken_for(self):
        """The same image with the same label is taken for the same class, mostly."""
        images, _ = data(1)
        given = noise.instance_noise(
            np.repeat(images, 4000, axis=0), np.zeros(4000, int), 0.5, 1, num_classes=10
        )
        wrong = np.bincount(given[given != 0], minlength=10)
        self.assertGreater(wrong.max() / wrong.sum(), 0.6)

    def test_differs_between_images_and_classes(self):
        images, labels = data()
        given = noise.instance_noise(images, labels, 0.4, seed=1)
        for label in range(10):
            wrong = given[(labels == label) & (given != label)]
            self.assertLen(np.unique(wrong), 9)
        moved = noise.instance_noise(images, (labels + 1) % 10, 0.4, seed=1)
        self.assertFalse(np.array_equal(given, moved))

    def test_seeded(self):
        images, labels = data(500)
        first, again, other = (
            noise.instance_noise(images, labels, 0.4, seed) for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))

    def test_no_noise(self):
        images, labels = data(500)
        np.testing.assert_array_equal(
            noise.instance_noise(images, labels, 0.0, 1), labels
        )

    def test_uniform_images(self):
        """An image of one colour has no direction; its label may still be wrong."""
        images = np.full((2000, 4, 4, 1), 7, np.uint8)
        given = noise.instance_noise(images, np.zeros(2000, int), 0.4, 1, num_classes=3)
        self.assertAlmostEqual((given != 0).mean(), 0.4, delta=0.05)

    def test_errors(self):
        images, labels = data(10)
        for arguments, message in (
            ((images[:5], labels, 0.4, 1), "received 5 images and 10 labels"),
            ((images, labels, 1.2, 1), r"must be in \[0, 1\); received 1.2"),
            ((images, np.zeros(10, int), 0.4, 1), "at least 2 classes; received 1"),
        ):
            with self.assertRaisesRegex(InputError, message):
                noise.instance_noise(*arguments)


if __name__ == "__main__":
    absltest.main()
