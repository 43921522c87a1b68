"""Copies of an example are told alike, whatever the source of the data is."""

import csv
import hashlib
import pathlib
import shutil

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from helpers.made_data import make_npz
from PIL import Image

from lnl_sr_tf import datasets
from lnl_sr_tf.datasets.copies import (
    SplitContents,
    array_contents,
    content_hashes,
    warn_of_copies,
)

RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (20, 8, 8, 3)).astype(np.uint8)
LABELS = np.arange(20) % 2
# The whole of a test set is in training, and one image of training twice, with two
# labels.
TRAIN[1] = TRAIN[0]
TEST = TRAIN[4:10]
EXPECTED = (
    "warning: 7 images are copies of others, first .* and .*; 1 of them have another "
    r"label; 6 are both in train and in a test set \(6 of 6 of test\), which inflates"
)


def npz(root):
    return make_npz(
        root / "x.npz", x_train=TRAIN, y_train=LABELS, x_test=TEST, y_test=LABELS[4:10]
    )


def _files(root, place):
    """(split, label, file) of all images, written where `place` says."""
    for split, images, labels in (("train", TRAIN, LABELS), ("test", TEST, LABELS)):
        for i, (image, label) in enumerate(zip(images, labels, strict=False)):
            path = root / place(split, label) / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
            yield split, label, path


def folder(root):
    list(_files(root, lambda split, label: f"{split}/{label}"))
    return root


def table(root):
    rows = list(_files(root, lambda split, label: split))
    with open(root / "x.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["split", "label", "file"])
        writer.writerows(rows)
    return root / "x.csv"


class SourcesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(npz, folder, table)
    def test_told_alike(self, make):
        root = pathlib.Path(self.get_temp_dir()) / make.__name__
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        path, told = make(root), []
        datasets.load(str(path.resolve()), tell=told.append)
        self.assertRegex(told[0], EXPECTED)
        self.assertLen(told, 2)

    def test_of_tfds(self):
        def examples(*_, **__):
            image = np.zeros((28, 28, 1), np.uint8)
            yield from ({"image": image, "label": i} for i in range(3))

        told = []
        with tfds.testing.mock_data(
            num_examples=3, as_dataset_fn=lambda *_, **__: tf.data.Dataset
            .from_generator(examples, output_signature={
                "image": tf.TensorSpec((28, 28, 1), tf.uint8),
                "label": tf.TensorSpec((), tf.int64),
            }),
        ):  # fmt: skip
            datasets.load("mnist", self.get_temp_dir(), tell=told.append)
        self.assertRegex(told[0], "5 images are .*; 3 are both .*3 of 3 of test")

    def test_none(self):
        told = []
        datasets.load("digits", tell=told.append)
        self.assertLen(told, 1)


class CopiesTest(tf.test.TestCase):
    def test_contents(self):
        images = np.array([[1, 2], [3, 4], [1, 2], [2, 1]], np.uint8)
        found = content_hashes(images)
        self.assertEqual(found.dtype, np.int64)
        self.assertEqual(found[0], found[2])
        self.assertLen(set(found.tolist()), 3)
        # The same on every machine, so that the same examples are held out.
        digest = hashlib.blake2b(bytes([1, 2]), digest_size=8).digest()
        self.assertEqual(found[0], int.from_bytes(digest, "little", signed=True))
        self.assertAllEqual(content_hashes(np.asfortranarray(images)), found)

    def test_a_test_image_that_is_twice_in_the_test_set(self):
        """It is in training once, and both of its copies are measured by."""
        told = []
        train = SplitContents(
            np.array([1, 2, 3]), np.array([0, 1, 0]), lambda i: f"a{i}"
        )
        test = SplitContents(
            np.array([2, 2, 9]), np.array([1, 0, 0]), lambda i: f"b{i}"
        )
        warn_of_copies({"train": train, "test": test}, told.append)
        self.assertEqual(
            told[0],
            "warning: 2 images are copies of others, first a1 and b0; 1 of them have "
            "another label; 2 are both in train and in a test set (2 of 3 of test), "
            "which inflates the accuracy on it",
        )

    def test_within_the_test_set_alone(self):
        told = []
        train = array_contents("x", np.arange(3)[:, None], np.zeros(3, int))
        test = array_contents("t", np.array([[7], [7]]), np.zeros(2, int))
        warn_of_copies({"train": train, "test": test}, told.append)
        self.assertEndsWith(
            told[0], "first t[0] and t[1]; 0 of them have another label"
        )


if __name__ == "__main__":
    tf.test.main()
