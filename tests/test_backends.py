"""The command on JAX and PyTorch, where they are installed, without TensorFlow."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras, small_backbone
from helpers.made_data import make_folder

from lnl_sr_tf import config, datasets
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.runs.folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parent.parent
# As where TensorFlow is not installed: it is not found.
HIDE_TENSORFLOW = """
import importlib.machinery, sys

class Others:
    finders = list(sys.meta_path)
    find_distributions = staticmethod(importlib.machinery.PathFinder.find_distributions)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            return None
        found = (finder.find_spec(name, path, target) for finder in self.finders)
        return next(filter(None, found), None)

sys.meta_path[:] = [Others()]
"""
WITHOUT_TENSORFLOW = (
    HIDE_TENSORFLOW
    + """
sys.argv[0] = "main.py"
from lnl_sr_tf import cli
cli.run()
"""
)
OTHERS = ("jax", "torch")


class BackendsTest(tf.test.TestCase, parameterized.TestCase):
    def run_on(self, backend, *arguments, without_tensorflow=True):
        """The `RunFolder` of one run in a process of its own, and what it printed."""
        extras.need(self, backend)
        out_dir = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        code = ["-c", WITHOUT_TENSORFLOW] if without_tensorflow else ["main.py"]
        done = subprocess.run(
            [sys.executable, *code, *arguments, f"--output_dir={out_dir}"],
            cwd=ROOT,
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        (path,) = out_dir.iterdir()
        return RunFolder(path), done.stdout

    @parameterized.parameters(*OTHERS)
    def test_digits_without_tensorflow(self, backend):
        run, out = self.run_on(
            backend, "--loss=ce_sr", "--rate=0.2", "--epochs=8", "--lambda_every=2"
        )
        self.assertGreater(run.summary()["test_accuracy"], 0.85)
        self.assertEqual([row["lambda"] for row in run.rows()[::2]], [4, 8, 16, 32])
        self.assertEqual(run.config()["backend"], backend)
        self.assertIn(backend, run.config()["versions"])
        self.assertIn("no SavedModel", out)
        self.assertTrue(run.finished())
        made = {path.name for path in run.path.iterdir()}
        self.assertContainsSubset(
            {
                "config.json", "metrics.csv", "summary.json", "labels.npz",
                "model.keras", "figures", "tensorboard", "checkpoints",
            },
            made,
        )  # fmt: skip

    @parameterized.parameters(*OTHERS)
    def test_folder_without_tensorflow(self, backend):
        photos = make_folder(
            pathlib.Path(self.get_temp_dir()) / f"photos_{backend}", count=12
        )
        run, _ = self.run_on(
            backend, f"--dataset={photos}", "--loss=ce", "--epochs=1", "--flip",
            "--image_size=16", "--random_resized_crop=0.5", "--batch_size=8",
            "--model=cnn_mnist",
        )  # fmt: skip
        self.assertTrue(run.finished())

    @parameterized.parameters(("jax", "promix"), ("torch", "dividemix"))
    def test_examples_are_divided(self, backend, method):
        root = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))
        labels = np.arange(300) % 3
        rows = np.random.default_rng(1).normal(3.0 * labels[:, None], 1.0, (300, 8))
        np.savez(root / "rows.npz", x=rows.astype("float32"), y=labels)
        run, _ = self.run_on(
            backend, f"--dataset={root / 'rows.npz'}", "--loss=ce", "--epochs=4",
            f"--method={method}", "--warmup_epochs=2", "--noise=sym", "--rate=0.3",
            "--batch_size=32",
        )  # fmt: skip
        rows = run.rows()
        self.assertEqual([row["trusted_share"] for row in rows[:2]], [None, None])
        for row in rows[2:]:
            self.assertBetween(row["trusted_share"], 0.3, 0.9)
            self.assertGreater(row["trusted_precision"], 0.75)

    @parameterized.parameters(*OTHERS)
    def test_saved_model(self, backend):
        run, _ = self.run_on(
            backend, "--loss=ce_sr", "--epochs=2", "--noise=none",
            without_tensorflow=False,
        )  # fmt: skip
        data = datasets.load("digits")
        serve = tf.saved_model.load(str(run.saved_model)).signatures["serving_default"]
        label = serve(images=tf.constant(data.test_images))["label"].numpy()
        accuracy = np.mean(label == data.test_labels)
        # In bfloat16, another library rounds a handful of images otherwise.
        self.assertNear(accuracy, run.summary()["test_accuracy"], 0.02)

    @parameterized.parameters(*OTHERS)
    def test_backbone(self, backend):
        """The SavedModel has the backbone of the other backend, too."""
        root = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))
        photos = make_folder(root / "photos", count=12)
        with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(root / "cache")):
            run, _ = self.run_on(
                backend, f"--dataset={photos}", "--loss=ce", "--epochs=4",
                f"--backbone={small_backbone.NAME}", "--image_size=32",
                f"--weights={small_backbone.weights()}", without_tensorflow=False,
            )  # fmt: skip
        data = datasets.load(str(photos), image_size=(32, 32), tell=lambda line: None)
        served = tf.saved_model.load(str(run.saved_model)).signatures
        encoded = tf.stack([tf.io.read_file(path) for path in data.test_paths])
        label = served["files"](encoded=encoded)["label"].numpy()
        accuracy = np.mean(label == data.test_labels)
        self.assertEqual(accuracy, run.summary()["given_test_accuracy"])

    @parameterized.parameters(*OTHERS)
    def test_noise_and_order_are_those_of_tensorflow(self, backend):
        run, _ = self.run_on(backend, "--loss=ce", "--epochs=1", "--seed=7")
        made = config.resolve({"loss": "ce", "epochs": 1, "seed": 7})
        self.assertEqual(made.run_name, run.path.name)
        source = run_data.read(made, "digits", None, print)
        here = run_data.load(made, source, print)
        with np.load(run.labels) as stored:
            self.assertAllEqual(stored["given"], here.given_labels)

        code = HIDE_TENSORFLOW + (
            "import numpy as np, json\n"
            "from lnl_sr_tf.datasets.batches import pipeline\n"
            "images = np.arange(50, dtype=np.uint8).reshape(50, 1, 1, 1)\n"
            "batches = pipeline.training_batches(images, np.arange(50), 20, 7, 2)\n"
            "print(json.dumps([int(i) for _, y in batches for i in np.asarray(y)]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = EpochPlan(50, 7)
        self.assertAllEqual(
            json.loads(done.stdout), np.concatenate([plan.of(0)[0], plan.of(1)[0]])
        )


if __name__ == "__main__":
    tf.test.main()
