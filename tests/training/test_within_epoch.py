"""Cut in the middle of an epoch, a run ends as one that was not."""

import json
import pathlib
import shutil
import signal
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.quick_runs import one_layer_networks, quick_runs

from lnl_sr_tf import config, experiment, schedules
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.training import checkpoint, compilation, first_bad_step
from lnl_sr_tf.training.callbacks import epoch_log, within_epoch
from lnl_sr_tf.training.callbacks.within_epoch import WithinEpoch

EPOCHS = 3
STEPS = 6  # of 12 in one call


# The run that was not cut: several tests compare with the same.
_WHOLE = []


def state(run):
    """Every array of the last checkpoint."""
    path = run.checkpoints / checkpoint.Place(EPOCHS).folder / "state.npz"
    with np.load(path) as stored:
        return dict(stored)


class WithinEpochTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(bare_results())
        # One test is of a network whose normalisation has a state too.
        if not self.id().endswith("standard"):
            self.enterContext(one_layer_networks())
        self.enterContext(
            mock.patch.object(compilation, "steps_per_execution", return_value=STEPS)
        )

    def folder(self, name):
        return pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2] / name

    def start(self, name, tell=lambda line: None, **settings):
        folder = self.folder(name)
        settings = {"loss": "ce_sr"} | settings
        if settings["loss"] == "ce_sr" and "lambda_schedule" not in settings:
            settings["lambda_every"] = 1
        made = config.resolve(settings | {"epochs": EPOCHS, "output_dir": str(folder)})
        return experiment.run(made, tell)

    def whole(self):
        """A run that was not cut, and saved nothing within an epoch."""
        if not _WHOLE:
            _WHOLE.append(self.start("whole", checkpoint_minutes=0))
        return _WHOLE[0]

    def assert_same(self, cut, whole):
        ours, theirs = state(cut), state(whole)
        self.assertEqual(set(ours), set(theirs))
        for name, array in theirs.items():
            self.assertAllEqual(ours[name], array, name)
        rows = [[row | {"seconds": 0} for row in run.rows()] for run in (cut, whole)]
        self.assertEqual(*rows)

    @parameterized.named_parameters(
        ("standard", {}),
        ("augmented", {"crop_padding": 1}),
        ("adaptive", {"lambda_schedule": "adaptive"}),
        ("elr", {"loss": "elr"}),
        ("co_teaching", {"method": "co_teaching"}),
        ("dividemix", {"loss": "ce", "method": "dividemix", "warmup_epochs": 1}),
        ("promix", {"loss": "ce", "method": "promix", "warmup_epochs": 1}),
        ("mda", {"loss": "mda_ce", "loss_args": "warmup=1"}),
        ("mixup", {"loss": "ce", "mixup": 0.4, "l1": 1e-5}),
    )
    def test_saved_and_cut(self, settings):
        save = WithinEpoch._save

        def save_as_if_cut(callback, batch):
            """What lies on the disk then, of the run that goes on all the same."""
            save(callback, batch)
            if callback._epoch == 1:
                shutil.copytree(self.folder("whole"), self.folder("cut"))

        with mock.patch.object(WithinEpoch, "_save", save_as_if_cut):
            whole = self.start("whole", checkpoint_minutes=1e-9, **settings)
        lines = []
        cut = self.start("cut", lines.append, **settings)
        self.assertIn(f"going on after step {STEPS} of epoch 2", lines)
        self.assert_same(cut, whole)

    @parameterized.parameters(signal.SIGTERM, signal.SIGINT)
    def test_asked_to_stop(self, number):
        def ask(line):
            if line.startswith("epoch 1"):
                signal.raise_signal(number)

        name = signal.Signals(number).name
        with self.assertRaisesRegex(
            RunError, f"stopped by {name} after (epoch 1|step 6 of epoch 2); with"
        ):
            self.start("cut", ask)
        self.assertIn(
            signal.getsignal(number), (signal.SIG_DFL, signal.default_int_handler)
        )
        cut = self.start("cut")
        self.assert_same(cut, self.whole())

    def test_asked_within_an_epoch(self):
        looked = WithinEpoch.on_train_batch_end

        def ask(self, batch, logs=None):
            if self._epoch == 1:
                signal.raise_signal(signal.SIGTERM)
            looked(self, batch, logs)

        with (
            mock.patch.object(WithinEpoch, "on_train_batch_end", ask),
            self.assertRaisesRegex(RunError, "SIGTERM after step 6 of epoch 2"),
        ):
            self.start("cut")
        cut = self.start("cut")
        self.assert_same(cut, self.whole())

    def test_saves_by_the_clock(self):
        seldom, often = self.whole(), self.start("often", checkpoint_minutes=1e-9)
        self.assertEqual(
            checkpoint.saved_places(seldom.checkpoints), [(EPOCHS - 1, 0), (EPOCHS, 0)]
        )
        self.assertEqual(
            checkpoint.saved_places(often.checkpoints),
            [(EPOCHS - 1, STEPS), (EPOCHS, 0)],
        )
        self.assert_same(often, seldom)

    def test_seconds_of_a_cut_epoch_count(self):
        restored = checkpoint.Restored(checkpoint.Place(1, 6), (), 100.0)
        log = mock.Mock()
        callback = WithinEpoch(restored, None, 0, None, log, Devices())
        callback.set_model(mock.Mock(metrics_variables=[]))
        callback.on_epoch_begin(1)
        log.add_seconds.assert_called_once_with(100.0)
        callback.on_epoch_begin(2)
        log.add_seconds.assert_called_once_with(100.0)


class EpochSettingsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())

    def test_search_has_the_settings_of_its_epoch(self):
        """λ is in no checkpoint, and its learning rate is of the epoch before."""
        folder = pathlib.Path(self.get_temp_dir()) / "settings"
        made = config.resolve(
            {
                "loss": "ce_sr", "epochs": 3, "lambda_every": 1, "rho": 2.0,
                "lr_schedule": "cosine", "output_dir": str(folder),
            }
        )  # fmt: skip
        seen = []

        def search(training, place):
            rate = training.model.optimizer.learning_rate
            seen.append((float(training.model.loss.weight), float(rate)))

        log = epoch_log.EpochLog.on_epoch_end

        def not_finite(self, epoch, logs=None):
            if epoch == 2:
                raise NotFinite("the loss became nan")
            log(self, epoch, logs)

        with (
            mock.patch.object(first_bad_step, "_search", search),
            mock.patch.object(epoch_log.EpochLog, "on_epoch_end", not_finite),
            self.assertRaisesRegex(RunError, "in epoch 3; a smaller lr"),
        ):
            experiment.run(made, lambda line: None)
        ((weight, rate),) = seen
        self.assertAllClose(weight, made.lambda0 * 4.0)
        self.assertAllClose(rate, schedules.cosine_learning_rate(2, made.lr, 3))


class NotFiniteTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())

    def test_names_the_step_and_its_examples(self):
        folder = pathlib.Path(self.get_temp_dir()) / "nan"
        made = config.resolve({"lr": 1e30, "epochs": 2, "output_dir": str(folder)})
        with self.assertRaisesRegex(
            RunError,
            r"the loss became (nan|inf) in epoch 1 at step \d+, on the training "
            r"examples \d+, .*not_finite.json.*nothing was saved before",
        ):
            experiment.run(made, lambda line: None)
        (run,) = folder.iterdir()
        found = json.loads((run / "not_finite.json").read_text())
        self.assertEqual(found["epoch"], 1)
        self.assertLen(set(found["examples"]), 128)

    def diverged(self, name, **settings):
        """What a run with a mad learning rate says, and its checkpoints."""
        folder = pathlib.Path(self.get_temp_dir()) / name
        settings = {"lr": 1e30, "epochs": 2, "output_dir": str(folder)} | settings
        with (
            mock.patch.object(compilation, "steps_per_execution", return_value=1),
            self.assertRaises(RunError) as raised,
        ):
            experiment.run(config.resolve(settings), lambda line: None)
        (run,) = folder.iterdir()
        return str(raised.exception), checkpoint.saved_places(run / "checkpoints")

    def test_is_no_checkpoint_by_the_clock(self):
        problem, saved = self.diverged("clock", checkpoint_minutes=1e-9)
        self.assertRegex(problem, "(the loss|weights .*) became .* in epoch 1 at step")
        for place in saved:
            self.assertIn(f"the checkpoint of {place.words} is intact", problem)

    def test_is_no_checkpoint_at_the_end_of_an_epoch(self):
        """The last step spoils the weights after its loss was a number."""
        problem, saved = self.diverged("end", batch_size=1437, weight_decay=1e30)
        self.assertRegex(problem, r"weights \(.*became NaN or infinite in epoch 1")
        self.assertRegex(problem, "at step 1, on the training examples")
        self.assertEmpty(saved)

    def test_is_seen_within_an_epoch(self):
        made = config.resolve(
            {
                "lr": 1e30, "epochs": 2, "batch_size": 8,
                "output_dir": str(pathlib.Path(self.get_temp_dir()) / "soon"),
            }
        )  # fmt: skip
        with (
            mock.patch.object(within_epoch, "_LOOK_EVERY", 0.0),
            mock.patch.object(compilation, "steps_per_execution", return_value=1),
            mock.patch.object(
                within_epoch.WithinEpoch, "on_epoch_end",
                side_effect=AssertionError("it was seen too late"),
            ),
            self.assertRaisesRegex(RunError, "the loss became .* in epoch 1 at step"),
        ):  # fmt: skip
            experiment.run(made, lambda line: None)


class EarlierCheckpointTest(tf.test.TestCase):
    def test_metrics_that_it_lacks(self):
        """Counts by class and the last ones are of what is left of the epoch."""
        variables = [keras.Variable(v) for v in (0.0, [0.0] * 3, 0.0, 0.0)]
        restored = checkpoint.Restored(checkpoint.Place(4, 2), (1.0, 2.0))
        log = mock.Mock()
        callback = WithinEpoch(restored, None, 0, mock.Mock(), log, Devices())
        callback.set_model(mock.Mock(metrics_variables=variables))
        callback.on_epoch_begin(4)
        for variable, value in zip(variables, (1.0, [0.0] * 3, 2.0, 0.0), strict=True):
            self.assertAllEqual(variable, value)

    def test_several_machines(self):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", metrics=["mae"])
        model.train_on_batch(np.zeros((2, 1)), np.zeros((2, 1)))
        restored = checkpoint.Restored(checkpoint.Place(0, 1), (np.float32(7),))
        devices = mock.Mock(from_chief=lambda array: array)
        found = checkpoint.shared(model, restored, devices).metrics
        self.assertLen(found, len(model.metrics_variables))
        self.assertEqual(found[0], 7)


if __name__ == "__main__":
    tf.test.main()
