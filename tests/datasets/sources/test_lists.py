"""WebVision-mini, Clothing1M and human labels, laid out as distributed."""

import pathlib
import shutil

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from helpers.made_data import CLASSES, make_clothing, make_webvision, picture, save

from lnl_sr_tf import datasets
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.errors import InputError


class ListsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)

    def load(self, name, **options):
        options = {"image_size": (40, 56), "tell": lambda line: None} | options
        return datasets.load(name, str(self.root), **options)

    @parameterized.parameters(
        ("google/", "val_images_256"), ("", "val_images"), ("", "val_images_256")
    )
    def test_webvision(self, train, validation):
        make_webvision(self.root, train, validation)
        data = self.load("webvision_mini")
        self.assertEqual(data.train_images.shape, (100, 40, 56, 3))
        self.assertAllEqual(data.given_labels, np.arange(100) // 2)
        self.assertAllEqual(data.test_labels, np.arange(CLASSES)[::-1])
        self.assertEqual(data.test_labels_are, "clean")
        self.assertIsNone(data.clean_labels)
        self.assertEqual(
            data.class_names[:4], ("thing 0", "thing 1", "thing 2", "crane (3)")
        )
        expected = np.asarray(picture(1000 + 49, 40, 56), int)
        self.assertLess(abs(data.test_images[0] - expected).mean(), 6)

    def test_webvision_with_imagenet(self):
        make_webvision(self.root)
        imagenet = self.root / "imagenet val"
        for label in range(CLASSES):
            place = imagenet / f"n{label:08d}"
            for name in (
                "ILSVRC2012_val_00000293.JPEG",
                "ILSVRC2012_val_00002138.JPEG",
            ):
                save(place / name, 5000 + label)
        data = self.load("webvision_mini", imagenet_dir=str(imagenet))
        test = data.more_tests["imagenet"]
        self.assertAllEqual(test.labels, np.repeat(np.arange(CLASSES), 2))
        expected = np.asarray(picture(5000 + 49, 40, 56), int)
        self.assertLess(abs(test.images[99] - expected).mean(), 6)
        shutil.rmtree(imagenet / "n00000049")
        with self.assertRaisesRegex(InputError, "n00000049: there is no such folder"):
            self.load("webvision_mini", imagenet_dir=str(imagenet))

    def test_webvision_spoiled(self):
        make_webvision(self.root)
        (self.root / "google/q0003/6.jpg").unlink()
        with self.assertRaisesRegex(
            InputError, "train_filelist_google.txt, line 7: there is no file .*6.jpg"
        ):
            self.load("webvision_mini")
        (self.root / "info/train_filelist_google.txt").write_text("google/x.jpg\n")
        with self.assertRaisesRegex(InputError, "line 1: expected FILE LABEL"):
            self.load("webvision_mini")
        (self.root / "info/synsets.txt").unlink()
        with self.assertRaisesRegex(InputError, "synsets.txt cannot be read"):
            self.load("webvision_mini")
        with self.assertRaisesRegex(InputError, "mini: pass data_dir=FOLDER, the fol"):
            datasets.load("webvision_mini")

    @parameterized.parameters(".", "annotations")
    def test_clothing(self, lists):
        make_clothing(self.root, lists)
        data = self.load("clothing1m", in_memory=False)
        self.assertIsInstance(data.train_images, ImageFiles)
        self.assertEqual((data.num_classes, data.class_names[13]), (14, "Class 13"))
        self.assertAllEqual(data.given_labels, np.arange(28) % 14)
        self.assertAllEqual(data.test_labels, np.arange(14))
        self.assertAllEqual(data.more_tests["validation"].labels, np.arange(14))
        self.assertEqual(data.test_labels_are, "clean")

    def test_clothing_spoiled(self):
        make_clothing(self.root)
        (self.root / "clean_label_kv.txt").write_text("images/0/00/0,0.jpg 14\n")
        with self.assertRaisesRegex(
            InputError, "clean_val_key_list.txt, line 1: .*no la"
        ):
            self.load("clothing1m")

    def test_clothing_with_two_labels_of_a_file(self):
        make_clothing(self.root)
        path = self.root / "noisy_label_kv.txt"
        first = path.read_text().splitlines()[0].rpartition(" ")[0]
        path.write_text(path.read_text() + f"{first} 13\n")
        with self.assertRaisesRegex(
            InputError, "noisy_label_kv.txt, line [0-9]+: .* has the label 13, and 0 in"
        ):
            self.load("clothing1m")


class HumanLabelsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("cifar10_n", "aggre", 10),
        ("cifar10_n", "rand1", 10),
        ("cifar10_n", "rand2", 10),
        ("cifar10_n", "rand3", 10),
        ("cifar10_n", "worse", 10),
        ("cifar100_n", "noisy_fine", 100),
    )
    def test_labels_by_people(self, name, noise, classes):
        column = {
            "aggre": "aggre_label",
            "rand1": "random_label1",
            "rand2": "random_label2",
            "rand3": "random_label3",
            "worse": "worse_label",
            "noisy_fine": "noise_label",
        }[noise]
        with tfds.testing.mock_data(num_examples=9):
            data = datasets.load(name, self.get_temp_dir())
            rows = list(tfds.load(name, split="train", data_dir=self.get_temp_dir()))
        noisy = data.with_human_noise(noise)
        self.assertEqual(data.num_classes, classes)
        self.assertAllEqual(noisy.given_labels, [int(row[column]) for row in rows])
        self.assertAllEqual(noisy.clean_labels, [int(row["label"]) for row in rows])
        self.assertEqual(
            noisy.noise_rate, np.mean(noisy.given_labels != data.clean_labels)
        )
        with self.assertRaisesRegex(InputError, "has no human labels 'nobody'; it has"):
            data.with_human_noise("nobody")

    def test_images_that_differ_in_size(self):
        with tfds.testing.mock_data(num_examples=5):
            data = datasets.load(
                "tfds:cassava", self.get_temp_dir(), image_size=(24, 16)
            )
        self.assertEqual(data.train_images.shape, (5, 24, 16, 3))


if __name__ == "__main__":
    tf.test.main()
