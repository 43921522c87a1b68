"""Nothing that is read from a file is run; docs/security.md says so."""

import ast
import os
import pathlib
import pickle
import shutil
import sys
import zipfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import absltest, parameterized
from helpers.command import call
from helpers.made_data import make_npz

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "lnl_sr_tf"
FILES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
# What has to be said in a call, whatever the default is.
SAID = {
    "np.load": ("allow_pickle", "False"),
    "load_model": ("safe_mode", "True"),
}
NEVER_CALLED = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "runpy.run_path",
    "keras.config.enable_unsafe_deserialization", "np.fromregex", "np.memmap",
}  # fmt: skip
NEVER_IMPORTED = {
    "cloudpickle", "dill", "joblib", "marshal", "pickle", "pickletools", "shelve",
    "yaml",
}  # fmt: skip


def nodes(file, kind):
    tree = ast.parse((PACKAGE / file).read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, kind)]


def calls(file):
    """(name of the function, dict of the arguments that are named) of each call."""
    return [
        (ast.unparse(node.func), {k.arg: ast.unparse(k.value) for k in node.keywords})
        for node in nodes(file, ast.Call)
    ]


class SourceTest(parameterized.TestCase):
    @parameterized.parameters(*FILES)
    def test_files_are_read_as_data(self, file):
        for function, named in calls(file):
            for name, (argument, value) in SAID.items():
                if f".{function}".endswith(f".{name}"):
                    self.assertEqual(named.get(argument), value, f"{function}({named})")
        for node in nodes(file, ast.ImportFrom):
            self.assertNotEqual(node.module, "numpy", "np.load is looked for by name")

    @parameterized.parameters(*FILES)
    def test_nothing_is_run(self, file):
        for function, named in calls(file):
            self.assertNotIn(function, NEVER_CALLED)
            self.assertNotIn("shell", named, f"{function}({named})")
        imported = [a.name for node in nodes(file, ast.Import) for a in node.names]
        imported += [node.module for node in nodes(file, ast.ImportFrom)]
        self.assertNoCommonElements(NEVER_IMPORTED, {n.split(".")[0] for n in imported})


class Touches:
    """Whoever unpickles it makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


class MaliciousFilesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / "malicious"
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        self.marker = self.root / "marker"

    def assert_refused(self, message, *arguments):
        status, _, err = call(*arguments, f"--output_dir={self.root / 'runs'}")
        self.assertEqual(status, 2, err)
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)
        self.assertFalse(self.marker.exists(), "it was run")

    @parameterized.parameters("x_train", "y_train", "class_names", "another")
    def test_pickled_array_in_a_data_set(self, name):
        path = self.root / "data.npz"
        objects = np.array([Touches(self.marker)] * 20)
        make_npz(path, **{name: objects})
        self.assert_refused(f"{name} holds pickled objects", f"--dataset={path}")
        # The file is what it is meant to be.
        with np.load(path, allow_pickle=True) as stored:
            for file in stored[name]:
                file.close()
        self.assertTrue(self.marker.exists())

    @parameterized.parameters("--noise=", "--loss=forward --transition_matrix=")
    def test_pickled_matrix(self, flags):
        path = self.root / "matrix.npy"
        np.save(path, np.array([[Touches(self.marker)]]), allow_pickle=True)
        self.assert_refused("no .npy file of plain numbers", *f"{flags}{path}".split())

    def test_matrix_that_is_a_bare_pickle(self):
        path = self.root / "matrix.npy"
        path.write_bytes(pickle.dumps(Touches(self.marker)))
        self.assert_refused("no .npy file of plain numbers", f"--noise={path}")

    def test_weights_with_a_lambda(self):
        path, marker = self.root / "model.keras", str(self.marker)
        inputs = keras.Input((8, 8, 1))
        outputs = keras.layers.Lambda(
            lambda x: os.makedirs(marker, exist_ok=True) or x
        )(inputs)
        keras.Model(inputs, keras.layers.Flatten()(outputs)).save(path)
        os.rmdir(marker)  # made by the call above
        self.assert_refused(
            "cannot be read as weights", f"--weights={path}", "--loss=ce"
        )
        keras.models.load_model(path, safe_mode=False)(np.zeros((1, 8, 8, 1)))
        self.assertTrue(self.marker.exists())

    def test_weights_that_name_a_function(self):
        """A class that is none of Keras's is not imported by its name."""
        path = self.root / "model.keras"
        inputs = keras.Input((8, 8, 1))
        keras.Model(inputs, keras.layers.Flatten(name="f")(inputs)).save(path)
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        (self.root / "intruder.py").write_text(f"open({str(self.marker)!r}, 'w')")
        config = parts["config.json"].decode()
        changed = config.replace('"keras.layers", "class_name": "Flatten"',
                                 '"intruder", "class_name": "Flatten"')  # fmt: skip
        self.assertNotEqual(changed, config)
        with zipfile.ZipFile(path, "w") as new:
            for name, content in (parts | {"config.json": changed}).items():
                new.writestr(name, content)
        with mock.patch.object(sys, "path", [str(self.root), *sys.path]):
            self.assert_refused(
                "cannot be read as weights", f"--weights={path}", "--loss=ce"
            )

    def test_flagfile_with_what_is_no_setting(self):
        path = self.root / "my.flags"
        path.write_text(f"__import__('pathlib').Path({str(self.marker)!r}).touch()\n")
        self.assert_refused("my.flags, line 1: expected --name", f"--flagfile={path}")


if __name__ == "__main__":
    absltest.main()
