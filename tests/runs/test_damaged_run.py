"""What happens when a run's folder is not as it was left."""

import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from helpers.quick_runs import quick_runs
from helpers.shared_runs import copied_run

from lnl_sr_tf import experiment
from lnl_sr_tf.errors import RunError


class DamagedRunTest(tf.test.TestCase):
    """Each test has its own copy of one finished run."""

    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def left(self):
        run, self.made = copied_run(self.root, loss="ce", epochs=2)
        return run

    def unfinish(self, run):
        run.write_summary(run.summary() | {"finished": False})

    def test_labels_are_not_the_same_any_more(self):
        run = self.left()
        self.unfinish(run)
        with np.load(run.labels) as stored:
            changed = dict(stored)
        changed["given"] = changed["given"][::-1]
        np.savez(run.labels, **changed)
        with self.assertRaisesRegex(RunError, "labels.npz holds other labels"):
            experiment.run(self.made, tell=lambda line: None)

    def test_labels_cannot_be_read(self):
        run = self.left()
        self.unfinish(run)
        run.labels.write_bytes(b"no archive")
        with self.assertRaisesRegex(RunError, "labels.npz cannot be read"):
            experiment.run(self.made, tell=lambda line: None)

    def test_metrics_are_gone(self):
        run = self.left()
        self.unfinish(run)
        run.metrics.unlink()
        with self.assertRaisesRegex(RunError, "holds 0 epochs and the checkpoint 2"):
            experiment.run(self.made, tell=lambda line: None)

    def test_checkpoints_are_gone(self):
        """Without a checkpoint the run starts anew, and says so by its epochs."""
        run = self.left()
        first = run.rows()
        self.unfinish(run)
        shutil.rmtree(run.checkpoints)
        experiment.run(self.made, tell=lambda line: None)
        self.assertEqual(
            [row["loss"] for row in run.rows()], [row["loss"] for row in first]
        )

    def test_unreadable_summary(self):
        run = self.left()
        for text in ("{", "[1]", '{"finished": true}', "\udcff"):
            (run.path / "summary.json").write_bytes(
                text.encode("utf-8", "surrogateescape")
            )
            with self.assertRaisesRegex(RunError, "summary.json cannot be read"):
                experiment.run(self.made, tell=lambda line: None)

    def test_unreadable_metrics(self):
        run = self.left()
        self.unfinish(run)
        text = run.metrics.read_text()
        for damaged in (text.replace("0.", "x."), "\udcff\udcfe"):
            run.metrics.write_bytes(damaged.encode("utf-8", "surrogateescape"))
            with self.assertRaisesRegex(RunError, "metrics.csv cannot be read|holds 0"):
                experiment.run(self.made, tell=lambda line: None)

    def test_finished_without_its_model_writes_it_again(self):
        run = self.left()
        run.model.unlink()
        experiment.run(self.made, tell=lambda line: None)
        self.assertTrue(run.model.is_file())


if __name__ == "__main__":
    tf.test.main()
