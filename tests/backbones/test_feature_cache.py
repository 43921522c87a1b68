"""Features that are kept on disk."""

import os
import tempfile
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.backbones import feature_cache

ROWS = np.random.default_rng(1).normal(size=(20, 6)).astype(np.float16)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-40])


def changed(path):
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(content)


def of_another_kind(path):
    path.write_bytes(b"PK" + bytes(200))


def of_another_type(path):
    with open(path, "wb") as file:
        np.save(file, ROWS.astype(np.float32))


def empty(path):
    path.write_bytes(b"")


class FeatureCacheTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        home = tempfile.mkdtemp(dir=self.get_temp_dir())
        self.enter_context(mock.patch.dict(os.environ, XDG_CACHE_HOME=home))
        self.told = []

    def test_keeps_rows_and_reads_them_as_needed(self):
        self.assertIsNone(feature_cache.load("a", 20, self.told.append))
        for rows in (
            feature_cache.save("a", ROWS, self.told.append),
            feature_cache.load("a", 20, self.told.append),
        ):
            self.assertIsInstance(rows, np.memmap)
            self.assertAllEqual(rows, ROWS)
        self.assertIsNone(feature_cache.load("b", 20, self.told.append))
        self.assertEmpty(self.told)

    @parameterized.parameters(cut_off, changed, of_another_kind, of_another_type, empty)
    def test_says_that_a_file_is_damaged(self, damage):
        feature_cache.save("a", ROWS, self.told.append)
        damage(feature_cache.folder() / "a.npy")
        self.assertIsNone(feature_cache.load("a", 20, self.told.append))
        self.assertLen(self.told, 1)
        self.assertRegex(self.told[0], r"a\.npy is damaged .*computed again")

    def test_other_images_have_other_features(self):
        feature_cache.save("a", ROWS, self.told.append)
        self.assertIsNone(feature_cache.load("a", 19, self.told.append))

    def test_full_disk_leaves_them_in_memory(self):
        full = OSError(28, "No space left on device")
        with mock.patch.object(np, "save", side_effect=full):
            rows = feature_cache.save("a", ROWS, self.told.append)
        self.assertIs(rows, ROWS)
        self.assertLen(self.told, 1)
        self.assertRegex(self.told[0], "not kept .*memory: .*No space left on device")
        self.assertEmpty(os.listdir(feature_cache.folder()))

    def test_folder_that_cannot_be_written_to(self):
        path = feature_cache.folder()
        path.parent.mkdir()
        path.write_text("a file")
        with feature_cache.alone("a", self.told.append):
            rows = feature_cache.save("a", ROWS, self.told.append)
        self.assertIs(rows, ROWS)
        self.assertLen(self.told, 1)

    def test_is_bounded_and_keeps_what_was_used_last(self):
        size = ROWS.nbytes + 200
        with mock.patch.object(feature_cache, "LARGEST", 3 * size):
            for age, key in enumerate("abc"):
                feature_cache.save(key, ROWS, self.told.append)
                place = feature_cache.folder() / f"{key}.npy"
                os.utime(place, (1000 + age, 1000 + age))
            self.assertEmpty(self.told)
            feature_cache.load("a", 20, self.told.append)
            feature_cache.save("d", ROWS, self.told.append)
            kept = {path.stem for path in feature_cache.folder().glob("*.npy")}
            self.assertEqual(kept, {"a", "c", "d"})
            self.assertRegex(self.told[0], "1 files of features.*were removed from")
            big = np.zeros((100, 20), np.float16)
            self.assertIs(feature_cache.save("e", big, self.told.append), big)
            self.assertRegex(self.told[1], "are not kept for other runs")

    def test_removes_what_a_killed_process_left(self):
        folder = feature_cache.folder()
        folder.mkdir(parents=True)
        for name, age in (("old", 90_000), ("new", 10)):
            path = folder / f".{name}.npy.unfinished"
            path.write_bytes(b"half")
            os.utime(path, (time.time() - age,) * 2)
        feature_cache.save("a", ROWS, self.told.append)
        self.assertCountEqual(os.listdir(folder), ["a.npy", ".new.npy.unfinished"])

    def test_one_process_at_a_time(self):
        with feature_cache.alone("a", self.told.append):
            with feature_cache.alone("b", self.told.append):
                pass
            names = os.listdir(feature_cache.folder())
        self.assertEqual(names, ["a.lock"])
        self.assertEmpty(os.listdir(feature_cache.folder()))


if __name__ == "__main__":
    tf.test.main()
