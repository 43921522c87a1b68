"""Run folders written by an earlier version: read by every command, and resumed.

`tests/data/kept_runs` holds, of `python main.py --loss=ce_sr`, what counts of a run of
three epochs that is finished and of one of nine epochs that was killed in the fifth;
its `resumed.csv` is the `metrics.csv` that the version of then made of it.
"""

import csv
import io
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from helpers.bare_results import bare_results
from helpers.command import call

from lnl_sr_tf import config, experiment
from lnl_sr_tf.experiment.finished_run import FinishedRun

KEPT = pathlib.Path(__file__).resolve().parents[1] / "data" / "kept_runs"
FINISHED = "digits-ce_sr-sym0.6-seed1-4354164d"
CUT = "digits-ce_sr-sym0.6-seed4-dd26954e"
# What was the default then, and is in no name and no `config.json` of then.
GEOMETRIC = {"loss": "ce_sr", "lambda_schedule": "geometric"}


class KeptRunsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.root = root / "runs"
        shutil.copytree(KEPT, self.root)

    def command(self, *arguments):
        status, out, err = call(*arguments)
        self.assertEqual(status, 0, err)
        return out

    def test_finished_run_is_what_its_settings_ask_for(self):
        made = config.resolve(GEOMETRIC | {"epochs": 3, "output_dir": str(self.root)})
        before = {p: p.read_bytes() for p in self.root.rglob("*") if p.is_file()}
        lines = []
        folder = experiment.run(made, lines.append)
        self.assertEqual(folder.path, self.root / FINISHED)
        self.assertEqual(lines, [f"{folder.path}: already finished"])
        after = {p: p.read_bytes() for p in self.root.rglob("*") if p.is_file()}
        self.assertEqual(before, after)

    def test_finished_run_is_read(self):
        run = FinishedRun(self.root / FINISHED)
        self.assertEqual(run.config.epochs, 3)
        self.assertEqual(run.config.lambda_schedule, "geometric")
        self.assertEqual(run.config.rho, 2.0)
        self.assertFalse(run.config.has_class_prior)
        self.assertEqual(run.rows[-1]["epoch"], 3)
        said = run.test_probabilities.argmax(axis=1)
        accuracy = np.mean(said == run.dataset.test_labels)
        # One of 360 images may be as likely to be of two classes.
        self.assertNear(accuracy, run.summary["test_accuracy"], 1.5 / 360)
        self.assertNear(run.dataset.noise_rate, run.summary["noise_rate"], 1e-12)

    def test_commands_on_a_finished_run(self):
        run = str(self.root / FINISHED)
        self.assertIn("noise rate", self.command("audit", run, "--nopage"))
        self.command("clean", run)
        self.assertTrue((self.root / FINISHED / "cleaned.npz").is_file())
        out = self.command(
            "table", "1", "--dataset=digits", "--loss=ce_sr", "--noise=sym",
            "--rate=0.6", "--epochs=3", "--seed=1", "--notrain", "--format=csv",
            "--lambda_schedule=geometric", f"--output_dir={self.root}",
        )  # fmt: skip
        (row,) = csv.DictReader(io.StringIO(out))
        self.assertEqual((row["method"], int(row["runs"])), ("CE+SR", 1))
        self.command("report", run)
        page = (self.root / FINISHED / "report.html").read_text("utf-8")
        self.assertIn(f"{100 * FinishedRun(run).summary['test_accuracy']:.2f}", page)

    def test_cut_run_goes_on_where_it_was_cut(self):
        self.enterContext(bare_results())
        made = config.resolve(
            GEOMETRIC | {"epochs": 9, "seed": 4, "output_dir": str(self.root)}
        )
        before = (self.root / CUT / "metrics.csv").read_text("utf-8").splitlines()
        lines = []
        folder = experiment.run(made, lines.append)
        self.assertEqual(folder.path, self.root / CUT)
        self.assertIn("going on after epoch 3", lines)
        self.assertTrue(folder.finished())
        after = folder.metrics.read_text("utf-8").splitlines()
        # Columns that came later are at the end, and empty.
        self.assertEqual(after[0], f"{before[0]},lost_classes")
        self.assertEqual(after[1:4], [f"{line}," for line in before[1:4]])
        self.assertEqual([row["lost_classes"] for row in folder.rows()[:3]], [None] * 3)
        with open(self.root / "resumed.csv", newline="", encoding="utf-8") as file:
            expected = list(csv.DictReader(file))
        for row, known in zip(folder.rows(), expected, strict=True):
            # On the same processor they are equal; on others rounding differs, and
            # grows from step to step.
            near = 1e-3 if row["epoch"] <= 5 else 0.05
            for name, text in known.items():
                if text and name != "seconds":
                    self.assertAllClose(
                        row[name], float(text), near, near, f"{name}, {row['epoch']}"
                    )


if __name__ == "__main__":
    tf.test.main()
