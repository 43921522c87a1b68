"""Tables, figures and reports by the command line, on runs that are really trained."""

import csv
import functools
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from unittest import mock

import sklearn.manifold
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.blank_figures import blank_figures
from helpers.command import call

from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.runs.folder import RunFolder

CURVES = run_figures.curves  # of all figures the one that a report draws again
ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = (
    "--dataset=digits", "--loss=ce,ce_sr", "--noise=none,sym", "--rate=0.4",
    "--epochs=2", "--precision=float32", "--model=linear",
)  # fmt: skip


class CommandsTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(bare_results())
        cls.enterClassContext(blank_figures())
        # As few steps as it can have: where the points lie is of no concern here.
        few_steps = functools.partial(sklearn.manifold.TSNE, max_iter=250)
        cls.enterClassContext(mock.patch.object(sklearn.manifold, "TSNE", few_steps))
        cls.out = pathlib.Path(cls.get_temp_dir(cls)) / "runs"
        cls.flags = (*SMALL, f"--output_dir={cls.out}")
        cls.trained = call("table", "1", *cls.flags, "--seed=1")

    def get_temp_dir(self):
        # Of the class, whose runs all tests look at.
        return os.path.join(tf.compat.v1.test.get_temp_dir(), "commands")

    def test_table(self):
        status, out, err = self.trained
        self.assertEqual(status, 0, err)
        self.assertIn("digits: accuracy on the clean test set", out)
        self.assertIn("4 of 4 runs are done.", out)
        self.assertNotIn("epoch 1/2", out)
        self.assertIn("epoch 1/2", err)

    def test_again_the_same_table_and_no_training(self):
        status, out, err = call("table", "1", *self.flags, "--seed=1")
        self.assertEqual((status, out, err), (0, self.trained[1], ""))

    def copied(self, name, *left_out):
        """A folder of the runs, without those whose names begin like this."""
        out_dir = pathlib.Path(self.get_temp_dir()) / name
        shutil.rmtree(out_dir, ignore_errors=True)
        for run in self.out.glob("digits-*"):
            if not run.name.startswith(left_out):
                shutil.copytree(run, out_dir / run.name)
        return out_dir

    def test_killed_and_the_same_table(self):
        # The rest is there already, so that the last is soon begun.
        out_dir = self.copied("killed", "digits-ce_sr-sym")
        flags = (*SMALL, "--seed=1", f"--output_dir={out_dir}")
        process = subprocess.Popen(
            [sys.executable, "main.py", "table", "1", *flags],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not list(out_dir.glob("digits-ce_sr-sym*/checkpoints/epoch_*")):
            self.assertIsNone(process.poll(), "ended before it could be killed")
            time.sleep(0.01)
        process.kill()
        process.communicate()
        (last,) = out_dir.glob("digits-ce_sr-sym*")
        self.assertFalse(RunFolder(last).finished(), "ended before it was killed")
        status, out, err = call("table", "1", *flags)
        self.assertEqual((status, out), (0, self.trained[1]), err)

    def test_gaps(self):
        out_dir = self.copied("gaps")
        (summary,) = out_dir.glob("digits-ce_sr-sym0.4-seed1-*/summary.json")
        text = summary.read_text().replace('"finished": true', '"finished": false')
        summary.write_text(text)
        flags = (*SMALL, f"--output_dir={out_dir}", "--seed=1", "--notrain")
        status, out, _ = call("table", "1", *flags, "--format=csv")
        self.assertEqual(status, 0)
        rows = list(csv.DictReader(io.StringIO(out)))
        found = {(r["method"], r["corruption"]): int(r["runs"]) for r in rows}
        self.assertEqual(found["CE+SR", "sym"], 0)
        self.assertEqual(found["CE", "sym"], 1)

    def test_dry_run(self):
        status, out, _ = call("table", "1", *self.flags, "--seed=1,3", "--dry_run")
        self.assertEqual(status, 0)
        self.assertIn("8 runs: 4 finished, 4 to be trained; one after the other", out)
        self.assertEmpty(list(self.out.glob("*seed3*")))

    def test_a_failed_run_leaves_the_others_and_a_gap(self):
        """What stands in the way of one run is told last, and the rest is done."""
        # The first of four is in the way, and the last is yet to be trained.
        first, last = "digits-ce-none", "digits-ce_sr-sym"
        out_dir = self.copied("failed", first, last)
        flags = (*SMALL, "--seed=1", f"--output_dir={out_dir}")
        (blocked,) = self.out.glob(f"{first}*")
        blocked = out_dir / blocked.name
        blocked.write_text("no folder")
        status, out, err = call("table", "1", *flags)
        self.assertEqual(status, 1)
        self.assertIn("3 of 4 runs are done.", out)
        self.assertRegex(err.splitlines()[-1], "1 of 4 could not go on.*File exists")
        blocked.unlink()
        status, out, _ = call("table", "1", *flags, "--dry_run")
        self.assertEqual(status, 0)
        self.assertIn("4 runs: 3 finished, 1 to be trained", out)

    @parameterized.parameters("1", "3", "5")
    def test_figures_of_the_paper(self, number):
        flags = (*self.flags, "--seed=1", "--notrain")
        status, out, err = call("figure", number, *flags)
        self.assertEqual(status, 0, err)
        png, svg = map(pathlib.Path, out.split())
        self.assertEqual(png, self.out / "figures" / f"figure_{number}-digits.png")
        self.assertTrue(png.is_file() and svg.is_file())

    @parameterized.parameters("confusion", "memorisation", "reliability", "transition")
    def test_figures_of_runs(self, name):
        (run,) = self.out.glob("digits-ce_sr-sym0.4-seed1-*")
        status, out, err = call("figure", name, str(run))
        self.assertEqual(status, 0, err)
        self.assertEqual(out.split()[0], str(run / "figures" / f"{name}.png"))
        self.assertTrue((run / "figures" / f"{name}.png").is_file())

    def test_report_of_several_paths(self):
        """A title of all of them would fill a screen."""
        runs = sorted(map(str, self.out.glob("digits-*")))[:2]
        folder = RunFolder(runs[1])
        before = folder.summary()
        self.addCleanup(folder.write_summary, before)
        folder.write_summary(before | {"lost_classes": ["3", "7"]})
        with mock.patch.object(run_figures, "curves", CURVES):
            status, out, err = call("report", *runs)
        self.assertEqual(status, 0, err)
        page = pathlib.Path(out.strip())
        text = page.read_text("utf-8")
        self.assertIn("<h1>Report of 2 runs</h1>", text)
        # Beside the other run, and at its own heading.
        told = re.findall('<p class="warning">(.*)</p>', text)
        self.assertLen(told, 2)
        self.assertIn("2 in digits, ", told[0])
        self.assertStartsWith(told[1], "2 classes never predicted: 3, 7: in the last")
        page.unlink()

    def test_report(self):
        with mock.patch.object(run_figures, "curves", CURVES):
            status, out, err = call("report", str(self.out))
        self.assertEqual(status, 0, err)
        page = pathlib.Path(out.strip()).read_text("utf-8")
        self.assertIn("4 runs, finished", page)
        self.assertIn("They differ in noise, rate, loss, ", page)
        self.assertIn("Theorem 3, computed from the outputs", page)
        # Four figures of a run with noise, and curves and two figures without.
        self.assertEqual(page.count("data:image/png"), 2 * 5 + 2 * 4)

    @parameterized.parameters(
        (("table",), "lnl-sr table NUMBER"),
        (("table", "9"), "table 9: the paper's are 1, 2, 3, 4, 5"),
        (("table", "1", "2"), "unexpected argument '2'"),
        (("table", "1", "--format=pdf"), "--format=pdf: expected one of text, mark"),
        (("tabel", "1"), "unexpected argument 'tabel'.*did you mean table?"),
        (("figure", "9"), "figure 9: expected one of 1, 2, 3, 4, 5, confusion"),
        (("figure", "3", "runs"), "unexpected argument 'runs': figure 3 finds its"),
        (
            ("figure", "confusion"),
            "missing argument; usage: lnl-sr figure confusion RUN",
        ),
        (("figure", "confusion", "nowhere"), "nowhere: there is no run"),
        (("report",), "lnl-sr report RUN_OR_FOLDER"),
        (("report", "nowhere"), "nowhere: there is no run"),
        (("report", "nowhere", "--rate=1.2"), "Unknown command line flag 'rate'"),
        (("figure", "confusion", "x", "--rate=1"), "--rate has no effect on figure c"),
        (("sweep", "--dry_run=perhaps"), "dry_run=perhaps"),
    )
    def test_mistakes(self, arguments, message):
        status, out, err = call(*arguments)
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)

    def test_an_unfinished_run(self):
        (run,) = self.out.glob("digits-ce-sym0.4-seed1-*")
        copy = pathlib.Path(self.get_temp_dir()) / "unfinished"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(run, copy)
        (copy / "model.keras").unlink()
        for command in (("figure", "confusion"), ("report",)):
            status, _, err = call(*command, str(copy))
            self.assertEqual(status, 2)
            self.assertIn("finished", err)

    @parameterized.parameters("sweep", "table", "figure", "report")
    def test_help(self, command):
        status, out, _ = call(command, "--help")
        self.assertEqual(status, 0)
        self.assertIn(f"usage: python main.py {command}".replace(" sweep", ""), out)
        self.assertLess(max(map(len, out.splitlines())), 100)


if __name__ == "__main__":
    tf.test.main()
