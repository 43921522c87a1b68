"""One run from Python, and what happens when its folder is not as it was left."""

import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, datasets, experiment, noise
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.losses.nested import without_terms
from lnl_sr_tf.training import precision, progress


class ExperimentTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())

    def settled(self, **settings):
        folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        base = {"loss": "ce", "epochs": 2, "output_dir": str(folder)}
        return config.resolve(base | settings)

    def unfinish(self, run):
        run.write_summary(run.summary() | {"finished": False})

    def test_same_seed_same_run(self):
        first = experiment.run(self.settled(loss="ce_sr"), tell=lambda line: None)
        again = experiment.run(
            self.settled(loss="ce_sr", resume=False), tell=lambda line: None
        )
        other = experiment.run(
            self.settled(loss="ce_sr", seed=2), tell=lambda line: None
        )
        losses = [[r["loss"] for r in run.rows()] for run in (first, again, other)]
        self.assertEqual(losses[0], losses[1])
        self.assertNotEqual(losses[0], losses[2])

    def test_co_teaching_reports_both_networks(self):
        lines = []
        run = experiment.run(
            self.settled(method="co_teaching", rate=0.4, forget_epochs=1), lines.append
        )
        rows, summary = run.rows(), run.summary()
        self.assertAllClose([r["forget_rate"] for r in rows], [0, 0.4], atol=1e-3)
        second = rows[-1]["second_test_accuracy"]
        self.assertEqual(summary["second_test_accuracy"], second)
        # After one epoch or the other they differ, as two networks do.
        self.assertNotEqual(
            [row["test_accuracy"] for row in rows],
            [row["second_test_accuracy"] for row in rows],
        )
        self.assertTrue([x for x in lines if "ce by co_teaching" in x])
        self.assertTrue([x for x in lines if f" and  {100 * second:5.2f} %" in x])
        self.assertIn("digits-ce-co_teaching-sym0.4", str(run.path))
        kept = keras.models.load_model(run.model)
        data = datasets.load("digits")
        right = np.argmax(kept.predict(data.test_images, verbose=0), 1)
        self.assertAllClose(
            np.mean(right == data.test_labels), summary["test_accuracy"], atol=1e-6
        )

    def test_noise_from_a_file(self):
        path = pathlib.Path(self.get_temp_dir()) / "rows.npy"
        np.save(path, noise.pairflip_matrix(10, 0.3))
        run = experiment.run(self.settled(noise=str(path)), lambda line: None)
        with np.load(run.labels) as labels:
            moved = (labels["given"] - labels["clean"]) % 10
        self.assertAllEqual(np.unique(moved), [0, 1])
        self.assertAllClose(run.summary()["noise_rate"], 0.3, atol=2e-3)

    def test_noise_by_a_map(self):
        run = experiment.run(
            self.settled(noise="asym", asym_map="3>5", rate=0.4), lambda line: None
        )
        with np.load(run.labels) as labels:
            wrong = labels["given"] != labels["clean"]
            self.assertAllEqual(np.unique(labels["clean"][wrong]), [3])
            self.assertAllEqual(np.unique(labels["given"][wrong]), [5])

    def test_imbalance_instance_noise_and_accuracy_by_class(self):
        settled = self.settled(
            imbalance="lt", noise="instance", rate=0.2, loss="gce_sr",
            balance="logit_adjustment",
        )  # fmt: skip
        run = experiment.run(settled, lambda line: None)
        with np.load(run.labels) as labels:
            self.assertEqual(np.bincount(labels["clean"])[9], 14)
            self.assertGreater(labels["index"].max(), len(labels["index"]))
            counts = np.bincount(labels["given"], minlength=10)
        model = keras.models.load_model(run.model)
        self.assertAllEqual(model.loss.loss.counts, counts)
        data = datasets.load("digits")
        right = model.predict(data.test_images, verbose=0).argmax(1) == data.test_labels
        for label, accuracy in enumerate(run.summary()["class_accuracy"].values()):
            expected = right[data.test_labels == label].mean()
            self.assertAllClose(accuracy, expected, atol=1e-6)

    def test_stages_are_told(self):
        lines = []
        run = experiment.run(
            self.settled(loss="nlnl", method="nlnl", stages="negative=1,"
                         "selective_positive=1"), lines.append,
        )  # fmt: skip
        stages = [row["stage"] for row in run.rows()]
        self.assertEqual(stages, ["negative", "selective_positive"])
        self.assertTrue([line for line in lines if "  selective_positive  " in line])

    def test_adam_under_mixed_float16(self):
        run = experiment.run(
            self.settled(method="co_teaching", precision="mixed_float16"),
            lambda line: None,
        )
        self.assertLen(run.rows(), 2)

    def test_matrix_that_was_cut(self):
        settled = self.settled(loss="forward", transition_matrix="known")
        run = experiment.run(settled, lambda line: None)
        run.transition_matrix.write_text("1,0\n")
        self.unfinish(run)
        with self.assertRaisesRegex(RunError, "transition_matrix.csv.*to start anew"):
            experiment.run(settled, lambda line: None)

    def test_config_holds_what_was_used(self):
        run = experiment.run(
            self.settled(
                method="co_teaching",
                loss="gce_sr",
                rate=0.4,
                lambda_schedule="geometric",
            ),
            lambda _: None,
        )
        used = run.config()
        self.assertAllClose(used["forget_rate_used"], 0.4, atol=1e-3)
        self.assertEqual(
            used["loss_parameters_used"], {"p": 0.1, "weight": 3.0, "q": 0.01}
        )

    def test_matrix_that_is_hard_to_trust(self):
        path = pathlib.Path(self.get_temp_dir()) / "flipped.csv"
        noise.write_matrix(path, noise.pairflip_matrix(10, 0.7))
        lines = []
        experiment.run(
            self.settled(loss="forward", transition_matrix=str(path)), lines.append
        )
        self.assertRegex(
            "\n".join(lines), "(?m)^warning: by the transition matrix, 10 of 10"
        )

    def test_matrix_is_estimated_once_and_kept(self):
        settled = self.settled(loss="forward", rate=0.3, estimation_epochs=3)
        lines = []
        run = experiment.run(settled, lines.append)
        matrix = noise.read_matrix(run.transition_matrix, 10)
        rate = 1 - np.mean(np.diag(matrix))
        self.assertBetween(rate, 0.15, 0.45)
        self.assertTrue([x for x in lines if "3 epochs of ce first" in x])
        self.assertTrue([x for x in lines if "estimated noise rate 0." in x])
        self.unfinish(run)
        again = []
        experiment.run(settled, again.append)
        self.assertFalse([x for x in again if x.startswith("estimat")])
        model = keras.models.load_model(run.model)
        self.assertAllClose(model.loss.matrix, matrix)

    def test_matrix_that_made_the_noise(self):
        settled = self.settled(
            loss="backward", rate=0.3, transition_matrix="known", noise="pairflip"
        )
        run = experiment.run(settled, lambda line: None)
        self.assertAllClose(
            noise.read_matrix(run.transition_matrix, 10),
            noise.pairflip_matrix(10, 0.3),
        )

    def test_matrix_from_a_file(self):
        path = pathlib.Path(self.get_temp_dir()) / "given.csv"
        noise.write_matrix(path, noise.symmetric_matrix(10, 0.25))
        settled = self.settled(loss="forward_sr", transition_matrix=str(path))
        run = experiment.run(settled, lambda line: None)
        loss = without_terms(keras.models.load_model(run.model).loss)
        self.assertAllClose(loss.matrix, noise.symmetric_matrix(10, 0.25))
        noise.write_matrix(path, noise.symmetric_matrix(3, 0.25))
        with self.assertRaisesRegex(InputError, "given.csv: expected a matrix of 10"):
            experiment.run(
                self.settled(loss="forward", transition_matrix=str(path)), print
            )

    def test_cut_after_training(self):
        """What is missing is written; no epoch is trained again."""
        settled = self.settled(loss="ce_sr", lambda_every=1)
        with (
            mock.patch("lnl_sr_tf.export.save", side_effect=OSError("full")),
            self.assertRaisesRegex(RunError, "had to stop: full; .* goes on"),
        ):
            experiment.run(settled, tell=lambda line: None)
        lines = []
        run = experiment.run(settled, tell=lines.append)
        self.assertTrue(run.finished())
        model = keras.models.load_model(run.model)
        self.assertEqual(float(model.loss.weight), run.rows()[-1]["lambda"])
        self.assertEqual(run.rows()[-1]["lambda"], 8.0)
        self.assertIn("going on after epoch 2", lines)
        self.assertFalse([line for line in lines if line.startswith("epoch")])

    def test_keeps_the_precision_it_began_with(self):
        """A run that moves to a machine where auto means something else goes on."""
        # Of the two 16-bit policies, the one that every processor computes.
        with mock.patch.object(precision, "resolve", return_value="mixed_float16"):
            run = experiment.run(self.settled(epochs=1), tell=lambda line: None)
        self.unfinish(run)
        with mock.patch.object(precision, "resolve", return_value="float32"):
            experiment.run(self.settled(epochs=1), tell=lambda line: None)
        self.assertEqual(run.config()["precision_used"], "mixed_float16")
        model = keras.models.load_model(run.model)
        self.assertEqual(model.get_layer("features").dtype_policy.name, "mixed_float16")

    def test_folder_that_cannot_be(self):
        settled = self.settled(output_dir="x" * 300)
        with self.assertRaisesRegex(RunError, "File name too long"):
            experiment.run(settled, tell=lambda line: None)

    @parameterized.parameters(
        (0.4, "0 s"),
        (89, "89 s"),
        (100, "2 min"),
        (5000, "83 min"),
        (7500, "2 h 05 min"),
    )
    def test_duration(self, seconds, expected):
        self.assertEqual(progress.duration(seconds), expected)


if __name__ == "__main__":
    tf.test.main()
