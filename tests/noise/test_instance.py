"""Noise that depends on the image: its rate, its law, and on what it depends."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import instance
from lnl_sr_tf.noise.instance import truncated_mean


def data(count=6000, classes=10, seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 6, 6, 3), np.uint8)
    return images, rng.integers(0, classes, count)


class InstanceNoiseTest(parameterized.TestCase):
    @parameterized.parameters(
        0.002, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99
    )
    def test_rate(self, rate):
        images, labels = data(20_000)
        given = noise.instance_noise(images, labels, rate, seed=1)
        # Four standard deviations of a share among 20,000.
        delta = 4 * np.sqrt(rate * (1 - rate) / 20_000)
        self.assertAlmostEqual((given != labels).mean(), rate, delta=delta)
        self.assertEqual(given.dtype, np.int64)
        self.assertBetween(given.min(), 0, 9)
        self.assertBetween(given.max(), 0, 9)

    @parameterized.parameters(
        (0.02, 0.088), (0.05, 0.101), (0.1, 0.129), (0.9, 0.871), (0.95, 0.899)
    )
    def test_rate_of_the_published_draw(self, rate, drawn):
        """Theirs is not what was asked for; so is the mode."""
        images, labels = data(20_000)
        self.assertAlmostEqual(truncated_mean(rate), drawn, places=3)
        for more in ({"published": True}, {"rate_is": "mode"}):
            given = noise.instance_noise(images, labels, rate, seed=1, **more)
            self.assertAlmostEqual((given != labels).mean(), drawn, delta=0.01)

    @parameterized.parameters(0.3, 0.4, 0.5, 0.65, 0.7)
    def test_mean_and_mode_are_one_in_the_middle(self, rate):
        images, labels = data(2000)
        mean, mode = (
            noise.instance_noise(images, labels, rate, 1, rate_is=which)
            for which in ("mean", "mode")
        )
        np.testing.assert_array_equal(mean, mode)
        self.assertAlmostEqual(truncated_mean(rate), rate, delta=5e-4)

    @parameterized.parameters(0.02, 0.1, 0.9)
    def test_chances_differ_between_images(self, rate):
        flip = instance._with_mean(
            instance._truncated_normal(np.random.default_rng(1), rate, 20_000), rate
        )
        self.assertBetween(flip.min(), 0, 1)
        self.assertBetween(flip.max(), 0, 1)
        self.assertAlmostEqual(flip.mean(), rate, delta=0.002)
        self.assertGreater(flip.std(), 0.3 * min(rate, 1 - rate))

    def test_what_all_images_share_decides_in_the_published_draw(self):
        """A bright set: its pixels as they are all but point the same way."""
        images = data(3000)[0] // 4 + 190
        labels = np.zeros(3000, int)

        def largest_share(published):
            given = noise.instance_noise(
                images, labels, 0.5, 1, num_classes=10, published=published
            )
            return np.bincount(given[given != 0]).max() / np.count_nonzero(given)

        self.assertGreater(largest_share(published=True), 0.9)
        self.assertLess(largest_share(published=False), 0.4)

    def test_labels_in_other_forms(self):
        images, labels = data(500)
        first = noise.instance_noise(images, labels, 0.4, 1)
        for same in (labels[:, None], labels.astype(float)):
            np.testing.assert_array_equal(
                noise.instance_noise(images, same, 0.4, 1), first
            )

    def test_the_image_determines_what_it_is_taken_for(self):
        """The same image with the same label is taken for the same class, mostly."""
        images, _ = data(1)
        given = noise.instance_noise(
            np.repeat(images, 4000, axis=0), np.zeros(4000, int), 0.5, 1, num_classes=10
        )
        wrong = np.bincount(given[given != 0], minlength=10)
        self.assertGreater(wrong.max() / wrong.sum(), 0.6)

    def test_features_in_memory_and_in_a_file(self):
        images, labels = data(500)
        rows = images.reshape(500, -1).astype(np.float32)
        of_images = noise.instance_noise(images, labels, 0.4, 1)
        for same in (rows, MappedRows(rows), rows * 3 - 7):
            given = noise.instance_noise(same, labels, 0.4, 1)
            self.assertGreater((given == of_images).mean(), 0.99)

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
            ((images, labels - 5, 0.4, 1), "labels: expected whole numbers from 0 on"),
            ((images, labels, 0.4, 1, 3), r"labels: expected whole .* in \[0, 3\)"),
            ((images, dict(enumerate(labels)), 0.4, 1), "received a dict"),
        ):
            with self.assertRaisesRegex(InputError, message):
                noise.instance_noise(*arguments)
        with self.assertRaisesRegex(InputError, "rate_is must be 'mean' or 'mode'"):
            noise.instance_noise(images, labels, 0.4, 1, rate_is="median")


if __name__ == "__main__":
    absltest.main()
