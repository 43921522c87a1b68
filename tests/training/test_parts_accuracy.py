"""What is measured after each epoch beside the test set."""

import numpy as np
import tensorflow as tf
from helpers.quick_runs import quick_runs

import lnl_sr_tf as lnl
from lnl_sr_tf import config, experiment
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.training.callbacks import parts_accuracy


class MemorisationTest(tf.test.TestCase):
    def test_by_hand(self):
        true = np.array([0, 0, 1, 1, 2])
        given = np.array([0, 1, 1, 2, 0])
        predicted = np.array([0, 1, 0, 1, 1])
        self.assertAllClose(
            parts_accuracy.memorisation(predicted, given, true),
            {
                "clean_part_accuracy": 1 / 2,
                "wrong_part_given_accuracy": 1 / 3,
                "wrong_part_true_accuracy": 1 / 3,
            },
        )

    def test_without_wrong_labels(self):
        found = parts_accuracy.memorisation(np.zeros(2), np.zeros(2), np.zeros(2))
        self.assertEqual(found, {"clean_part_accuracy": 1.0})


class ValidationTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())

    def test_parts_are_apart_and_whole(self):
        data = lnl.datasets.load("digits")
        data = data.with_noise(lnl.noise.symmetric_matrix(10, 0.4), seed=1)
        made = data.with_validation(0.25, seed=3)
        kept = len(made.given_labels)
        self.assertEqual(kept + len(made.validation.labels), len(data.given_labels))
        self.assertAllEqual(made.train_images, data.train_images[made.index])
        self.assertAllEqual(made.given_labels, data.given_labels[made.index])
        out = np.setdiff1d(np.arange(len(data.given_labels)), made.index)
        self.assertAllEqual(made.validation.images, data.train_images[out])
        self.assertAllEqual(made.validation.labels, data.given_labels[out])
        again = data.with_validation(0.25, seed=3)
        self.assertAllEqual(again.index, made.index)

    def test_co_teaching_is_the_network_that_is_kept(self):
        settings = {"epochs": 1, "loss": "ce", "method": "co_teaching"}
        made = config.resolve(settings | {"output_dir": self.get_temp_dir()})
        folder = experiment.run(made, lambda line: None)
        run = FinishedRun(folder.path)
        predicted = run.probabilities(run.dataset.train_images).argmax(1)
        expected = parts_accuracy.memorisation(
            predicted, run.dataset.given_labels, run.dataset.clean_labels
        )
        for name, value in expected.items():
            self.assertAllClose(folder.rows()[0][name], value, msg=name)

    def test_a_run(self):
        """What was written is what the network that was kept says."""
        made = config.resolve(
            {
                "epochs": 3,
                "loss": "ce",
                "precision": "float32",
                "validation_share": 0.2,
                "output_dir": self.get_temp_dir(),
            }
        )
        folder = experiment.run(made, lambda line: None)
        run = FinishedRun(folder.path)
        data, last = run.dataset, folder.rows()[-1]
        predicted = run.probabilities(data.train_images).argmax(1)
        wrong = data.given_labels != data.clean_labels
        expected = parts_accuracy.memorisation(
            predicted, data.given_labels, data.clean_labels
        )
        for name, value in expected.items():
            self.assertAllClose(last[name], value, msg=name)
        self.assertBetween(wrong.mean(), 0.59, 0.61)
        of_validation = run.probabilities(data.validation.images).argmax(1)
        accuracy = np.mean(of_validation == data.validation.labels)
        self.assertAllClose(last["validation_accuracy"], accuracy)
        self.assertAllClose(folder.summary()["validation_accuracy"], accuracy)
        stored = np.load(folder.labels)
        self.assertLen(stored["given"], len(data.given_labels))


if __name__ == "__main__":
    tf.test.main()
