"""Runs on features that a network of KerasHub makes, and training on through it."""

import json
import os
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras, made_data, small_preset
from helpers.bare_results import bare_results

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun


class Cut(Exception):
    """In place of a power cut."""


def cut_in_epoch_2(line):
    if line.startswith("epoch 2/2"):
        raise Cut


def quiet(line):
    pass


def state(run):
    """Every array of the last checkpoint."""
    with np.load(run.checkpoints / "epoch_00002" / "state.npz") as stored:
        return dict(stored)


class HubRunsTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "keras_hub")
        self.root = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory()))
        self.enter_context(
            mock.patch.dict(os.environ, XDG_CACHE_HOME=str(self.root / "cache"))
        )
        made_data.make_folder(
            self.root / "photos", count=8, ending=".jpg", height=40, width=48
        )

    def run_in(self, name, kind, tell=quiet, **more):
        backbone = f"hub:{self.root / kind}"
        if not (self.root / kind).exists():
            small_preset.save(self.root / kind, kind)
        settings = {
            "dataset": str(self.root / "photos"),
            "backbone": backbone,
            "epochs": 2,
            "batch_size": 8,
            "precision": "float32",
            "loss": "ce",
            "output_dir": str(self.root / name),
        }
        return experiment.run(config.resolve(settings | more), tell)

    @parameterized.parameters(0, 2)
    def test_saved_model_gives_for_files_what_the_run_reports(self, finetune):
        run = FinishedRun(self.run_in("runs", "siglip", finetune=finetune).path)
        data = run.dataset
        signatures = tf.saved_model.load(str(run.folder.saved_model)).signatures
        encoded = [tf.io.read_file(path) for path in data.test_paths]
        answer = signatures["files"](encoded=tf.stack(encoded))
        logits = run.model.predict_on_batch(data.test_images)
        temperature = run.summary["calibration_temperature"]
        self.assertAllClose(
            answer["probabilities"], tf.nn.softmax(logits / temperature), 5e-3, 5e-3
        )

    def test_saved_model_takes_texts(self):
        rng = np.random.default_rng(1)
        lines = [
            {"text": " ".join(rng.choice(small_preset.WORDS, 5)), "label": i % 2}
            for i in range(30)
        ]
        path = self.root / "reviews.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        preset = small_preset.save_of_texts(self.root / "bert")
        made = self.run_in("runs", "bert", dataset=str(path), backbone=preset)
        run = FinishedRun(made.path)
        data = run.dataset
        self.assertEqual(data.image_shape, (8,))
        signatures = tf.saved_model.load(str(made.saved_model)).signatures
        texts = [str(text) for text in data.test_originals]
        answer = signatures["serving_default"](texts=tf.constant(texts))
        logits = run.model.predict_on_batch(data.test_images)
        temperature = run.summary["calibration_temperature"]
        self.assertAllClose(
            answer["probabilities"], tf.nn.softmax(logits / temperature), 5e-3, 5e-3
        )

    def test_finetuning_with_dropout_cut_and_resumed(self):
        with bare_results():
            whole = self.run_in("whole", "dinov2", finetune=2)
            with self.assertRaises(Cut):
                self.run_in("cut", "dinov2", cut_in_epoch_2, finetune=2)
            cut = self.run_in("cut", "dinov2", finetune=2)
        ours, theirs = state(cut), state(whole)
        self.assertEqual(ours.keys(), theirs.keys())
        for name in ours:
            self.assertAllEqual(ours[name], theirs[name])

    def test_a_preset_that_changed_or_is_gone(self):
        with bare_results():
            run = self.run_in("runs", "vit", epochs=1)
        FinishedRun(run.path).dataset  # noqa: B018
        path = self.root / "vit/metadata.json"
        path.write_text(path.read_text() + " ")
        with self.assertRaisesRegex(RunError, "vit are not as they were"):
            FinishedRun(run.path).dataset  # noqa: B018
        shutil.rmtree(self.root / "vit")
        with self.assertRaisesRegex(InputError, "its backbone is not there; looked"):
            FinishedRun(run.path).dataset  # noqa: B018


if __name__ == "__main__":
    tf.test.main()
