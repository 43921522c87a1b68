"""Runs that train on through the backbone, from a head on its features."""

import os
import pathlib
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from helpers import made_data, small_backbone
from helpers.bare_results import bare_results

from lnl_sr_tf import config, experiment
from lnl_sr_tf.experiment import finetuning
from lnl_sr_tf.experiment.finished_run import FinishedRun

FINETUNE = 3


class Cut(Exception):
    """In place of a power cut."""


def cut_in_epoch_2(line):
    if line.startswith(f"epoch 2/{FINETUNE}"):
        raise Cut


def quiet(line):
    pass


def state(run):
    """Every array of the last checkpoint."""
    with np.load(run.checkpoints / f"epoch_{FINETUNE:05d}" / "state.npz") as stored:
        return dict(stored)


class FinetunedRunsTest(tf.test.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.root = pathlib.Path(held)
        cls.enterClassContext(
            mock.patch.dict(os.environ, XDG_CACHE_HOME=str(cls.root / "cache"))
        )
        made_data.make_folder(
            cls.root / "photos", count=12, ending=".jpg", height=40, width=48
        )
        cls.told = []
        cls.config, cls.whole = cls.run_in("whole", cls.told.append)
        before = finetuning.on_features(cls.config)
        cls.head = experiment.run(before, quiet)

    @classmethod
    def run_in(cls, name, tell=quiet, **more):
        settings = {
            "dataset": str(cls.root / "photos"),
            "backbone": small_backbone.NAME,
            "weights": small_backbone.weights(),
            "image_size": str(small_backbone.SIDE),
            "epochs": 2,
            "batch_size": 8,
            "finetune": FINETUNE,
            "fold": "1/3",
            "noise": "sym",
            "rate": 0.2,
            "precision": "float32",
            "output_dir": str(cls.root / name),
        }
        made = config.resolve(settings | more)
        return made, experiment.run(made, tell)

    def test_cut_and_resumed(self):
        with bare_results():
            with self.assertRaises(Cut):
                self.run_in("cut", cut_in_epoch_2)
            lines = []
            _, cut = self.run_in("cut", lines.append)
        self.assertIn("going on after epoch 1", lines)
        ours, theirs = state(cut), state(self.whole)
        self.assertEqual(ours.keys(), theirs.keys())
        for name in ours:
            self.assertAllEqual(ours[name], theirs[name])

    def test_a_run_on_features_comes_first_and_stays(self):
        self.assertNotEqual(self.head.path.name, self.whole.path.name)
        self.assertTrue(self.head.finished())
        self.assertLen(self.head.rows(), 2)
        self.assertLen(self.whole.rows(), FINETUNE)
        (line,) = [line for line in self.told if "keras:MobileNet with linear" in line]
        self.assertIn(f"{FINETUNE} epochs", line)

    def test_labels_are_the_same_and_examples_images(self):
        ours, head = FinishedRun(self.whole.path), FinishedRun(self.head.path)
        self.assertEqual(ours.dataset.image_shape, (32, 32, 3))
        self.assertAllEqual(ours.dataset.given_labels, head.dataset.given_labels)
        self.assertAllEqual(ours.dataset.fold.index, head.dataset.fold.index)
        self.assertEqual(ours.dataset.fold.images.shape[1:], (32, 32, 3))
        with np.load(self.whole.held_out) as held:
            self.assertLen(held["logits"], len(ours.dataset.fold.index))

    def test_begins_where_the_head_is(self):
        with bare_results():
            _, run = self.run_in("slow", finetune=1, finetune_lr=1e-12)
        ours, head = FinishedRun(run.path), FinishedRun(self.head.path)
        self.assertAllClose(
            ours.probabilities(ours.dataset.test_images),
            head.probabilities(head.dataset.test_images),
            rtol=1e-2,
            atol=1e-2,
        )

    def test_backbone_learns_but_its_statistics_stay(self):
        trained = FinishedRun(self.whole.path).model.get_layer("backbone")
        before = keras.models.load_model(self.whole.model, compile=False)
        before = before.get_layer("backbone")
        network = small_backbone.network()
        pairs = {w.name: [] for w in network.weights}
        (inner,) = [x for x in trained.layers if isinstance(x, keras.Model)]
        for ours, theirs in zip(inner.weights, network.weights, strict=True):
            same = np.array_equal(ours.numpy(), theirs.numpy())
            pairs[theirs.name].append(same)
        self.assertTrue(all(pairs["moving_mean"] + pairs["moving_variance"]))
        self.assertFalse(any(pairs["kernel"]))

    def test_saved_model_gives_for_files_what_the_run_reports(self):
        run = FinishedRun(self.whole.path)
        data = run.dataset
        signatures = tf.saved_model.load(str(self.whole.saved_model)).signatures
        encoded = [tf.io.read_file(path) for path in data.test_paths]
        answer = signatures["files"](encoded=tf.stack(encoded))
        logits = run.model.predict_on_batch(data.test_images)
        temperature = run.summary["calibration_temperature"]
        self.assertAllClose(
            answer["probabilities"], tf.nn.softmax(logits / temperature), 1e-3, 1e-3
        )
        right = np.mean(answer["label"] == data.test_labels)
        self.assertAllClose(run.summary["test_accuracy"], right)


if __name__ == "__main__":
    tf.test.main()
