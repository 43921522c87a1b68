"""Runs serve probabilities that can be relied on."""

import contextlib
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.quick_runs import one_layer_networks

from lnl_sr_tf import config, experiment
from lnl_sr_tf.analysis import calibration, run_figures
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.training.predict import outputs


class CalibrateTest(tf.test.TestCase, parameterized.TestCase):
    def run_(self, **settings):
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        made = config.resolve({"output_dir": str(folder)} | settings)
        return FinishedRun(experiment.run(made, lambda line: None).path)

    def test_normalised_logits(self):
        """At τ = 0.5 no output exceeds 0.478; what is served does."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(one_layer_networks())
            for name in ("curves", "samples", "per_class"):
                stack.enter_context(mock.patch.object(run_figures, name))
            run = self.run_(
                loss="ce_sr", noise="none", epochs=20, tau=0.5, normalize_logits=True,
                lambda_schedule="geometric",
            )  # fmt: skip
        summary, data = run.summary, run.dataset
        self.assertEqual(summary["calibrated_on"], "test set")
        self.assertGreater(summary["calibration_error"], 0.4)
        self.assertLess(summary["calibrated_error"], 0.03)
        serve = tf.saved_model.load(str(run.folder.saved_model))
        served = serve.signatures["serving_default"](
            images=tf.constant(data.test_images)
        )
        logits = outputs(run.model, data.test_images)
        temperature = summary["calibration_temperature"]
        self.assertAllClose(
            served["probabilities"],
            calibration.probabilities(logits, temperature),
            atol=1e-2,  # the batches differ, and with them what bfloat16 rounds
        )
        self.assertGreater(served["probabilities"].numpy().max(), 0.9)
        right = np.mean(served["label"].numpy() == data.test_labels)
        self.assertAllClose(right, summary["test_accuracy"], atol=3e-3)

    @parameterized.parameters(({"loss": "ce_sr", "lambda_every": 3}, True),
                              ({"loss": "ce"}, False))  # fmt: skip
    def test_on_noisy_labels(self, settings, told):
        """A network that knows the noise is calibrated; one that learned it is not."""
        self.enterContext(bare_results(short=False))
        run = self.run_(
            rate=0.4, epochs=30, validation_share=0.2, precision="float32", **settings
        )  # fmt: skip
        summary = run.summary
        if told:
            self.assertEqual(summary["calibrated_on"], "validation")
            self.assertNotEqual(summary["calibration_temperature"], 1.0)
            self.assertLess(summary["calibrated_error"], 0.05)
        else:
            self.assertIsNone(summary["calibrated_on"])
            self.assertEqual(summary["calibration_temperature"], 1.0)


if __name__ == "__main__":
    tf.test.main()
