"""The forms in which people's data comes: names, endings, and what lies among it."""

import os
import pathlib
import shutil
import zipfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import deep_png, make_csv, make_folder, make_npz, picture

from lnl_sr_tf import datasets
from lnl_sr_tf.config import data_kinds
from lnl_sr_tf.datasets.images import inspection
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.datasets.open_set import open_set_images
from lnl_sr_tf.datasets.sources.ignored_files import is_ignored
from lnl_sr_tf.errors import InputError

NFC, NFD = "caf\xe9", "cafe\u0301"
RUBBISH = (
    "@eaDir", "__MACOSX", ".ipynb_checkpoints", "lost+found", ".DS_Store", ".git",
    "$RECYCLE.BIN", "#recycle", "System Volume Information", "Thumbs.db",
)  # fmt: skip


class FormsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)
        self.told = []

    def load(self, path, **options):
        return datasets.load(str(path), tell=self.told.append, **options)

    @parameterized.parameters(
        (("training_set", "test_set"), "taken for splits: training_set (train), test"),
        (
            ("seg_train/seg_train", "seg_test/seg_test"),
            "seg_train (train), seg_test (",
        ),
        (("Train", "Test"), None),
    )
    def test_splits_of_a_folder(self, names, said):
        for i, name in enumerate(names):
            make_folder(self.root / name, start=100 * i)
        picture(7).save(self.root / "sheet.png")
        data = self.load(self.root)
        self.assertEqual(data.class_names, ("cat", "dog"))
        self.assertLen(data.given_labels, 12)
        self.assertEqual(data.test_labels_are, "given")
        self.assertAllEqual(data.test_images[0], np.asarray(picture(100)))
        if said:
            self.assertIn(said, self.told.pop(0))
        self.assertRegex(self.told[0], "^1 images of .* are left out: they are in no s")
        self.assertLen(self.told, 2)

    def test_splits_of_a_csv(self):
        path = make_csv(self.root, header="file,label,Usage,SET")
        lines = path.read_text().splitlines()
        sets = ["Training"] * 4 + ["dev"] * 2 + ["eval"] * 2
        path.write_text("\n".join(
            [lines[0], *(f"{line},x,{s}" for line, s in zip(lines[1:], sets,
                                                            strict=True))]
        ))  # fmt: skip
        data = self.load(path)
        self.assertLen(data.given_labels, 4)
        self.assertLen(data.test_labels, 2)
        self.assertLen(data.more_tests["validation"].labels, 2)
        self.assertEndsWith(self.told[0], "columns that are not used: 'Usage'")
        self.assertIn("dev (validation), eval (test)", self.told[1])

    def test_arrays_by_other_names(self):
        rng = np.random.default_rng(0)
        x = rng.integers(0, 256, (8, 4, 4)).astype(np.uint8)
        y = np.arange(8) % 2
        path = self.root / "x.npz"
        for names in (
            ("X", "y", "X_test", "Y_test", "y_true"),
            ("images", "labels", "test_images", "test_labels", "true_labels"),
            ("train_image", "train_label", "eval_x", "eval_y", "y_train_clean"),
        ):
            make_npz(path, x_train=None, y_train=None, x_test=None, y_test=None,
                     meta=y, **dict(zip(names, (x, y, x[::-1], y, 1 - y),
                                        strict=True)))  # fmt: skip
            self.told.clear()
            data = self.load(path)
            self.assertAllEqual(data.train_images[..., 0], x)
            self.assertAllEqual(data.test_images[..., 0], x[::-1])
            self.assertAllEqual(data.clean_labels, 1 - y)
            self.assertEndsWith(self.told[0], "arrays that are not used: 'meta'")

    @parameterized.parameters(("L.CSV", 6, "given"), ("A.NPZ", 20, "given"))
    def test_endings_in_upper_case(self, name, size, kind):
        made = make_npz(self.root / "a.npz")
        make_csv(self.root)
        old = made if name == "A.NPZ" else self.root / "labels.csv"
        path = old.rename(self.root / name)
        data = self.load(path)
        self.assertLen(data.given_labels, size)
        self.assertEqual(data.name, name[0])
        self.assertTrue(data_kinds.is_path(name))
        self.assertEqual(data_kinds.plain_name(str(path)), name[0])
        self.assertEqual(data_kinds.of_files(name), name == "L.CSV")
        written = self.root / f"new{path.suffix}"
        datasets.to_file(data, written)
        self.assertAllEqual(self.load(written).given_labels, data.given_labels)
        with self.assertRaisesRegex(InputError, "expected a name that ends in .npz or"):
            datasets.to_file(data, self.root / "x.zip")

    def test_one_class_by_several_spellings_in_every_source(self):
        spellings = (NFC, NFD, "dog", "dog ", "1", "1.0")
        make_folder(self.root / "folder", classes=spellings, count=2)
        path = make_csv(self.root / "table", count=6)
        lines = [f'images/{i}.png,"{name}"' for i, name in enumerate(spellings)]
        path.write_text("\n".join(["file,label", *lines * 2]))
        rng = np.random.default_rng(0)
        images = rng.integers(0, 256, (12, 4, 4)).astype(np.uint8)
        array = make_npz(
            self.root / "a.npz", x_train=images, y_train=np.array(spellings * 2),
            x_test=None, y_test=None,
        )  # fmt: skip
        for source in (self.root / "folder", path, array):
            self.told.clear()
            data = self.load(source)
            self.assertEqual(data.class_names, ("1", NFC, "dog"), source)
            (said,) = (line for line in self.told if "taken as one class" in line)
            self.assertIn("'1' and '1.0'", said)
            self.assertIn(r"'cafe\u0301' and 'caf\xe9'", said)

    def test_names_of_train_and_test_in_other_code_points(self):
        make_folder(self.root / "train", classes=(NFC, "dog"))
        make_folder(self.root / "test", classes=(NFD, "dog"), start=50)
        data = self.load(self.root)
        self.assertEqual(data.class_names, (NFC, "dog"))
        self.assertAllEqual(np.bincount(data.test_labels), [6, 6])

    def test_negative_numbers_are_in_the_order_of_their_values(self):
        data = self.load(make_folder(self.root, classes=("3", "-10", "12", "-2")))
        self.assertEqual(data.class_names, ("-10", "-2", "3", "12"))

    @parameterized.parameters(*RUBBISH, "@EADIR", "thumbs.DB")
    def test_what_systems_leave(self, name):
        self.assertTrue(is_ignored(name))

    def test_what_systems_leave_is_no_data(self):
        make_folder(self.root / "pets", classes=("cat", "dog", *RUBBISH))
        for name in RUBBISH:
            shutil.copytree(self.root / "pets/cat", self.root / "pets/dog" / name)
        data = self.load(self.root / "pets")
        self.assertEqual(data.class_names, ("cat", "dog"))
        self.assertLen(data.given_labels, 10)
        self.assertLen(self.told, 2)  # held out, and the classes
        array = make_npz(self.root / "a.npz")
        with zipfile.ZipFile(array, "a") as file:
            for name in RUBBISH:
                file.writestr(f"{name}/._y_train.npy", b"nothing")
        self.assertLen(self.load(array).given_labels, 20)

    def test_classes_are_no_rubbish(self):
        for name in ("cat", "recycle", "macosx", "thumbs", "found", "tmp"):
            self.assertFalse(is_ignored(name))


