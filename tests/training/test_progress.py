"""The line of an epoch."""

import pathlib

import tensorflow as tf

from lnl_sr_tf import config, datasets
from lnl_sr_tf.runs.folder import COLUMNS, RunFolder
from lnl_sr_tf.runs.lost_classes import LOST
from lnl_sr_tf.training.progress import Progress

ROW = dict.fromkeys(COLUMNS) | {
    "epoch": 1, "loss": 5731.9985, "accuracy": 0.5, "test_accuracy": 0.75,
    "sparse_rate": 0.5, "seconds": 1.0,
}  # fmt: skip


class ProgressTest(tf.test.TestCase):
    def line(self, row):
        folder = RunFolder(pathlib.Path(self.get_temp_dir()) / "run")
        folder.make()
        told = []
        made = config.resolve({"loss": "ce_sr"})
        Progress(made, folder, datasets.load("digits"), told.append)([row])
        self.assertLen(told, 1)
        self.summary = folder.summary()
        return told[0]

    def test_the_loss_without_its_norm_where_there_is_one(self):
        self.assertIn("  loss 5731.9985  test accuracy  75.00 %", self.line(ROW))
        found = self.line(ROW | {"fit_loss": 0.25, "lambda": 1024.0})
        self.assertIn("  fit loss   0.2500  test accuracy  75.00 %", found)
        self.assertNotIn("5731", found)

    def test_lost_classes_at_the_end_of_the_line(self):
        plain = self.line(ROW | {"lost_classes": 0, LOST: []})
        self.assertEqual(plain, self.line(ROW))
        found = self.line(ROW | {"lost_classes": 2, LOST: [3, 7]})
        self.assertEqual(found, f"{plain}  2 classes never predicted: 3, 7")
        self.assertEqual(self.summary["lost_classes"], ["3", "7"])

    def test_where_no_test_set_is_measured(self):
        """Then there is no summary, and no accuracy to tell."""
        row = ROW | {"test_accuracy": None, "fit_loss": 0.25}
        self.assertEqual(self.line(row), "epoch  1/60  fit loss   0.2500")
        self.assertIsNone(self.summary)


if __name__ == "__main__":
    tf.test.main()
