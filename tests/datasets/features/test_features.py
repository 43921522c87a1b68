"""Features, in memory and in their file."""

import os
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, datasets
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.features.checked_features import checked_features
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows, RowsGone
from lnl_sr_tf.errors import InputError

ROWS = np.random.default_rng(1).normal(3.0, 2.0, (50, 4)).astype(np.float32)


class FeaturesTest(tf.test.TestCase, parameterized.TestCase):
    def test_mapped_rows_are_those_of_the_array(self):
        rows, order = MappedRows(ROWS), np.array([7, 3, 3, 40])
        self.assertEqual(rows.shape, (50, 4))
        self.assertAllEqual(rows[order], ROWS[order])
        chosen = rows.take(order)
        self.assertAllEqual(chosen[1:3], ROWS[[3, 3]])
        self.assertAllEqual(chosen.take(np.array([3])), ROWS[[40]])
        self.assertLen(list(chosen), 4)

    @parameterized.parameters(np.asarray, MappedRows)
    def test_batches_of_16_bits(self, kind):
        """TensorFlow would say on standard error that it is slow in them."""
        half = ROWS.astype(np.float16)
        labels = np.arange(50) % 2
        found = [*pipeline.evaluation_batches(kind(half), labels, 20)]
        self.assertEqual({batch.dtype for batch, _ in found}, {tf.float32})
        self.assertAllEqual(np.concatenate([batch for batch, _ in found]), half)
        drawn = pipeline.training_batches(kind(half), labels, 50, seed=1, epochs=1)
        ((batch, _),) = drawn
        self.assertEqual(batch.dtype, tf.float32)
        self.assertAllEqual(np.sort(batch, axis=0), np.sort(half, axis=0))

    def test_a_file_that_is_cut_off(self):
        path = os.path.join(self.get_temp_dir(), "cut.npy")
        np.save(path, ROWS)
        rows = MappedRows(np.load(path, mmap_mode="r")).take(np.arange(5))
        self.assertIsNone(rows.damaged())
        size = os.path.getsize(path)
        os.truncate(path, size - 1)
        said = rf"cut.npy: it has {size - 1} bytes left of the {size} that were there"
        with self.assertRaisesRegex(RowsGone, said):
            rows[:2]
        os.unlink(path)
        self.assertIsNone(rows.damaged())
        self.assertIsNone(MappedRows(ROWS).damaged())

    def test_statistics_are_numpys(self):
        wide = np.concatenate([ROWS, np.full((50, 1), 1e6, np.float32)], axis=1)
        for rows in (wide, MappedRows(wide)):
            mean, std = column_statistics(rows)
            self.assertAllClose(mean, wide.mean(axis=0))
            self.assertAllClose(std[:4], ROWS.std(axis=0))
            self.assertEqual(std[4], 1.0)

    @parameterized.named_parameters(
        ("nan", np.where(ROWS > 8, np.nan, ROWS), "NaN or infinite.*the first at row"),
        ("too_large_mapped", MappedRows(np.full((3, 2), 1e300)), "6 numbers are NaN"),
        ("too_large", np.full((3, 2), 1e300), "6 numbers are NaN or infinite"),
        ("text", np.full((3, 2), "a"), "expected numbers; received <U1"),
        ("none", np.zeros((3, 0)), r"of shape .n, width.; received .3, 0."),
    )
    def test_refuses(self, rows, message):
        with self.assertRaisesRegex(InputError, message):
            checked_features("x", rows, print)

    def test_keeps_float16_and_says_what_it_converts(self):
        told = []
        half = checked_features("x", ROWS.astype(np.float16), told.append)
        self.assertEqual((half.dtype, told), (np.float16, []))
        whole = checked_features("x", np.ones((2, 3), np.uint8), told.append)
        self.assertEqual(whole.dtype, np.float32)
        self.assertRegex(told[0], "uint8 numbers, taken as features, not as pixels")