class DeepTest(tf.test.TestCase, parameterized.TestCase):
    """PNGs of 16 bits of which few are used."""

    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)
        rng = np.random.default_rng(0)
        self.values = rng.integers(0, 200, (6, 9, 9))
        for i, values in enumerate(self.values):
            path = self.root / "ab"[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(deep_png(values))

    def brighten(self, value):
        """One pixel of one image is brighter than all others."""
        self.values[5, 0, 0] = value
        (self.root / "b/5.png").write_bytes(deep_png(self.values[5]))

    def load(self, **options):
        self.told = []
        data = datasets.load(str(self.root), tell=self.told.append, **options)
        numbers = [int(pathlib.Path(path).stem) for path in data.paths]
        return data, self.values[numbers][..., None]

    def decoded_by(self, backend):
        self.enter_context(mock.patch.object(keras.backend, "backend", lambda: backend))

    @parameterized.parameters(
        (199, 8, "jax"), (600, 10, "jax"), (4000, 12, "tensorflow"), (9000, 14, "jax"),
    )  # fmt: skip
    def test_one_scale_for_all(self, brightest, bits, backend):
        self.decoded_by(backend)
        self.brighten(brightest)
        # Kept on one backend, read when needed on another.
        data, values = self.load(in_memory=backend == "jax")
        self.assertAllEqual(np.asarray(data.train_images), values >> (bits - 8))
        self.assertEqual(data.bits, bits)
        self.assertEqual(
            self.told[0],
            f"6 of 6 images are 16-bit PNGs whose values use {bits} bits: all are "
            f"taken as {bits}-bit images",
        )

    def test_all_bits(self):
        self.decoded_by("jax")
        self.brighten(40000)
        data, values = self.load()
        self.assertAllEqual(np.asarray(data.train_images), values >> 8)
        self.assertIsNone(data.bits)
        self.assertNotIn("16-bit", " ".join(self.told))

    def test_foreign_images_of_other_bits(self):
        """They are mixed in one stream of files, which has one scale."""
        files = [ImageFiles(["a.png"] * 4, (9, 9), 1, bits=b) for b in (10, 12, None)]
        labels, eligible = np.array([0, 0, 1, 1]), np.ones(4, bool)

        def mixed(images, foreign):
            return open_set_images(images, labels, eligible, foreign, 0.5, 1)[0].bits

        with self.assertRaisesRegex(InputError, "PNGs that use 10 bits; .* use 12"):
            mixed(files[0], files[1])
        self.assertEqual(mixed(files[0], files[2]), 10)
        self.assertEqual(mixed(files[2], files[1]), 12)

    def test_fingerprint_is_that_of_earlier_versions(self):
        """Size, channels, palette and content, as in runs that began before."""
        self.assertEqual(inspection._FIELDS[:5], ("height", "width", "channels",
                                                  "palette", "content"))  # fmt: skip
        self.decoded_by("jax")
        first = self.load()[0].fingerprint
        os.utime(self.root / "a/0.png", (1, 1))
        moved = self.root.rename(self.root.with_name("moved"))
        self.root = moved
        self.addCleanup(shutil.rmtree, moved)
        self.assertEqual(self.load()[0].fingerprint, first)


if __name__ == "__main__":
    tf.test.main()
