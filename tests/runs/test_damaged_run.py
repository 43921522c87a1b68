"""What happens when a run's folder is not as it was left."""

import pathlib
import shutil

import numpy as np
import tensorflow as tf
from helpers.bare_results import bare_results

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder


class DamagedRunTest(tf.test.TestCase):
    """Each test has its own copy of one finished run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(bare_results())
        cls.root = pathlib.Path(tf.compat.v1.test.get_temp_dir()) / "damaged"
        shutil.rmtree(cls.root, ignore_errors=True)
        settled = config.resolve(cls.settings(cls, "whole"))
        cls.whole = experiment.run(settled, tell=lambda line: None)

    def settings(self, name):
        return {"loss": "ce", "epochs": 2, "output_dir": str(self.root / name)}

    def settled(self):
        return config.resolve(self.settings(self._testMethodName))

    def left(self):
        path = self.root / self._testMethodName / self.whole.path.name
        shutil.copytree(self.whole.path, path)
        return RunFolder(path)

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
            experiment.run(self.settled(), tell=lambda line: None)

    def test_labels_cannot_be_read(self):
        run = self.left()
        self.unfinish(run)
        run.labels.write_bytes(b"no archive")
        with self.assertRaisesRegex(RunError, "labels.npz cannot be read"):
            experiment.run(self.settled(), tell=lambda line: None)

    def test_metrics_are_gone(self):
        run = self.left()
        self.unfinish(run)
        run.metrics.unlink()
        with self.assertRaisesRegex(RunError, "holds 0 epochs and the checkpoint 2"):
            experiment.run(self.settled(), tell=lambda line: None)

    def test_checkpoints_are_gone(self):
        """Without a checkpoint the run starts anew, and says so by its epochs."""
        run = self.left()
        first = run.rows()
        self.unfinish(run)
        shutil.rmtree(run.checkpoints)
        experiment.run(self.settled(), tell=lambda line: None)
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
                experiment.run(self.settled(), tell=lambda line: None)

    def test_unreadable_metrics(self):
        run = self.left()
        self.unfinish(run)
        text = run.metrics.read_text()
        for damaged in (text.replace("0.", "x."), "\udcff\udcfe"):
            run.metrics.write_bytes(damaged.encode("utf-8", "surrogateescape"))
            with self.assertRaisesRegex(RunError, "metrics.csv cannot be read|holds 0"):
                experiment.run(self.settled(), tell=lambda line: None)

    def test_finished_without_its_model_writes_it_again(self):
        run = self.left()
        run.model.unlink()
        experiment.run(self.settled(), tell=lambda line: None)
        self.assertTrue(run.model.is_file())


if __name__ == "__main__":
    tf.test.main()
