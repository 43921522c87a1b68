"""Batches: every example once an epoch, in an order of (seed, epoch) alone."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation, augment

SIZE, BATCH = 53, 8
STEPS = pipeline.steps_per_epoch(SIZE, BATCH)


def numbered_images():
    """Image i is filled with i, so that it can be told after shuffling."""
    images = np.zeros((SIZE, 6, 5, 3), np.uint8)
    images += np.arange(SIZE, dtype=np.uint8)[:, None, None, None]
    return images


def epochs_of(seed, epochs=3, first_epoch=0, augmentation=None):
    """Labels (which are the indices) and images, an epoch each."""
    stream = pipeline.training_batches(
        numbered_images(),
        np.arange(SIZE),
        BATCH,
        seed,
        epochs,
        first_epoch,
        augmentation,
    )
    batches = as_arrays(stream)
    assert len(batches) == STEPS * (epochs - first_epoch)
    found = []
    for start in range(0, len(batches), STEPS):
        images, labels = zip(*batches[start : start + STEPS], strict=True)
        found.append((np.concatenate(labels), np.concatenate(images)))
    return found


def as_arrays(stream):
    """Batches of any backend as arrays."""
    return [keras.tree.map_structure(keras.ops.convert_to_numpy, b) for b in stream]


class PartsTest(tf.test.TestCase, parameterized.TestCase):
    """What several devices get of each batch; TensorFlow alone splits so."""

    def parts_of(self, stream, of):
        """For each batch the labels of each of its parts."""
        labels = [labels for _, labels in as_arrays(stream)]
        self.assertEqual(len(labels) % of, 0)
        return [labels[i : i + of] for i in range(0, len(labels), of)]

    def training(self, of, first=0, count=None, **more):
        return pipeline.training_batches(
            numbered_images(), np.arange(SIZE), BATCH, seed=1, epochs=2,
            parts=pipeline.Parts(of, first, count or of), **more,
        )  # fmt: skip

    @parameterized.parameters(1, 2, 3, 5)
    def test_parts_make_the_batch(self, of):
        whole = [labels for labels, _ in epochs_of(seed=1, epochs=2)]
        batches = self.parts_of(self.training(of), of)
        self.assertLen(batches, 2 * STEPS)
        found = np.concatenate([part for batch in batches for part in batch])
        self.assertAllEqual(found, np.concatenate(whole))
        for batch in batches:
            sizes = [len(part) for part in batch]
            self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_fewer_examples_than_parts(self):
        """The last batch has five; each of eight devices takes them all."""
        batches = self.parts_of(self.training(8), 8)
        whole = epochs_of(seed=1, epochs=1)[0][0][-(SIZE % BATCH) :]
        for part in batches[STEPS - 1]:
            self.assertAllEqual(part, whole)

    def test_machines_share_the_parts(self):
        together = self.parts_of(self.training(4), 4)
        first, second = (
            self.parts_of(self.training(4, first, 2), 2) for first in (0, 2)
        )
        for batch, ours, theirs in zip(together, first, second, strict=True):
            for part, found in zip(batch, [*ours, *theirs], strict=True):
                self.assertAllEqual(part, found)

    def test_mixup_pairs_over_the_whole_batch(self):
        options = {"mixup_alpha": 0.4, "num_classes": SIZE}
        stream = pipeline.training_batches(
            numbered_images(), np.arange(SIZE), BATCH, seed=1, epochs=2, **options
        )
        whole = np.concatenate([labels for _, labels in as_arrays(stream)])
        batches = self.parts_of(self.training(3, **options), 3)
        parts = np.concatenate([part for batch in batches for part in batch])
        self.assertAllClose(parts, whole)

    @parameterized.parameters((53, 1), (53, 2), (53, 4), (49, 4), (5, 4))
    def test_test_set_once_and_again(self, size, of):
        stream = pipeline.evaluation_batches(
            numbered_images()[:size], np.arange(size), BATCH,
            parts=pipeline.Parts(of, 0, of),
        )  # fmt: skip
        steps = pipeline.steps_per_epoch(size, BATCH)
        taken = as_arrays(stream.take(2 * steps * of))
        for turn in range(2):
            labels = [labels for _, labels in taken[turn * steps * of :][: steps * of]]
            self.assertAllEqual(np.concatenate(labels), np.arange(size))
            self.assertNotIn(0, [len(part) for part in labels])


class TrainingBatchesTest(tf.test.TestCase):
    def test_every_example_once_with_its_image(self):
        for labels, images in epochs_of(seed=1):
            self.assertAllEqual(np.sort(labels), np.arange(SIZE))
            self.assertAllEqual(images[:, 0, 0, 0], labels)
            self.assertEqual(images.dtype, np.uint8)

    def test_shuffled_over_the_whole_set(self):
        labels, _ = epochs_of(seed=1, epochs=1)[0]
        self.assertGreater(np.abs(labels - np.arange(SIZE)).max(), 2 * BATCH)

    def test_seeded_by_seed_and_epoch(self):
        first, again, other = epochs_of(1), epochs_of(1), epochs_of(2)
        for epoch in range(3):
            self.assertAllEqual(first[epoch][0], again[epoch][0])
            self.assertNotAllEqual(first[epoch][0], other[epoch][0])
        self.assertNotAllEqual(first[0][0], first[1][0])

    def test_a_later_start_is_the_rest(self):
        augmentation = Augmentation(crop_padding=2, flip=True, rotation=20)
        whole = epochs_of(1, augmentation=augmentation)
        rest = epochs_of(1, first_epoch=1, augmentation=augmentation)
        for epoch in range(2):
            self.assertAllEqual(rest[epoch][0], whole[epoch + 1][0])
            self.assertAllEqual(rest[epoch][1], whole[epoch + 1][1])

    def test_augmentation_differs_between_epochs(self):
        (labels, images), (labels2, images2), _ = epochs_of(
            1, augmentation=Augmentation(crop_padding=2)
        )
        self.assertNotAllEqual(images[np.argsort(labels)], images2[np.argsort(labels2)])


class EvaluationBatchesTest(tf.test.TestCase):
    def test_all_in_order(self):
        stream = pipeline.evaluation_batches(numbered_images(), np.arange(SIZE), BATCH)
        for _ in range(2):
            images, labels = zip(*as_arrays(stream), strict=True)
            self.assertAllEqual(np.concatenate(labels), np.arange(SIZE))
            self.assertAllEqual(np.concatenate(images)[:, 3, 2, 1], np.arange(SIZE))


class AugmentTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.images = rng.integers(1, 256, (200, 7, 9, 3)).astype(np.uint8)

    def run_(self, augmentation, seed=1, images=None):
        images = self.images if images is None else images
        rng = np.random.default_rng(seed)
        numbers = rng.random((len(images), augmentation.columns), np.float32)
        return keras.ops.convert_to_numpy(augment(images, numbers, augmentation))

    def test_crop_is_a_window_of_the_padded_image(self):
        padded = np.pad(self.images, [(0, 0), (2, 2), (2, 2), (0, 0)])
        found = set()
        for image, source in zip(
            self.run_(Augmentation(crop_padding=2)), padded, strict=True
        ):
            places = [
                (y, x)
                for y in range(5)
                for x in range(5)
                if np.array_equal(source[y : y + 7, x : x + 9], image)
            ]
            self.assertLen(places, 1)
            found.update(places)
        self.assertLen(found, 25)

    def test_flip(self):
        images = self.run_(Augmentation(flip=True))
        flipped = sum(
            np.array_equal(image, source[:, ::-1])
            for image, source in zip(images, self.images, strict=True)
        )
        kept = sum(
            np.array_equal(image, source)
            for image, source in zip(images, self.images, strict=True)
        )
        self.assertEqual(flipped + kept, 200)
        self.assertBetween(flipped, 70, 130)

    def test_rotation_turns_about_the_centre_and_fills_with_black(self):
        images = np.zeros((64, 31, 31, 1), np.uint8)
        images[:, 15, :, 0] = 200  # a bar through the centre
        turned = self.run_(Augmentation(rotation=20), images=images)[..., 0]
        self.assertAllEqual(np.unique(turned), [0, 200])
        angles = []
        for image in turned:
            self.assertEqual(image[15, 15], 200)
            y, x = np.nonzero(image)
            angles.append(np.degrees(np.arctan(np.polyfit(x, y, 1)[0])))
        self.assertLess(np.max(np.abs(angles)), 21.5)
        self.assertGreater(np.max(angles), 12)
        self.assertLess(np.min(angles), -12)

    @parameterized.parameters(
        Augmentation(crop_padding=4, flip=True, rotation=20), Augmentation(flip=True)
    )
    def test_seeded(self, augmentation):
        first = self.run_(augmentation)
        self.assertAllEqual(self.run_(augmentation), first)
        self.assertNotAllEqual(self.run_(augmentation, 2), first)
        self.assertEqual(first.shape, self.images.shape)
        self.assertEqual(first.dtype, np.uint8)

    def test_all_at_once_is_one_after_the_other(self):
        """Crop, flip and rotation in one look-up, against TensorFlow image by image."""
        images = self.images[:60]
        numbers = np.random.default_rng(2).random((60, 4), np.float32)
        found = augment(images, numbers, Augmentation(2, True, 30.0))
        padded = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)])
        expected = []
        for image, (row, column, flip, turn) in zip(padded, numbers, strict=True):
            row, column = int(5 * row), int(5 * column)
            part = image[row : row + 7, column : column + 9]
            part = part[:, ::-1] if flip < 0.5 else part
            angle = np.radians(30) * (2 * turn - 1)
            cos, sin, x, y = np.cos(angle), np.sin(angle), 4.0, 3.0
            transform = [cos, -sin, x - cos * x + sin * y]
            transform += [sin, cos, y - sin * x - cos * y, 0.0, 0.0]
            expected.append(
                tf.raw_ops.ImageProjectiveTransformV3(
                    images=part[None], transforms=[transform], output_shape=[7, 9],
                    fill_value=0.0, interpolation="NEAREST", fill_mode="CONSTANT",
                )[0]
            )  # fmt: skip
        self.assertAllEqual(keras.ops.convert_to_numpy(found), np.stack(expected))

    def test_nothing(self):
        self.assertEqual(Augmentation().columns, 0)
        self.assertAllEqual(self.run_(Augmentation()), self.images)


if __name__ == "__main__":
    tf.test.main()
