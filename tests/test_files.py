"""Files that are whole or not there, and .npz files that are read safely."""

import os
import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import read_npz, whole_file


def cut(path):
    np.savez(path, given=np.arange(100))
    path.write_bytes(path.read_bytes()[:-60])


def flipped(path):
    np.savez_compressed(path, given=np.arange(1000) ** 2)
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)


DAMAGED = (
    ("missing", lambda path: None, "No such file"),
    ("a folder", pathlib.Path.mkdir, "Is a directory"),
    ("empty", pathlib.Path.touch, "it is no .npz file"),
    ("cut off", cut, "not a zip file"),
    ("a flipped byte", flipped, "."),
    ("without the array", lambda path: np.savez(path, other=1), "given"),
    ("pickled", lambda path: np.savez(path, given=np.array([{}])), "allow_pickle"),
)


class FilesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_what_was_written(self):
        path = self.root / "labels.npz"
        with whole_file(path) as file:
            np.savez(file, given=[3, 1], clean=[3, 0], more=[0])
        found = read_npz(path, ("given",), ("clean", "path"))
        said = {name: array.tolist() for name, array in found.items()}
        self.assertEqual(said, {"given": [3, 1], "clean": [3, 0]})
        self.assertEqual([p.name for p in self.root.iterdir()], ["labels.npz"])

    @parameterized.named_parameters(*DAMAGED)
    def test_damaged(self, damage, why):
        path = self.root / "labels.npz"
        damage(path)
        message = rf"labels.npz cannot be read \((?s:.)*{why}(?s:.)*\); do this"
        with self.assertRaisesRegex(RunError, message):
            read_npz(path, ("given",), advice="; do this")

    def test_an_array_alone_is_no_npz(self):
        path = self.root / "labels.npz"
        with open(path, "wb") as file:
            np.save(file, np.arange(3))
        with self.assertRaisesRegex(RunError, "it is no .npz file"):
            read_npz(path, ("given",))

    @parameterized.parameters(OSError(28, "No space left"), ValueError("no number"))
    def test_what_stood_there_stays(self, error):
        path = self.root / "summary.json"
        path.write_text("before")
        kind = RunError if isinstance(error, OSError) else ValueError
        with (
            mock.patch.object(os, "fsync", side_effect=error),
            self.assertRaisesRegex(kind, str(error.args[-1])),
            whole_file(path) as file,
        ):
            file.write(b"after")
        self.assertEqual(path.read_text(), "before")
        self.assertEqual([p.name for p in self.root.iterdir()], ["summary.json"])


if __name__ == "__main__":
    tf.test.main()
