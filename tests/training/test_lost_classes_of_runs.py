"""Every run tells which classes training's own outputs never were."""

import json
import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.quick_runs import one_layer_networks
from keras import initializers, layers

import lnl_sr_tf as lnl
from lnl_sr_tf import config, experiment, models
from lnl_sr_tf.experiment import run_results
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.lost_classes import LOST
from lnl_sr_tf.training.callbacks.epoch_log import EpochLog

STILL = {"epochs": 2, "lr": 1e-30, "precision": "float32"}


def never_three(inputs, num_classes, seeds):
    """Logits of one layer, whose bias keeps class 3 from every image."""
    bias = [-1e3 * (label == 3) for label in range(num_classes)]
    return layers.Dense(
        num_classes,
        kernel_initializer=initializers.GlorotUniform(next(seeds)),
        bias_initializer=initializers.Constant(bias),
        dtype="float32",
        name="logits",
    )(layers.Flatten(name="features")(inputs))


class LostClassesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(bare_results())
        networks = dict.fromkeys(models._BUILDERS, never_three)
        self.enterContext(mock.patch.dict(models._BUILDERS, networks))
        self.lines = []

    def settings(self, **settings):
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        return config.resolve(STILL | settings | {"output_dir": str(folder)})

    def start(self, **settings):
        return experiment.run(self.settings(**settings), self.lines.append)

    @parameterized.named_parameters(
        ("standard", {"loss": "ce"}),
        ("regularized", {"loss": "ce_sr", "lambda_schedule": "geometric"}),
        ("co_teaching", {"loss": "ce", "method": "co_teaching"}),
        ("nlnl", {"loss": "nlnl", "method": "nlnl", "epochs": 8}),
        ("elr", {"loss": "elr"}),
        ("forward", {"loss": "forward", "transition_matrix": "known"}),
        ("long_tail", {"loss": "ce", "imbalance": "lt", "balance": "logit_adjustment"}),
    )
    def test_in_every_method(self, settings):
        """What no training example is, of a network that stays as it is."""
        folder = self.start(**settings)
        run = FinishedRun(folder.path)
        said = run.probabilities(run.dataset.train_images).argmax(axis=1)
        lost = sorted(set(run.dataset.given_labels) - set(said))
        self.assertIn(3, lost)
        names = [run.dataset.class_names[label] for label in lost]
        self.assertEqual(run.summary["lost_classes"], names)
        self.assertEqual({row["lost_classes"] for row in run.rows}, {len(lost)})
        told = [line for line in self.lines if "never predicted: " in line]
        self.assertLen(told, len(run.rows) + 1)
        self.assertIn("--prior_weight=10", told[-1])

    def test_mixed_labels(self):
        self.start(loss="ce", mixup=0.4)
        (row, _) = RunFolder(self.only_folder()).rows()
        self.assertIn(row["lost_classes"], range(1, 10))

    def only_folder(self):
        (folder,) = pathlib.Path(self.settings(loss="ce").output_dir).iterdir()
        return folder

    def test_those_of_training_and_not_of_the_test_set(self):
        folder = RunFolder(pathlib.Path(self.get_temp_dir()) / "by_fit")
        folder.make()
        model = keras.Sequential([keras.Input((1,)), layers.Dense(3)])
        model.layers[0].set_weights([np.zeros((1, 3)), np.array([1.0, 0.0, 0.0])])
        metrics = ["accuracy", lnl.metrics.SparseRate(), lnl.metrics.LostClasses(3)]
        model.compile(keras.optimizers.SGD(0.0), lnl.losses.get("ce"), metrics=metrics)
        told = []
        model.fit(
            np.ones((4, 1)), np.array([0, 1, 1, 0]), 1, epochs=2, verbose=0,
            validation_data=(np.ones((3, 1)), np.array([0, 1, 2])),
            callbacks=[EpochLog(folder, [], lambda rows: told.append(rows[-1]))],
        )  # fmt: skip
        self.assertEqual([row[LOST] for row in told], [[1], [1]])
        self.assertEqual([row["lost_classes"] for row in folder.rows()], [1, 1])

    def test_none_is_told_of_where_none_is_lost(self):
        self.enterContext(one_layer_networks())
        folder = self.start(loss="ce", lr=0.01, noise="none")
        self.assertEqual(folder.rows()[-1]["lost_classes"], 0)
        self.assertEqual(folder.summary()["lost_classes"], [])
        self.assertStartsWith(self.lines[-1], "epoch 2/2")
        self.assertNotIn("never predicted", self.lines[-1])

    def test_results_that_a_later_start_writes(self):
        with (
            mock.patch.object(run_results, "write", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            self.start(loss="ce")
        path = self.only_folder() / "summary.json"
        before = json.loads(path.read_text("utf-8"))
        self.assertFalse(before["finished"])
        self.assertIn("3", before["lost_classes"])
        after = self.start(loss="ce").summary()
        self.assertTrue(after["finished"])
        self.assertEqual(after["lost_classes"], before["lost_classes"])
        self.assertIn("never predicted", self.lines[-1])


if __name__ == "__main__":
    tf.test.main()
