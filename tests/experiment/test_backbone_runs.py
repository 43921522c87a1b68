"""Runs on features that a backbone makes of photographs."""

import os
import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from helpers import made_data, small_backbone
from helpers.bare_results import bare_results

from lnl_sr_tf import config, experiment
from lnl_sr_tf.backbones.backbone import Backbone
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun

EPOCHS = 4


class Cut(Exception):
    """In place of a power cut."""


def cut_in_epoch_3(line):
    if line.startswith("epoch 3"):
        raise Cut


def quiet(line):
    pass


def none_computed():
    """Within, no features may be computed, and no image decoded for a network."""
    return mock.patch.object(Backbone, "features", side_effect=AssertionError)


def state(run):
    """Every array of the last checkpoint."""
    with np.load(run.checkpoints / f"epoch_{EPOCHS:05d}" / "state.npz") as stored:
        return dict(stored)


class BackboneRunsTest(tf.test.TestCase):
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
        cls.whole = cls.run_in("whole", cls.told.append)

    @classmethod
    def settings(cls, **more):
        return {
            "dataset": str(cls.root / "photos"),
            "backbone": small_backbone.NAME,
            "weights": small_backbone.weights(),
            "image_size": str(small_backbone.SIDE),
            "epochs": EPOCHS,
            "batch_size": 8,
        } | more

    @classmethod
    def run_in(cls, name, tell=quiet, **more):
        made = config.resolve(cls.settings(output_dir=str(cls.root / name), **more))
        return experiment.run(made, tell)

    def test_cut_and_resumed(self):
        with none_computed(), bare_results():
            with self.assertRaises(Cut):
                self.run_in("cut", cut_in_epoch_3)
            lines = []
            cut = self.run_in("cut", lines.append)
        self.assertIn("going on after epoch 2", lines)
        ours, theirs = state(cut), state(self.whole)
        self.assertEqual(ours.keys(), theirs.keys())
        for name in ours:
            self.assertAllEqual(ours[name], theirs[name])

    def test_views_are_drawn_by_seed_and_epoch(self):
        more = {"views": 2, "mixup": 0.2, "loss": "ce"}
        with bare_results():
            whole = self.run_in("views", **more)
            with none_computed():
                with self.assertRaises(Cut):
                    self.run_in("cut_views", cut_in_epoch_3, **more)
                cut = self.run_in("cut_views", **more)
        ours, theirs = state(cut), state(whole)
        for name in ours:
            self.assertAllEqual(ours[name], theirs[name])
        self.assertNotEqual(whole.path.name, self.whole.path.name)

    def test_other_seeds_and_losses_compute_nothing(self):
        with (
            none_computed(),
            bare_results(),
            mock.patch.object(ImageFiles, "decoded", side_effect=AssertionError),
        ):
            run = self.run_in("others", seed=2, loss="ce_sr", model="mlp", epochs=1)
        self.assertTrue(run.finished())
        self.assertEqual(run.config()["model_used"], "mlp")

    def test_saved_model_gives_for_files_what_the_run_reports(self):
        run = FinishedRun(self.whole.path)
        data = run.dataset
        signatures = tf.saved_model.load(str(self.whole.saved_model)).signatures
        encoded = [tf.io.read_file(path) for path in data.test_paths]
        by_files = signatures["files"](encoded=tf.stack(encoded))
        by_images = signatures["serving_default"](
            images=tf.constant(data.test_originals[:])
        )
        temperature = run.summary["calibration_temperature"]
        logits = run.model.predict_on_batch(data.test_images)
        expected = tf.nn.softmax(logits / temperature)
        for answer in (by_files, by_images):
            self.assertAllEqual(answer["label"], logits.argmax(axis=1))
            self.assertAllClose(answer["probabilities"], expected, 5e-3, 5e-3)
        names = [data.class_names[i] for i in logits.argmax(axis=1)]
        self.assertAllEqual([x.decode() for x in by_files["name"].numpy()], names)
        right = np.mean(logits.argmax(axis=1) == data.test_labels)
        self.assertAllClose(run.summary["given_test_accuracy"], right)

    def test_images_are_what_people_see(self):
        data = FinishedRun(self.whole.path).dataset
        self.assertIsInstance(data.originals, ImageFiles)
        self.assertEqual(data.image_shape, (1024,))
        self.assertTrue((self.whole.figures / "samples.png").is_file())

    def test_recipe_is_that_of_features(self):
        made = self.whole.config()
        self.assertEqual((made["model"], made["flip"]), ("linear", False))
        mnist = config.resolve(
            {"dataset": "mnist", "backbone": "keras:A", "weights": "imagenet"}
        )
        self.assertEqual((mnist.noise, mnist.model), ("sym", "linear"))
        self.assertNotIn("weights", mnist.places)

    def test_weights_that_are_gone(self):
        weights = self.root / "moved.weights.h5"
        content = pathlib.Path(small_backbone.weights()).read_bytes()
        weights.write_bytes(content)
        with bare_results(), none_computed():
            run = self.run_in("gone", weights=str(weights), epochs=1)
        weights.unlink()
        with self.assertRaisesRegex(InputError, "its weights is not there; looked"):
            FinishedRun(run.path).dataset  # noqa: B018
        weights.write_bytes(content + b"others")
        with self.assertRaisesRegex(RunError, "weights.* are not as they were"):
            FinishedRun(run.path).dataset  # noqa: B018

    def test_image_that_is_lost_meanwhile(self):
        made_data.make_folder(self.root / "lost", count=3)

        def lose(line):
            (self.root / "lost/cat/0.png").unlink(missing_ok=True)

        with self.assertRaisesRegex(RunError, "an image changed .*cat/0.png"):
            self.run_in("lost_runs", lose, dataset=str(self.root / "lost"))


if __name__ == "__main__":
    tf.test.main()
