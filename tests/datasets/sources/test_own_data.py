"""People's own data: folders, tables and arrays, as a `Dataset`."""

import os
import pathlib
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import make_csv, make_folder, make_npz, picture

from lnl_sr_tf import datasets
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.images import inspection
from lnl_sr_tf.datasets.images.image_files import ImageFiles, take, with_channels


class OwnDataTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)
        self.told = []

    def load(self, path, **options):
        return datasets.load(str(path), tell=self.told.append, **options)

    def test_folder(self):
        data = self.load(make_folder(self.root / "pets"))
        self.assertEqual(data.name, "pets")
        self.assertEqual(data.class_names, ("cat", "dog"))
        self.assertEqual(data.train_images.shape, (10, 20, 30, 3))
        self.assertEqual(len(data.test_labels), 2)
        self.assertIsNone(data.clean_labels)
        self.assertIsNone(data.noise_rate)
        self.assertEqual(data.test_labels_are, "held out")
        self.assertIn("as noisy as the rest", " ".join(self.told))
        for image, path, label in zip(
            data.train_images, data.paths, data.given_labels, strict=True
        ):
            number = int(pathlib.Path(path).stem)
            self.assertAllEqual(image, np.asarray(picture(number)))
            self.assertEqual(label, number % 2)
        # In the order of the files' names, by number, through all classes.
        numbers = [int(pathlib.Path(path).stem) for path in data.paths]
        self.assertEqual(numbers, sorted(numbers))
        self.assertAllEqual(data.index, numbers)

    def test_folder_with_splits(self):
        for name, start in (("train", 0), ("Test", 100), ("val", 200)):
            make_folder(self.root / name, classes=("10", "9"), start=start)
        data = self.load(self.root)
        self.assertEqual(data.class_names, ("9", "10"))
        self.assertLen(data.given_labels, 12)
        self.assertEqual(data.test_labels_are, "given")
        self.assertAllEqual(data.test_images[0], np.asarray(picture(100)))
        self.assertEqual(list(data.more_tests), ["validation"])
        self.assertAllEqual(
            data.more_tests["validation"].images[0], np.asarray(picture(200))
        )

    def test_order_on_disk_does_not_matter(self):
        make_folder(self.root)
        first = self.load(self.root)
        real = os.scandir

        class Backwards:
            def __init__(self, path):
                with real(path) as entries:
                    names = sorted(entries, key=lambda e: e.name, reverse=True)
                self.entries = iter(names)

            def __iter__(self):
                return self

            def __next__(self):
                return next(self.entries)

            def __enter__(self):
                return self

            def __exit__(self, *args):
                pass

        with mock.patch("os.scandir", Backwards):
            again = self.load(self.root)
        self.assertAllEqual(first.train_images, again.train_images)
        self.assertAllEqual(first.given_labels, again.given_labels)
        self.assertAllEqual(first.test_images, again.test_images)
        self.assertEqual(first.fingerprint, again.fingerprint)

    def test_fingerprint_tells_changes(self):
        make_folder(self.root)
        first = self.load(self.root).fingerprint
        picture(77).save(self.root / "cat" / "0.png")
        second = self.load(self.root).fingerprint
        self.assertNotEqual(first, second)
        os.rename(self.root / "cat" / "0.png", self.root / "dog" / "0.png")
        self.assertNotIn(self.load(self.root).fingerprint, (first, second))

    def test_names_with_spaces_and_of_other_scripts(self):
        make_folder(self.root / "mes données", classes=("été chaud", "雪"))
        data = self.load(self.root / "mes données")
        self.assertEqual(data.class_names, ("été chaud", "雪"))
        self.assertLen(data.given_labels, 10)

    def test_kinds_sizes_and_channels_are_mixed(self):
        for name in ("a", "b"):
            (self.root / name).mkdir(parents=True)
            picture(1, 50, 40).save(self.root / name / "1.jpg")
            picture(2, 60, 90, channels=1).save(self.root / name / f"2{name}.PNG")
            picture(3, 30, 30).save(self.root / name / "3.bmp")
            picture(4, 90, 45).save(self.root / name / "4.gif")
        (self.root / "a" / "notes.txt").write_text("no image")
        (self.root / "a" / ".hidden").mkdir()
        data = self.load(self.root)
        told = " ".join(self.told)
        self.assertEqual(data.image_shape, (42, 42, 3))
        self.assertIn("differing sizes (median 55×42), resized to 42×42", told)
        self.assertIn("2 of 8 images are grey: taken as colour", told)
        self.assertIn("1 files are left out", told)
        self.assertIn("notes.txt", told)

    @parameterized.parameters(
        ((20, 30), {}, (20, 30)),
        ((448, 224), {}, (224, 112)),
        ((20, 30), {"image_size": (16, 12)}, (16, 12)),
    )
    def test_image_size(self, size, options, expected):
        make_folder(self.root, height=size[0], width=size[1])
        data = self.load(self.root, **options)
        self.assertEqual(data.image_shape[:2], expected)

    def test_grey_stays_grey(self):
        data = self.load(make_folder(self.root, channels=1))
        self.assertEqual(data.image_shape, (20, 30, 1))
        self.assertLen(data.mean, 1)

    def test_files_that_stay_files(self):
        make_folder(self.root)
        kept = self.load(self.root)
        data = self.load(self.root, in_memory=False)
        self.assertIsInstance(data.train_images, ImageFiles)
        self.assertEqual(data.train_images.shape, kept.train_images.shape)
        self.assertAllEqual(np.asarray(data.train_images), kept.train_images)
        self.assertAllEqual(data.train_images[3], kept.train_images[3])
        chosen = np.array([5, 1])
        self.assertAllEqual(data.train_images[chosen], kept.train_images[chosen])
        self.assertAllEqual(data.train_images[2:4], kept.train_images[2:4])
        self.assertAllEqual(take(data.train_images, chosen)[0], kept.train_images[5])
        self.assertEqual(data.train_images[:0].shape, (0, 20, 30, 3))
        self.assertAllClose(data.mean, kept.mean)
        grey = with_channels(kept.train_images, 1)
        self.assertEqual(grey.shape[-1], 1)
        self.assertAllEqual(with_channels(grey, 3)[..., 2:], grey)

    def test_memory_decides(self):
        make_folder(self.root)
        with mock.patch(
            "lnl_sr_tf.datasets.sources.dataset_of_files.MEMORY", 12 * 1800 - 1
        ):
            self.assertIsInstance(self.load(self.root).train_images, ImageFiles)
        with mock.patch(
            "lnl_sr_tf.datasets.sources.dataset_of_files.MEMORY", 12 * 1800
        ):
            self.assertIsInstance(self.load(self.root).train_images, np.ndarray)

    @parameterized.parameters("file,label", "Filename,Class", None)
    def test_csv(self, header):
        data = self.load(make_csv(self.root, header=header))
        self.assertEqual(data.class_names, ("a", "b"))
        self.assertLen(data.given_labels, 6)
        self.assertLen(data.test_labels, 2)

    def test_csv_with_splits_and_clean_labels(self):
        path = make_csv(self.root)
        lines = ["\ufeffclean_label,split,label,file"]
        for i in range(8):
            given = 12 if i == 3 else 3 + 9 * (i % 2)
            split = "train" if i < 6 else "test"
            lines.append(
                f"{3 + 9 * (i % 2) if i != 3 else 3},{split},{given},images/{i}.png"
            )
        path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
        data = self.load(path)
        self.assertEqual(data.class_names, ("3", "12"))
        self.assertAllEqual(data.given_labels, [0, 1, 0, 1, 0, 1])
        self.assertAllEqual(data.clean_labels, [0, 1, 0, 0, 0, 1])
        self.assertAllClose(data.noise_rate, 1 / 6)
        self.assertEqual(data.test_labels_are, "clean")

    def test_clean_labels_of_another_split_are_other_data(self):
        path = make_csv(self.root)
        found = set()
        for known in ("train", "test"):
            lines = ["file,label,split,clean_label"]
            for split, numbers in (("train", range(4)), ("test", range(4, 8))):
                for i in numbers:
                    clean = "ab"[i % 2] if split == known else ""
                    lines.append(f"images/{i}.png,{'ab'[i % 2]},{split},{clean}")
            path.write_text("\n".join(lines) + "\n")
            found.add(self.load(path).fingerprint)
        self.assertLen(found, 2)

    def test_csv_of_a_crowd(self):
        """A file that is listed twice is two examples, on one side of the split."""
        path = make_csv(self.root)
        path.write_text(path.read_text() * 2 + "images/1.png,a\n")
        path.write_text(path.read_text().replace("file,label\n", "", 1))
        path.write_text("file,label\n" + path.read_text().replace("file,label\n", ""))
        data = self.load(path, test_share=0.5)
        self.assertLen(data.given_labels, 17 - len(data.test_labels))
        self.assertIn("9 images are copies of others", " ".join(self.told))
        self.assertIn("1 of them have another label", " ".join(self.told))
        train = {image.tobytes() for image in data.train_images}
        self.assertEmpty(train & {image.tobytes() for image in data.test_images})

    @parameterized.parameters(
        ({}, 20, "given"),
        ({"x_test": None, "y_test": None}, 16, "held out"),
        ({"y_test_clean": np.zeros(6, int)}, 20, "clean"),
    )
    def test_npz(self, changed, size, kind):
        data = self.load(make_npz(self.root / "cells.npz", **changed))
        self.assertEqual(data.name, "cells")
        self.assertEqual(data.train_images.shape, (size, 8, 8, 3))
        self.assertEqual((data.num_classes, data.test_labels_are), (4, kind))
        self.assertEqual(data.given_labels.dtype, np.int64)

    def test_npz_of_other_types(self):
        rng = np.random.default_rng(0)
        whole = rng.integers(0, 256, (20, 8, 8)).astype(np.uint8)
        names = np.array(["b", "a", "c", "d"])
        for images in (whole / 255.0, (whole / 255).astype(np.float32),
                       whole.astype(np.int64), whole.astype(np.float64)):  # fmt: skip
            path = make_npz(
                self.root / "x.npz", x_train=images, y_train=names[np.arange(20) % 4],
                x_test=None, y_test=None,
            )  # fmt: skip
            data = self.load(path)
            self.assertAllEqual(data.train_images[..., 0], whole[data.index])
            self.assertEqual(data.class_names, ("a", "b", "c", "d"))
            self.assertEqual(data.class_names[data.given_labels[0]], names[0])

    def test_npz_names_and_sizes(self):
        path = make_npz(self.root / "x.npz", class_names=np.array(list("wxyz")))
        self.assertEqual(self.load(path).class_names, tuple("wxyz"))
        data = self.load(path, image_size=(16, 12))
        self.assertEqual(data.image_shape, (16, 12, 3))
        self.assertEqual(data.test_images.shape, (6, 16, 12, 3))

    def test_noise_on_given_labels(self):
        """Who adds noise to data takes the labels that it has for clean."""
        data = self.load(make_folder(self.root, count=20))
        noisy = data.with_noise(np.array([[0.5, 0.5], [0.0, 1.0]]), seed=1)
        self.assertAllEqual(noisy.clean_labels, data.given_labels)
        self.assertAllClose(noisy.noise_rate, 0.25)
        self.assertEqual((data.test_labels_are, noisy.test_labels_are),
                         ("held out", "given"))  # fmt: skip
        self.assertEqual(data.with_imbalance("step", 0.5, 1).paths[0], data.paths[0])


