"""Whole epochs on the device, and several seeds at once: what one alone gives."""

import contextlib
import pathlib
import shutil
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import one_layer_networks

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import lost_classes
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.callbacks.epoch_log import EpochLog

ON_JAX = keras.backend.backend() == "jax"
# Sharp outputs at a high rate would turn rounding into other losses within an epoch.
CALM = {"tau": 1.0, "lambda0": 0.5}
QUICK = {"epochs": 3, "precision": "float32", "loss": "ce_sr", "lr": 0.02}


def quiet(line):
    pass


def state(folder, epoch=QUICK["epochs"]):
    """Every array of a checkpoint."""
    with np.load(folder.checkpoints / f"epoch_{epoch:05d}" / "state.npz") as stored:
        return [stored[name] for name in stored.files]


_epoch_end = EpochLog.on_epoch_end


def _fail_of_seed_2(log, epoch, logs=None):
    if "seed2" in log.folder.path.name and epoch == 1:
        raise RunError("seed 2 is lost")
    _epoch_end(log, epoch, logs)


class Case(tf.test.TestCase, parameterized.TestCase):
    def settings(self, name="", **settings):
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2] / name
        made = QUICK | settings | {"output_dir": str(folder)}
        return CALM | made if made["loss"].endswith("_sr") else made

    def run_alone(self, name, **settings):
        return experiment.run(config.resolve(self.settings(name, **settings)), quiet)

    def run_seeds(self, name, seeds, tell=quiet, **settings):
        settings = self.settings(name, seed=seeds, parallel_seeds=True, **settings)
        return experiment.run_together(config.grid(settings), tell)

    def assert_nearly_equal(self, ours, theirs):
        """Rounding grows as training goes on, so early epochs are compared."""
        rows = list(zip(ours.rows(), theirs.rows(), strict=True))
        self.assertLen(rows, QUICK["epochs"])
        for name in ("loss", "test_loss"):
            one, other = (
                [row[name] for row in pair] for pair in zip(*rows, strict=True)
            )
            self.assertAllClose(one[0], other[0], rtol=2e-3, msg=name)
            self.assertAllClose(one, other, rtol=5e-2, msg=name)
        for column in ("lambda", "learning_rate", "temperature", "forget_rate"):
            self.assertEqual(
                *([row[column] for row in r.rows()] for r in (ours, theirs))
            )
        with np.load(ours.labels) as one, np.load(theirs.labels) as other:
            self.assertAllEqual(one["given"], other["given"])


class RefusedTest(Case):
    @parameterized.parameters(
        ({"parallel_seeds": True}, "parallel_seeds=true"),
        ({"whole_epochs": "yes"}, "whole_epochs=yes"),
    )
    def test_on_another_backend(self, settings, words):
        if ON_JAX:
            on_device.check(config.resolve(settings))
            return
        with self.assertRaisesRegex(InputError, f"--{words}.*KERAS_BACKEND=jax"):
            experiment.check(config.resolve(settings))

    @parameterized.parameters(
        ({"imbalance": "lt"}, "imbalance"),
        ({"balance": "class_balanced"}, "balance"),
        ({"validation_share": 0.2}, "validation_share=0.2"),
        ({"fold": "1/3"}, "fold=1/3"),
        ({"loss": "forward", "transition_matrix": "estimated"}, "estimated"),
    )
    def test_seeds_that_are_no_twins(self, settings, words):
        if not ON_JAX:
            self.skipTest("the backend is not JAX")
        with self.assertRaisesRegex(InputError, words):
            self.run_seeds("", [1, 2], noise_draw="random", **settings)


