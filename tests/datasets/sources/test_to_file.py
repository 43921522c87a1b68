"""A dataset written and read again is the same."""

import dataclasses
import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import make_folder

from lnl_sr_tf import datasets, noise
from lnl_sr_tf.datasets.sources.to_file import in_files, left_out, to_file
from lnl_sr_tf.errors import InputError, RunError


class ToFileTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def folder(self, *splits, **options):
        """Cats and dogs; each split has images of its own."""
        for i, split in enumerate(splits):
            make_folder(self.root / "pets" / split, start=100 * i)
        return datasets.load(str(self.root / "pets"), tell=lambda line: None, **options)

    def again(self, data, name):
        to_file(data, self.root / name)
        return datasets.load(str(self.root / name), tell=lambda line: None)

    def assert_same(self, ours, theirs):
        self.assertAllEqual(ours.train_images[:], theirs.train_images[:])
        self.assertAllEqual(ours.given_labels, theirs.given_labels)
        self.assertAllEqual(ours.test_images[:], theirs.test_images[:])
        self.assertAllEqual(ours.test_labels, theirs.test_labels)
        self.assertEqual(ours.class_names, theirs.class_names)

    def test_noisy_arrays(self):
        data = datasets.load("digits")
        noisy = data.with_noise(noise.symmetric_matrix(10, 0.3), seed=1)
        found = self.again(noisy, "noisy.npz")
        self.assert_same(found, noisy)
        self.assertAllEqual(found.clean_labels, noisy.clean_labels)
        self.assertEqual(found.test_labels_are, "clean")

    @parameterized.product(in_memory=(True, False), name=("new.csv", "new.npz"))
    def test_files(self, in_memory, name):
        data = self.folder("train", "test", in_memory=in_memory)
        self.assertTrue(in_files(data))
        found = self.again(data, name)
        self.assert_same(found, data)
        self.assertIsNone(found.clean_labels)

    @parameterized.product(in_memory=(True, False), name=("new.csv", "new.npz"))
    def test_a_part_kept_for_validation(self, in_memory, name):
        data = self.folder("train", "test", in_memory=in_memory)
        data = data.with_validation(0.25, seed=1)
        found = self.again(data, name)
        self.assert_same(found, data)
        part = found.more_tests["validation"]
        self.assertAllEqual(part.images[:], data.validation.images[:])
        self.assertAllEqual(part.labels, data.validation.labels)

    def test_a_validation_split_of_its_own_stays(self):
        data = self.folder("train", "validation", "test")
        self.assertEmpty(left_out(data))
        own = data.more_tests["validation"]
        data = data.with_validation(0.25, seed=1)
        count = len(data.validation.labels)
        found = self.again(data, "new.csv").more_tests["validation"]
        self.assertAllEqual(found.images[:], own.images[:])
        (missing,) = left_out(data)
        self.assertStartsWith(missing, f"the {count} examples of --validation_share, ")
        other = dataclasses.replace(data, more_tests={"imagenet": own}, validation=None)
        self.assertEqual(left_out(other), ["the test set imagenet"])

    def test_clean_labels_of_the_test_set_alone(self):
        data = dataclasses.replace(
            self.folder("train", "test"), test_labels_are="clean"
        )
        for name in ("new.csv", "new.npz"):
            found = self.again(data, name)
            self.assert_same(found, data)
            self.assertEqual(found.test_labels_are, "clean")
            self.assertIsNone(found.clean_labels)

    def test_foreign_images(self):
        """Those in files are named as they are; those in memory are in no file."""
        own = self.folder("train", "test", in_memory=False)
        make_folder(self.root / "others", classes=("x", "y"), start=500)
        others = datasets.load(
            str(self.root / "others"), in_memory=False, tell=lambda line: None
        )
        mixed = own.with_open_set(others.train_images, 0.5, seed=1)
        self.assertEqual(mixed.foreign.sum(), 6)
        of_others = ["others" in path for path in mixed.paths]
        self.assertAllEqual(of_others, mixed.foreign)
        self.assert_same(self.again(mixed, "new.csv"), mixed)
        in_memory = dataclasses.replace(
            own, train_images=own.train_images[:], test_images=own.test_images[:]
        ).with_open_set(others.train_images[:], 0.5, seed=1)
        self.assertFalse(in_files(in_memory))
        with self.assertRaisesRegex(InputError, "not all of pets have one; expected"):
            to_file(in_memory, self.root / "no.csv")
        self.assert_same(self.again(in_memory, "new.npz"), in_memory)

    def test_a_clean_label_of_none_of_the_classes(self):
        """No file can say it, so that clean labels are then not known."""
        data = datasets.load("digits")
        foreign = np.arange(len(data.given_labels)) < 5
        clean = np.where(foreign, -1, data.clean_labels)
        data = dataclasses.replace(data, clean_labels=clean)
        self.assertIsNone(self.again(data, "new.npz").clean_labels)

    def test_names_that_no_utf8_can_say(self):
        data = self.folder("train", "test")
        paths = ("a\ncaf\udce9.png", *data.paths[1:])
        data = dataclasses.replace(data, paths=paths)
        with self.assertRaisesRegex(InputError, r"not UTF-8 text \(.*\); rename it"):
            to_file(data, self.root / "new.csv")
        self.assertEqual([path.name for path in self.root.iterdir()], ["pets"])

    def test_more_than_memory(self):
        data = datasets.load("digits")
        huge = mock.MagicMock(shape=(1437, 10**6, 10**6, 3))
        huge.__len__.return_value = 1437
        data = dataclasses.replace(data, train_images=huge)
        with self.assertRaisesRegex(InputError, "more than the memory.*a .csv, which"):
            to_file(data, self.root / "huge.npz")

    def test_disk_full(self):
        full = OSError(28, "No space left on device")
        with (
            mock.patch.object(np, "savez_compressed", side_effect=full),
            self.assertRaisesRegex(RunError, "cannot write .*new.npz: No space left"),
        ):
            to_file(datasets.load("digits"), self.root / "new.npz")
        self.assertEmpty(list(self.root.iterdir()))


if __name__ == "__main__":
    tf.test.main()
