"""Runs that do without a part of the examples, and what they say of it."""

import pathlib
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import arrays

QUICK = {"loss": "ce", "epochs": 1, "rate": 0.4, "precision": "float32"}


def read(path):
    """The arrays of an .npz by name."""
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


class FoldsTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(quick_runs())
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.runs = [cls.run_of(f"{part}/3") for part in (1, 2, 3)]

    @classmethod
    def run_of(cls, fold, name="runs", **settings):
        settings |= {"output_dir": cls.root / name, "fold": fold}
        return experiment.run(config.resolve(QUICK | settings), lambda line: None)

    def test_each_example_is_held_out_once(self):
        source = run_data.read(config.resolve(QUICK), "digits", None, lambda line: None)
        stored = [read(run.held_out) for run in self.runs]
        index = np.concatenate([part["index"] for part in stored])
        self.assertAllEqual(np.sort(index), np.arange(len(source.given_labels)))
        sizes = [len(part["index"]) for part in stored]
        self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_noise_is_the_same_for_all(self):
        """The labels that one run trained on are those that another held out."""
        labels = []
        for run in self.runs:
            part, trained = read(run.held_out), read(run.labels)
            self.assertEmpty(np.intersect1d(part["index"], trained["index"]))
            index = np.concatenate([part["index"], trained["index"]])
            given = np.concatenate([part["given"], trained["given"]])
            labels.append(given[np.argsort(index)])
        self.assertAllEqual(labels[0], labels[1])
        self.assertAllEqual(labels[0], labels[2])
        made = config.resolve(QUICK | {"output_dir": self.root / "all"})
        whole = experiment.run(made, lambda line: None)
        self.assertAllEqual(labels[0], read(whole.labels)["given"])
        self.assertFalse(whole.held_out.exists())
        self.assertNotIn("held_out", whole.summary())

    def test_outputs_are_those_of_the_network_that_is_kept(self):
        for run in self.runs:
            stored, again = read(run.held_out), FinishedRun(run.path)
            self.assertEqual(
                [stored[name].dtype for name in ("index", "given", "logits")],
                [np.int64, np.int64, np.float32],
            )
            fold = again.dataset.fold
            self.assertAllEqual(stored["index"], fold.index)
            self.assertAllEqual(stored["given"], fold.labels)
            logits = again.model.predict(fold.images, verbose=0)
            self.assertAllClose(stored["logits"], logits, rtol=1e-5, atol=1e-5)

    def test_what_is_held_out_does_not_count_in_training(self):
        """Nor does anything measured: the images may be anything."""

        def blackened(dataset, *arguments):
            made = with_fold(dataset, *arguments)
            made.fold.images[:] = 0
            made.fold.labels[:] = 0
            return made

        with_fold = run_data.datasets.Dataset.with_fold
        with mock.patch.object(run_data.datasets.Dataset, "with_fold", blackened):
            other = self.run_of("2/3", "black")
        ours, theirs = self.runs[1].rows(), other.rows()
        for row in (*ours, *theirs):
            del row["seconds"]
        self.assertEqual(ours, theirs)

    def test_a_finished_run_is_not_repeated(self):
        with mock.patch.object(arrays, "write_held_out", side_effect=AssertionError):
            self.assertTrue(self.run_of("1/3").finished())

    def test_outputs_that_are_gone_are_written_again(self):
        run = self.runs[2]
        before, rows = read(run.held_out), run.rows()
        run.held_out.unlink()
        self.assertFalse(run.finished())
        self.run_of("3/3")
        self.assertTrue(run.finished())
        self.assertEqual(run.rows(), rows)
        again = read(run.held_out)
        self.assertAllEqual(again["index"], before["index"])
        self.assertAllClose(again["logits"], before["logits"], rtol=1e-5, atol=1e-5)

    def test_beside_a_validation_share(self):
        run = self.run_of("1/4", validation_share=0.25)
        data = FinishedRun(run.path).dataset
        parts = [data.given_labels, data.fold.labels, data.validation.labels]
        self.assertEqual(sum(map(len, parts)), 1437)
        self.assertNear(len(parts[1]), 1437 * 0.75 / 4, 3)
        self.assertIsNotNone(run.rows()[0]["validation_accuracy"])
        self.assertLen(read(run.labels)["given"], len(data.given_labels))

    def test_cannot_be_written(self):
        run = self.runs[0]
        fold = FinishedRun(run.path).dataset.fold
        with (
            mock.patch.object(np, "savez_compressed", side_effect=OSError("full")),
            self.assertRaisesRegex(RunError, "cannot write .*held_out.npz: full"),
        ):
            arrays.write_held_out(np.zeros((len(fold.labels), 10)), fold, run)
        self.assertTrue(run.finished())

    def test_too_few_examples(self):
        path = self.root / "few.npz"
        images = np.zeros((12, 8, 8), np.uint8)
        images += np.arange(12, dtype=np.uint8)[:, None, None]
        labels = np.arange(12) % 2
        np.savez(
            path, x_train=images[:4], y_train=labels[:4],
            x_test=images[4:], y_test=labels[4:],
        )  # fmt: skip
        settings = {"dataset": path, "model": "cnn_digits", "rate": 0, "noise": "none"}
        with self.assertRaisesRegex(InputError, "fold 2/5 needs at least 5 training"):
            self.run_of("2/5", "few", **settings)
        self.assertFalse((self.root / "few").exists())


if __name__ == "__main__":
    tf.test.main()
