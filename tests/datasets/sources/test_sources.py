"""Where datasets come from, and what is said when they do not."""

from unittest import mock

import numpy as np
import requests
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized

from lnl_sr_tf import datasets, noise
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics
from lnl_sr_tf.datasets.sources import tfds as source
from lnl_sr_tf.errors import InputError

# The split never changes: results of different versions can be compared.
FIRST_LABELS = [2, 8, 2, 6, 6]


class DigitsTest(tf.test.TestCase):
    def test_contents(self):
        data = datasets.load("digits")
        self.assertEqual(data.train_images.shape, (1437, 8, 8, 1))
        self.assertEqual(data.test_images.shape, (360, 8, 8, 1))
        self.assertEqual(data.train_images.dtype, np.uint8)
        self.assertEqual(data.train_images.max(), 255)
        self.assertEqual(data.class_names, tuple("0123456789"))
        self.assertAllEqual(np.unique(data.test_labels), np.arange(10))

    def test_split_is_fixed_and_disjoint(self):
        data, again = datasets.load("digits"), datasets.load("digits")
        self.assertAllEqual(data.train_images, again.train_images)
        self.assertAllEqual(data.clean_labels[:5], FIRST_LABELS)
        train = {image.tobytes() for image in data.train_images}
        test = {image.tobytes() for image in data.test_images}
        self.assertEmpty(train & test)

    def test_statistics(self):
        data = datasets.load("digits")
        pixels = data.train_images / 255
        self.assertAllClose(data.mean, [pixels.mean()])
        self.assertAllClose(data.std, [pixels.std()])

    def test_noise(self):
        data = datasets.load("digits")
        noisy = data.with_noise(noise.symmetric_matrix(10, 0.6), seed=1)
        self.assertAllClose(noisy.noise_rate, 0.6, atol=1e-3)
        self.assertEqual(data.noise_rate, 0.0)
        self.assertAllEqual(noisy.clean_labels, data.clean_labels)
        self.assertIs(noisy.train_images, data.train_images)
        with self.assertRaisesRegex(InputError, "10 classes; .* matrix for 5"):
            data.with_noise(noise.symmetric_matrix(5, 0.6), seed=1)


class StatisticsTest(tf.test.TestCase):
    def test_chunks_and_channels(self):
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (5000, 3, 4, 3)).astype(np.uint8)
        images[..., 1] //= 4
        mean, std = pixel_statistics(images)
        self.assertAllClose(mean, (images / 255).mean(axis=(0, 1, 2)))
        self.assertAllClose(std, (images / 255).std(axis=(0, 1, 2)))


class TfdsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("mnist", (28, 28, 1), 10),
        ("fashion_mnist", (28, 28, 1), 10),
        ("cifar10", (32, 32, 3), 10),
        ("cifar100", (32, 32, 3), 100),
        ("tfds:svhn_cropped", (32, 32, 3), 10),
    )
    def test_loads(self, name, shape, classes):
        with tfds.testing.mock_data(num_examples=7):
            data = datasets.load(name, self.get_temp_dir())
        self.assertEqual(data.train_images.shape, (7, *shape))
        self.assertEqual(data.train_images.dtype, np.uint8)
        self.assertEqual(data.num_classes, classes)
        self.assertLen(data.test_labels, 7)
        self.assertLen(data.mean, shape[-1])

    def test_recipe_statistics(self):
        with tfds.testing.mock_data(num_examples=2):
            data = datasets.load("cifar10", self.get_temp_dir())
        self.assertEqual(data.mean, (0.4914, 0.4822, 0.4465))

    def test_unknown(self):
        with self.assertRaisesRegex(InputError, "'mnits': .* has no such dataset"):
            datasets.load("tfds:mnits")
        with self.assertRaisesRegex(
            InputError, "unknown dataset 'imagenet'.*digits, mnist"
        ):
            datasets.load("imagenet")

    def test_not_there_and_no_network(self):
        folder = self.get_temp_dir()
        failure = ConnectionError("no route\nto host")
        with (
            mock.patch.object(
                tfds.core.DatasetBuilder, "download_and_prepare", side_effect=failure
            ),
            self.assertRaises(InputError) as caught,
        ):
            datasets.load("fashion_mnist", folder)
        message = str(caught.exception)
        self.assertNotIn("\n", message)
        for part in (folder, "data_dir", "tensorflow_datasets build", "no route"):
            self.assertIn(part, message)

    def test_a_connection_that_fails_is_told_by_its_host(self):
        """What `requests` says of it fills the screen with addresses and retries."""
        request = mock.Mock(url="https://data.example.org/long/path.gz")
        connection = requests.exceptions.ConnectTimeout("x" * 600, request=request)
        why = source._why_not(connection)
        self.assertEqual(why, "no connection to data.example.org")
        missing = requests.exceptions.HTTPError("404 Client Error", request=request)
        self.assertIn("404 Client Error", source._why_not(missing))

    def test_gives_up_soon_without_network(self):
        from tensorflow_datasets.core.download import downloader

        before = downloader.MAX_RETRIES
        with source._impatient_downloads(tfds):
            self.assertLess(downloader.MAX_RETRIES, 4)
        self.assertEqual(downloader.MAX_RETRIES, before)

    @parameterized.parameters(
        ("tfds:imdb_reviews", "expected an image and a class label"),
        ("tfds:cats_vs_dogs", "differ in size; pass image_size"),
    )
    def test_not_what_can_be_classified(self, name, message):
        with (
            tfds.testing.mock_data(num_examples=2),
            self.assertRaisesRegex(InputError, message),
        ):
            datasets.load(name, self.get_temp_dir())


if __name__ == "__main__":
    tf.test.main()
