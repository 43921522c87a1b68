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
from lnl_sr_tf.config.file_kind import kind_of_file
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.datasets.sources.table_columns import read_table
from lnl_sr_tf.datasets.sources.to_file import (
    goes_into,
    in_files,
    left_out,
    to_file,
)
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

    @parameterized.parameters("new.csv", "new.npz")
    def test_a_held_out_part_stays_one(self, name):
        """Its labels are as noisy as the rest, whatever file they went through."""
        data = self.folder("train")
        self.assertEqual(data.test_labels_are, "held out")
        found = self.again(data, name)
        self.assert_same(found, data)
        self.assertEqual(found.test_labels_are, "held out")

    def test_a_folder_and_texts_that_say_held_out(self):
        data = self.folder("train", "held_out")
        self.assertEqual(data.test_labels_are, "held out")
        path = self.root / "texts.csv"
        rows = [f"text {i},{'ab'[i % 2]},train" for i in range(20)]
        rows += [f"other {i},{'ab'[i % 2]},held out" for i in range(6)]
        path.write_text("text,label,split\n" + "\n".join(rows))
        data = datasets.load(str(path), tell=lambda line: None)
        self.assertLen(data.test_labels, 6)
        self.assertEqual(data.test_labels_are, "held out")

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
        for shape, message in (
            ((1437, 10**6, 10**6, 3), "the images for .* memory.*a .csv, which"),
            ((1437, 10**12), "the features for .* memory.*labels in the .csv beside"),
        ):
            huge = mock.MagicMock(shape=shape, dtype=np.dtype(np.uint8))
            huge.__len__.return_value = 1437
            with self.assertRaisesRegex(InputError, message):
                to_file(
                    dataclasses.replace(data, train_images=huge), self.root / "huge.npz"
                )

    def features(self, kind=np.float32, mapped=False):
        """40 to train on, 8 for validation, 12 to test."""
        rng = np.random.default_rng(1)
        rows = rng.normal(3.0, 500.0, (60, 5)).astype(kind)
        labels = rng.integers(0, 2, 60)
        rows = MappedRows(rows) if mapped else rows
        return datasets.Dataset(
            name="made",
            train_images=take(rows, np.arange(40)),
            given_labels=labels[:40],
            clean_labels=np.roll(labels[:40], 1),
            test_images=take(rows, np.arange(48, 60)),
            test_labels=labels[48:],
            class_names=("no", "yes"),
            mean=(0.0,) * 5,
            std=(1.0,) * 5,
            validation=TestSet(take(rows, np.arange(40, 48)), labels[40:48]),
        )

    @parameterized.product(kind=(np.float16, np.float32), mapped=(False, True))
    def test_features(self, kind, mapped):
        data = self.features(kind, mapped)
        self.assertEqual((data.kind, goes_into(data)), ("features", ".npz"))
        found = self.again(data, "new.npz")
        self.assertEqual(found.train_images.dtype, kind)
        self.assert_same(found, data)
        self.assertAllEqual(found.clean_labels, data.clean_labels)
        part = found.more_tests["validation"]
        self.assertAllEqual(part.images, data.validation.images[:])

    def with_originals(self, originals, columns=None):
        data = self.features()
        part = dataclasses.replace(data.validation, originals=originals[40:48])
        return dataclasses.replace(
            data,
            originals=originals[:40],
            test_originals=originals[48:],
            validation=part,
            columns=columns,
        )

    @parameterized.parameters(str, object)
    def test_texts(self, kind):
        texts = np.array([f"no. {i}" for i in range(60)], object)
        texts[:7] = [
            'a, "b"', "two\nlines", "a\rb\r\nc", "雨 \u202e rtl", "", "a\rb", "\x01",
        ]  # fmt: skip
        data = self.with_originals(texts.astype(kind))
        self.assertEqual((data.kind, goes_into(data)), ("text", ".csv"))
        path = self.root / "new.csv"
        to_file(data, path)
        self.assertEqual(kind_of_file(path), "text")
        found = read_table(path)
        order = [*range(40), *range(48, 60), *range(40, 48)]
        self.assertEqual(found.columns["text"], texts[order].tolist())
        splits = ["train"] * 40 + ["test"] * 12 + ["validation"] * 8
        self.assertEqual(found.columns["split"], splits)
        given = [*data.given_labels, *data.test_labels, *data.validation.labels]
        self.assertEqual(found.columns["label"], [("no", "yes")[i] for i in given])
        clean = [("no", "yes")[i] for i in [*data.clean_labels, *data.test_labels]]
        self.assertEqual(found.columns["clean_label"], [*clean, *[""] * 8])

    def test_a_column_that_would_be_another(self):
        cells = np.array([["1", "a"]] * 8, object)
        for name in ("class", "Path", "true label"):
            data = self.with_originals(cells, ("n", name))
            with self.assertRaisesRegex(InputError, f"the column '{name}' would be"):
                to_file(data, self.root / "table.csv")

    def test_a_table(self):
        rows = np.array([[str(i), "a, b" * (i % 2)] for i in range(60)])
        data = self.with_originals(rows, ("age", "what\nelse"))
        self.assertEqual((data.kind, goes_into(data)), ("table", ".csv"))
        path = self.root / "new.csv"
        to_file(data, path)
        self.assertEqual(kind_of_file(path), "table")
        found = read_table(path)
        self.assertEqual(list(found.inputs), ["age", "what\nelse"])
        self.assertEqual(found.columns["age"][:3], ["0", "1", "2"])
        self.assertEqual(found.columns["what\nelse"][:3], ["", "a, b", ""])
        self.assertLen(found.lines, 60)

    def test_images_that_a_backbone_made_features_of(self):
        pixels = np.random.default_rng(0).integers(0, 256, (60, 4, 4, 3), np.uint8)
        data = self.with_originals(pixels)
        self.assertEqual((data.kind, goes_into(data)), ("images", ".npz"))
        found = self.again(data, "new.npz")
        self.assertAllEqual(found.train_images, pixels[:40])
        self.assertAllEqual(found.test_images, pixels[48:])
        paths = tuple(f"{i}.png" for i in range(60))
        data = dataclasses.replace(data, paths=paths[:40], test_paths=paths[48:])
        part = dataclasses.replace(data.validation, paths=paths[40:48])
        data = dataclasses.replace(data, validation=part)
        self.assertEqual(goes_into(data), ".csv")

    @parameterized.parameters(
        ("new.csv", None, "made is of features, which a .csv does not hold; .* .npz"),
        ("new.npz", "text", "made is of texts, which an .npz does not hold; .* .csv"),
        ("new.npz", "row", "made is of rows of a table, which an .npz .* a .csv"),
        ("new.csv", "\udcff", r"a text or the name of a class is not UTF-8 .*udcff"),
    )
    def test_what_a_file_does_not_hold(self, name, originals, message):
        data = self.features()
        if originals:
            shape = (60, 1) if originals == "row" else 60
            data = self.with_originals(np.full(shape, originals, object), ("age",))
        with self.assertRaisesRegex(InputError, message):
            to_file(data, self.root / name)
        self.assertEmpty(list(self.root.iterdir()))

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