class HeldOutTest(tf.test.TestCase):
    def test_stratified_and_seeded(self):
        labels = np.repeat([0, 1, 2], [100, 30, 10])
        out = held_out(labels, 0.2, seed=3)
        self.assertAllEqual(np.bincount(labels[out]), [20, 6, 2])
        self.assertAllEqual(out, held_out(labels, 0.2, seed=3))
        self.assertNotAllEqual(out, held_out(labels, 0.2, seed=4))

    def test_one_stays_for_training(self):
        out = held_out([0, 1, 1], 0.9, seed=0)
        self.assertAllEqual(np.bincount([0, 1, 1], out), [0, 1])

    def test_groups_stay_together(self):
        labels = np.arange(400) % 4
        groups = np.arange(400) // 4 * 7 % 101
        out = held_out(labels, 0.3, seed=0, groups=groups)
        for group in np.unique(groups):
            self.assertLen(np.unique(out[groups == group]), 1)
        again = held_out(labels, 0.3, seed=0, groups=-groups)
        self.assertAllEqual(out, again)


class IndexTest(tf.test.TestCase):
    def test_is_kept_and_new_files_are_looked_at(self):
        root = pathlib.Path(self.get_temp_dir()) / "index"
        make_folder(root / "data")
        paths = sorted(str(path) for path in (root / "data").rglob("*.png"))
        home = {"XDG_CACHE_HOME": str(root / "cache")}
        told = []
        with (
            mock.patch.object(inspection, "_CACHED_FROM", 2),
            mock.patch.dict(os.environ, home),
        ):
            first = inspection.inspect_files(paths, root / "data", told.append)
            self.assertLen(list((root / "cache").rglob("files-*.npz")), 1)
            self.assertRegex(told[0], "inspecting 12 files")
            with mock.patch.object(inspection, "_look", side_effect=AssertionError):
                again = inspection.inspect_files(paths, root / "data", told.append)
            self.assertAllEqual(first.content, again.content)
            self.assertAllEqual(again.height, np.full(12, 20))
            picture(99, 5, 5).save(paths[7])
            with mock.patch.object(inspection, "_look", wraps=inspection._look) as look:
                changed = inspection.inspect_files(paths, root / "data", told.append)
            self.assertAllEqual(look.call_args.args[2], [7])
            self.assertEqual(changed.height[7], 5)
            (place,) = (root / "cache").rglob("files-*.npz")
            place.write_bytes(place.read_bytes()[:100])
            again = inspection.inspect_files(paths, root / "data", told.append)
            self.assertAllEqual(again.content, changed.content)

    def test_bad_files_and_reasons(self):
        root = pathlib.Path(self.get_temp_dir()) / "bad"
        make_folder(root, count=2)
        paths = sorted(str(path) for path in root.rglob("*.png"))
        pathlib.Path(paths[1]).write_bytes(pathlib.Path(paths[1]).read_bytes()[:100])
        pathlib.Path(paths[2]).write_bytes(b"")
        index = inspection.inspect_files(paths, root)
        self.assertAllEqual(index.bad, [1, 2])
        self.assertIn("truncated", inspection.why_bad(paths[1]))
        self.assertIn("empty", inspection.why_bad(paths[2]))


if __name__ == "__main__":
    tf.test.main()