class DeviceEpochsTest(Case):
    def setUp(self):
        super().setUp()
        if not ON_JAX:
            self.skipTest("the backend is not JAX")

    @parameterized.named_parameters(
        ("standard", {"tau_decay": 0.9}),
        ("geometric", {"lambda_every": 1, "tau_decay": 0.9}),
        ("augmented", {"crop_padding": 1, "flip": True, "rotation": 10}),
        ("mixup", {"loss": "ce", "mixup": 0.4}),
        ("elr", {"loss": "elr"}),
        ("co_teaching", {"method": "co_teaching", "lambda_every": 1}),
    )
    def test_as_fit_of_keras(self, settings):
        # The first has the whole network; the others differ from it in what is before
        # or after the network.
        quick = settings != {"tau_decay": 0.9}
        with one_layer_networks() if quick else contextlib.nullcontext():
            whole = self.run_alone("whole", whole_epochs="yes", **settings)
            plain = self.run_alone("plain", whole_epochs="no", **settings)
        self.assert_nearly_equal(whole, plain)

    @parameterized.parameters("yes", "no")
    def test_compiled_step_sees_the_weight(self, whole_epochs):
        # Weights stay as they are, so the loss grows as λ does, by ρ.
        run = self.run_alone(
            "still", whole_epochs=whole_epochs, lr=1e-30, rho=10, lambda_every=1
        )
        first, second, third = (row["loss"] for row in run.rows())
        self.assertNear((third - second) / (second - first), 10, 0.05)

    def test_one_that_fails_leaves_the_others(self):
        fails = mock.patch.object(
            EpochLog, "on_epoch_end", autospec=True, side_effect=_fail_of_seed_2
        )
        refused = self.assertRaisesRegex(RunError, "seed 2 is lost")
        with one_layer_networks(), fails, refused:
            self.run_seeds("runs", [1, 2, 3])
        made = self.settings("runs", seed=[1, 2, 3], parallel_seeds=True)
        finished = [
            RunFolder(pathlib.Path(made["output_dir"]) / one.run_name).finished()
            for one in config.grid(made)
        ]
        self.assertEqual(finished, [True, False, True])

    def test_other_settings_are_refused(self):
        one, other = (
            config.resolve(self.settings(weight_decay=decay)) for decay in (0, 1e-3)
        )
        with self.assertRaisesRegex(InputError, "differ in more than their seeds"):
            experiment.run_together([one, other], quiet)

    def test_seeds_as_each_alone(self):
        lines = []
        together = self.run_seeds("together", [1, 2], lines.append)
        self.assertNotEmpty(
            [line for line in lines if line.startswith("seed 2: epoch")]
        )
        for seed, folder in enumerate(together, 1):
            alone = self.run_alone("alone", seed=seed)
            self.assert_nearly_equal(folder, alone)
            self.assertTrue(folder.finished())
        first, second = (folder.rows()[-1]["loss"] for folder in together[:2])
        self.assertNotEqual(first, second)

    def test_lost_classes_of_each_seed(self):
        """Those that no training example is, of networks that stay as they are."""
        lines, found = [], []
        with one_layer_networks():
            together = self.run_seeds(
                "still", [1, 2], lines.append, loss="ce", lr=1e-30, epochs=2
            )
            for folder in together:
                run = FinishedRun(folder.path)
                said = run.probabilities(run.dataset.train_images).argmax(axis=1)
                found.append([str(label) for label in range(10) if label not in said])
                self.assertEqual(run.summary["lost_classes"], found[-1])
                self.assertEqual(run.rows[0]["lost_classes"], len(found[-1]))
        self.assertNotEqual(*found)
        for seed, lost in enumerate(found, 1):
            words = lost_classes.counted(lost)
            told = [line for line in lines if f"{words}: in the last epoch" in line]
            self.assertLen(told, bool(lost))
            self.assertTrue(all(line.startswith(f"seed {seed}: ") for line in told))

    def test_cut_and_resumed(self):
        class Cut(Exception):
            pass

        def cut(line):
            if line.startswith("seed 2: epoch 2"):
                raise Cut

        with one_layer_networks():
            with self.assertRaises(Cut):
                self.run_seeds("cut", [1, 2], cut)
            # The first seed has saved an epoch that the second has not.
            again = self.run_seeds("cut", [1, 2])
            whole = self.run_seeds("whole", [1, 2])
        for one, other in zip(again, whole, strict=True):
            self.assert_nearly_equal(one, other)

    def test_cut_between_epochs_changes_nothing(self):
        def runs():
            return self.run_seeds("runs", [1, 2])

        with one_layer_networks():
            whole = [state(folder) for folder in runs()]
            for folder in runs():
                shutil.rmtree(folder.checkpoints / "epoch_00003")
                (folder.path / "summary.json").unlink()
            for arrays, folder in zip(whole, runs(), strict=True):
                for one, other in zip(arrays, state(folder), strict=True):
                    self.assertAllEqual(one, other)


if __name__ == "__main__":
    tf.test.main()
