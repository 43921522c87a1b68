"""What the examples in a file are."""

import pathlib
import zipfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config
from lnl_sr_tf.config.file_kind import kind_of_file
from lnl_sr_tf.errors import InputError


class FileKindTest(tf.test.TestCase, parameterized.TestCase):
    def file(self, name, content=b""):
        path = pathlib.Path(self.get_temp_dir(), name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    @parameterized.parameters(
        ("file,label\na.png,b\n", "images"),
        ("a.png,b\n", "images"),
        ("Text,Label\nhello,b\n", "text"),
        ("age,class\n3,b\n", "table"),
        ('"age\nin years",class\n3,b\n', "table"),
        ("", "images"),
        ("\0\0", "images"),
    )
    def test_csv(self, content, kind):
        path = self.file("a.csv", content)
        self.assertEqual(kind_of_file(path), kind)

    @parameterized.parameters(
        ((5, 3), "features"), ((5, 3, 3), "images"), ((5, 3, 3, 1), "images")
    )
    def test_npz(self, shape, kind):
        path = self.file("a.npz")
        y = np.zeros((5, 1))
        for value in (0, 1.7):  # what comes after the header is none of it
            np.savez(path, class_names=["a"], y_train=y, x_train=np.full(shape, value))
            self.assertEqual(kind_of_file(path), kind)

    def test_arrays_that_are_not_of_examples(self):
        path = self.file("a.npz")
        more = {"image_ids": np.zeros(5), "x_mean": np.zeros((8, 8))}
        np.savez(path, **more, x=np.zeros((5, 3)), y=np.zeros(5))
        self.assertEqual(kind_of_file(path), "features")
        np.savez(path, **more, train_images=np.zeros((5, 8, 8)), y=np.zeros(5))
        self.assertEqual(kind_of_file(path), "images")

    @parameterized.parameters(
        b"", b"PK\x05\x06" + bytes(18), b"PK not a zip", b"\x93NUMPY"
    )
    def test_damaged(self, content):
        path = self.file("a.npz", content)
        self.assertEqual(kind_of_file(path), "images")

    def test_an_array_that_is_cut_off(self):
        path = self.file("a.npz")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", b"\x93NUM")
        self.assertEqual(kind_of_file(path), "images")

    def test_chooses_the_recipe(self):
        path = self.file("a.csv", "age,label\n3,b\n")
        self.assertEqual(config.resolve({"dataset": path}).model, "mlp")

    @parameterized.parameters("flip", "rotation", "image_size", "open_set")
    def test_what_is_for_images(self, name):
        path = self.file("a.csv", "age,label\n3,b\n")
        value = {"flip": True, "rotation": 5}.get(name, "32")
        message = f"--{name}=.* is for images; .* is of rows of a table"
        with self.assertRaisesRegex(InputError, message):
            config.resolve({"dataset": path, name: value})


if __name__ == "__main__":
    tf.test.main()
