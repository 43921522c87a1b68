"""Augmentation of photographs, and the stream of those that stay in their files."""

import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import make_folder

from lnl_sr_tf import datasets
from lnl_sr_tf.datasets.batches import color, pipeline, random_crop
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.images.image_files import ImageFiles

EVERYTHING = Augmentation(
    flip=True,
    rotation=10,
    random_resized_crop=0.3,
    color_jitter=dict(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.2),
)


def drawn(height, width, seed):
    """Height and width of one random part, in shares, by the definition in a loop."""
    rng = np.random.default_rng(seed)
    for _ in range(10):
        area = rng.uniform(0.08, 1) * height * width
        ratio = np.exp(rng.uniform(-np.log(4 / 3), np.log(4 / 3)))
        columns, rows = np.sqrt(area * ratio), np.sqrt(area / ratio)
        if columns <= width and rows <= height:
            return rows / height, columns / width
    return min(1, 4 / 3 * width / height), min(1, 4 / 3 * height / width)


class RandomCropTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((100, 100), (60, 200), (150, 100))
    def test_areas_ratios_and_places(self, height, width):
        numbers = uniform(20000, random_crop.COLUMNS)
        boxes = random_crop.random_boxes(height, width, 0.08, numbers)
        boxes = keras.ops.convert_to_numpy(boxes)
        top, left, rows, columns = boxes.T
        self.assertAllGreaterEqual(boxes, 0)
        self.assertAllLessEqual(top + rows, 1 + 1e-6)
        self.assertAllLessEqual(left + columns, 1 + 1e-6)
        ratio = columns * width / (rows * height)
        self.assertAllInRange(ratio, 3 / 4 - 1e-5, 4 / 3 + 1e-5)
        expected = np.array([drawn(height, width, seed) for seed in range(20000)])
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            for found, wanted in ((rows, expected[:, 0]), (columns, expected[:, 1])):
                self.assertAllClose(
                    np.quantile(found, share), np.quantile(wanted, share), atol=0.015
                )
        self.assertAllClose((top + rows / 2).mean(), 0.5, atol=0.01)
        self.assertAllClose((left + columns / 2).mean(), 0.5, atol=0.01)

    def test_part_of_a_ramp(self):
        """Of an image whose value is its column, a part is a ramp of its columns."""
        image = np.broadcast_to(np.arange(64, dtype=np.uint8) * 4, (64, 64))
        boxes = np.array([[0.25, 0.5, 0.5, 0.25], [0, 0, 1, 1]], np.float32)
        images = np.stack([image, image])[..., None]
        found = random_crop.crop_and_resize(images, boxes)
        found = keras.ops.convert_to_numpy(found)
        self.assertAllEqual(found[1], images[1])
        expected = np.linspace(32, 47, 64) * 4
        self.assertAllClose(found[0, 10, :, 0], expected, atol=0.51)

    def test_as_tensorflow_does(self):
        rng = np.random.default_rng(1)
        images = rng.integers(0, 256, (50, 9, 14, 3)).astype(np.uint8)
        boxes = random_crop.random_boxes(9, 14, 0.2, uniform(50, random_crop.COLUMNS))
        boxes = keras.ops.convert_to_numpy(boxes)
        found = random_crop.crop_and_resize(images, boxes)
        size = np.array([9, 14])
        start, end = boxes[:, :2] * size, (boxes[:, :2] + boxes[:, 2:]) * size - 1
        corners = np.concatenate([start, end], 1) / np.tile(size - 1, 2)
        expected = tf.image.crop_and_resize(images, corners, range(50), (9, 14))
        found = keras.ops.convert_to_numpy(found).astype(float)
        self.assertAllClose(found, expected, atol=0.51)


def as_arrays(stream):
    """Batches of any backend as arrays."""
    return [keras.tree.map_structure(keras.ops.convert_to_numpy, b) for b in stream]