class NpyTest(tf.test.TestCase, parameterized.TestCase):
    def write(self, csv, rows=ROWS):
        path = pathlib.Path(self.get_temp_dir(), "birds.npy")
        np.save(path, rows.astype(np.float16))
        path.with_suffix(".csv").write_text(csv)
        return str(path)

    def test_by_splits(self):
        lines = [f"{'ab'[i % 2]},{'test' if i < 10 else 'train'},a" for i in range(50)]
        path = self.write("label,split,clean_label\n" + "\n".join(lines))
        data = datasets.load(path, tell=lambda line: None)
        self.assertIsInstance(data.train_images, MappedRows)
        self.assertAllEqual(data.train_images[:], ROWS[10:].astype(np.float16))
        self.assertAllEqual(data.index, np.arange(10, 50))
        self.assertAllEqual(data.given_labels, np.arange(10, 50) % 2)
        self.assertAllEqual(data.test_labels, np.zeros(10))
        self.assertEqual(data.test_labels_are, "clean")
        self.assertEqual(data.noise_rate, 0.5)

    def test_is_not_read_for_the_name_of_a_run(self):
        path = self.write("label\n" + "\n".join("ab"[i % 2] for i in range(50)))
        self.assertNotIn("file_contents", config.resolve({"dataset": path}).identity())

    def test_holds_out_a_test_set(self):
        told = []
        path = self.write("label\n" + "\n".join("ab"[i % 2] for i in range(50)))
        data = datasets.load(path, tell=told.append)
        self.assertLen(data.test_labels, 10)
        self.assertIn("10 of 50 rows are held out", "".join(told))
        self.assertAllEqual(data.train_images[:], ROWS[data.index].astype(np.float16))

    @parameterized.named_parameters(
        ("lines", "label\na\nb", "has 50 rows and .*birds.csv 2 lines below its head"),
        ("no_label", "klass\n" + "a\n" * 50, "expected a column label; found klass"),
        ("two", "label,class\n" + "a,b\n" * 50, "label and class could all be label"),
        ("empty", "label,z\n" + "a,\n" * 49 + ",b", "line 51: the label is empty"),
        ("split", "label,split\n" + "a,tset\n" * 50, "'tset'.*did you mean test"),
        ("one_class", "label\n" + "a\n" * 50, "at least 2 classes; found one"),
    )
    def test_refuses(self, csv, message):
        with self.assertRaisesRegex(InputError, message):
            datasets.load(self.write(csv), tell=lambda line: None)

    def test_damaged(self):
        path = pathlib.Path(self.write("label\n" + "a\n" * 50))
        content = path.read_bytes()
        for place in (0, 8, 20):
            path.write_bytes(content[:place] + b"\xff" + content[place + 1 :])
            with self.assertRaisesRegex(InputError, "cannot be read as an .npy"):
                datasets.load(str(path), tell=lambda line: None)

    def test_a_number_in_the_middle_is_other_data(self):
        path = self.write("label\n" + "\n".join("ab"[i % 2] for i in range(50)))
        before = datasets.load(path, tell=lambda line: None).fingerprint
        rows = np.load(path)
        rows[25, 1] += 1
        np.save(path, rows)
        after = datasets.load(path, tell=lambda line: None).fingerprint
        self.assertNotEqual(before, after)

    def test_without_labels(self):
        path = os.path.join(self.get_temp_dir(), "alone.npy")
        np.save(path, ROWS)
        with self.assertRaisesRegex(InputError, "needs its labels in alone.csv beside"):
            datasets.load(path, tell=lambda line: None)

    def test_images_in_an_npy(self):
        path = self.write("label\na", np.zeros((3, 8, 8)))
        with self.assertRaisesRegex(InputError, "received .3, 8, 8."):
            datasets.load(path, tell=lambda line: None)


class FromArraysTest(tf.test.TestCase):
    def test_features(self):
        labels = np.where(np.arange(50) % 2, "odd", "even")
        data = datasets.from_arrays(
            ROWS, labels, ROWS[:4], labels[:4], tell=lambda line: None
        )
        self.assertAllEqual(data.train_images, ROWS)
        self.assertEqual(data.class_names, ("even", "odd"))
        self.assertFalse(data.of_images)
        again = datasets.from_arrays(
            ROWS, labels, ROWS[:4], labels[:4], tell=lambda line: None
        )
        self.assertEqual(data.fingerprint, again.fingerprint)
        other = datasets.from_arrays(
            ROWS + 1, labels, ROWS[:4], labels[:4], tell=lambda line: None
        )
        self.assertNotEqual(data.fingerprint, other.fingerprint)

    def test_a_label_that_is_missing(self):
        for missing in (None, float("nan")):
            labels = ["a", "b", missing, "a", "b"] * 10
            with self.assertRaisesRegex(InputError, "at place 2 is missing"):
                datasets.from_arrays(ROWS, np.array(labels, object))

    def test_a_test_set_without_labels(self):
        with self.assertRaisesRegex(InputError, "both x_test and y_test"):
            datasets.from_arrays(ROWS, np.arange(50) % 2, ROWS)


if __name__ == "__main__":
    tf.test.main()