def uniform(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def jittered(images, seed, strength):
    numbers = uniform(len(images), color.COLUMNS, seed=seed)
    return keras.ops.convert_to_numpy(color.jitter(images, numbers, strength))


class JitterTest(tf.test.TestCase, parameterized.TestCase):
    def images(self, channels=3):
        rng = np.random.default_rng(0)
        shape = (6, 5, 4, channels)
        return rng.integers(0, 256, shape).astype(np.uint8)

    def test_seeded(self):
        strength = EVERYTHING.color_jitter
        first = jittered(self.images(), 1, strength)
        self.assertAllEqual(first, jittered(self.images(), 1, strength))
        self.assertNotAllEqual(first, jittered(self.images(), 2, strength))
        self.assertEqual(first.dtype, np.uint8)

    def test_no_strength_changes_nothing(self):
        strength = dict.fromkeys(color.JITTER, 0)
        self.assertAllEqual(jittered(self.images(), 1, strength), self.images())

    def test_brightness_is_a_factor(self):
        images = np.full((2000, 1, 1, 3), 100, np.uint8)
        found = jittered(images, 1, {"brightness": 0.4})[:, 0, 0]
        self.assertAllEqual(found[:, 0], found[:, 2])
        self.assertAllInRange(found, 60, 140)
        self.assertAllClose(found.mean(), 100, atol=1.5)
        self.assertLess(found.min(), 63)
        self.assertGreater(found.max(), 137)

    def test_contrast_keeps_the_mean_and_saturation_the_grey(self):
        images = 100 + self.images() // 8
        grey = np.array([0.299, 0.587, 0.114])
        for name in ("contrast", "saturation"):
            found = jittered(images, 3, {name: 0.5})
            self.assertNotAllEqual(found, images)
            before, after = images @ grey, found @ grey
            if name == "contrast":
                before, after = before.mean((1, 2)), after.mean((1, 2))
            self.assertAllClose(before, after, atol=1.0)

    def test_hue_turns_red(self):
        red = np.full((500, 1, 1, 3), (200, 0, 0), np.uint8)
        found = jittered(red, 1, {"hue": 1 / 6})[:, 0, 0]
        self.assertAllEqual(found.max(1), np.full(500, 200))
        self.assertAllEqual(found.min(1), np.zeros(500))
        self.assertGreater((found[:, 1] > 150).sum(), 20)  # as far as yellow
        self.assertGreater((found[:, 2] > 150).sum(), 20)  # and magenta

    def test_one_image_is_as_one_of_a_batch(self):
        for name in color.JITTER:
            whole = jittered(self.images(), 5, {name: 0.3})
            numbers = uniform(6, color.COLUMNS, seed=5)[:1]
            alone = color.jitter(self.images()[:1], numbers, {name: 0.3})
            alone = keras.ops.convert_to_numpy(alone)
            self.assertAllClose(alone.astype(int), whole[:1].astype(int), atol=1)

    def test_grey_images(self):
        images = self.images(1)
        found = jittered(images, 1, EVERYTHING.color_jitter)
        self.assertEqual(found.shape, images.shape)


class StreamTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(root, ignore_errors=True)
        make_folder(root, count=11)
        tell = lambda line: None  # noqa: E731
        self.kept = datasets.from_folder(root, tell=tell)
        self.streamed = datasets.from_folder(root, tell=tell, in_memory=False)

    def batches(self, data, first_epoch=0, augmentation=None, seed=1, **options):
        stream = pipeline.training_batches(
            data.train_images, data.given_labels, 4, seed, 3, first_epoch, augmentation,
            num_classes=2, **options,
        )  # fmt: skip
        return as_arrays(stream)

    def test_the_same_as_from_memory(self):
        for options in ({}, {"with_index": True}, {"mixup_alpha": 0.5}):
            kept = self.batches(self.kept, **options)
            streamed = self.batches(self.streamed, **options)
            self.assertLen(streamed, 15)  # 18 images: 4, 4, 4, 4, 2, three times
            for one, other in zip(kept, streamed, strict=True):
                tf.nest.map_structure(self.assertAllEqual, one, other)

    def test_augmented_by_seed_and_epoch(self):
        whole = self.batches(self.streamed, augmentation=EVERYTHING)
        rest = self.batches(self.streamed, 1, EVERYTHING)
        for one, other in zip(whole[5:], rest, strict=True):
            self.assertAllEqual(one[0], other[0])
        other = self.batches(self.streamed, augmentation=EVERYTHING, seed=2)
        self.assertNotAllEqual(whole[0][0], other[0][0])
        plain = self.batches(self.streamed)
        for one, unvaried in zip(whole, plain, strict=True):
            self.assertAllEqual(one[1], unvaried[1])
            self.assertNotAllEqual(one[0], unvaried[0])

    def test_every_image_is_varied_in_its_own_way(self):
        """Of eight times the same image no two are alike, in no epoch."""
        (path,) = self.streamed.paths[:1]
        files = ImageFiles([path] * 8, (20, 30), 3)
        augmentation = Augmentation(random_resized_crop=0.1)
        for images in (files, np.asarray(files)):
            stream = pipeline.training_batches(
                images, np.zeros(8), 4, 1, 2, augmentation=augmentation
            )
            made = np.concatenate([batch for batch, _ in as_arrays(stream)])
            self.assertLen({image.tobytes() for image in made}, 16)

    def test_evaluation(self):
        for images in (self.kept.test_images, self.streamed.test_images):
            stream = pipeline.evaluation_batches(images, self.kept.test_labels, 3)
            self.assertLen(stream, -(-len(self.kept.test_labels) // 3))
            batches = as_arrays(stream)
            self.assertEqual([len(b[1]) for b in batches], [3, 1])
            self.assertAllEqual(
                np.concatenate([b[0] for b in batches]), self.kept.test_images
            )


if __name__ == "__main__":
    tf.test.main()
