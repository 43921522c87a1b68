"""The command that searches, on digits: results, interruptions, mistakes."""

import csv
import dataclasses
import importlib.util
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time
from unittest import mock

import pytest
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.command import call

pytest.importorskip("optuna", reason="Optuna is the extra tune")

from lnl_sr_tf import config
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.runs.folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = (
    "tune", "--dataset=digits", "--noise=sym", "--rate=0.4", "--epochs=2",
    "--batch_size=512", "--precision=float32", "--lambda_schedule=geometric",
    "--model=linear",
)  # fmt: skip


def trials(folder):
    """The rows of trials.csv, without what differs from time to time."""
    (path,) = folder.glob("tune-*/trials.csv")
    with open(path, newline="", encoding="utf-8") as file:
        return [row | {"seconds": None} for row in csv.DictReader(file)]


class SearchTest(tf.test.TestCase, parameterized.TestCase):
    """Searches that are really trained."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(bare_results())
        cls.out = pathlib.Path(tf.compat.v1.test.get_temp_dir()) / "tune"
        shutil.rmtree(cls.out, ignore_errors=True)
        cls.whole = cls.out / "whole"
        cls.flags = (*SMALL, "--loss=ce_sr", "--trials=2")
        cls.done = call(*cls.flags, f"--output_dir={cls.whole}")

    def test_what_it_tells_and_leaves(self):
        status, out, err = self.done
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"trial 1 of 2: ce_sr, λ0 4, p 0.1, τ 0.1 \(recipe\)\n")
        self.assertRegex(out, r"trial 1 of 2: validation .* ± .*; best so far .* left")
        self.assertRegex(out, r"trial 2 of 2: ce_sr, λ0 \S+, p \S+, τ \S+\n")
        self.assertIn("examples kept from training, by their given labels", out)
        self.assertIn("the true classes: 60.0 %", out)
        self.assertRegex(out, r"Chosen: trial \d, ")
        self.assertRegex(
            out, "In hindsight, by accuracy on the clean test set, .* regret"
        )
        self.assertNotIn("epoch 1/2", out)
        self.assertIn("epoch 1/2", err)
        (folder,) = self.whole.iterdir()
        rows = trials(self.whole)
        self.assertLen(rows, 2)
        for row in rows:
            summary = RunFolder(folder / row["run"]).summary()
            self.assertTrue(summary["finished"])
            value = float(row["validation_accuracy"])
            self.assertEqual(value, summary["validation_accuracy"])
            # 143 examples: 10 % of each class, as labels are given.
            error = (value * (1 - value) / 143) ** 0.5
            self.assertAlmostEqual(float(row["standard_error"]), error)

    def test_the_best_is_a_flagfile(self):
        (folder,) = self.whole.iterdir()
        best = max(trials(self.whole), key=lambda row: row["validation_accuracy"])
        record = RunFolder(folder / best["run"]).config()
        known = {name: record[name] for name in config.FIELDS}
        wanted = config.Config(**known | {"validation_share": None}).run_name
        for flags in (
            [f"--flagfile={folder / 'best.flags'}"],
            shlex.split(self.done[1].splitlines()[-1])[1:],
        ):
            status, out, err = call(*flags, "--dry_run")
            self.assertEqual(status, 0, err)
            self.assertStartsWith(out, wanted + ":")
            self.assertIn("1 runs", out)

    def test_killed_and_the_same_in_the_end(self):
        # Its first run is there already, so that the second is soon begun.
        out_dir = self.out / "cut"
        (run,) = self.whole.glob(f"tune-*/{trials(self.whole)[0]['run']}")
        shutil.copytree(run, out_dir / run.parent.name / run.name)
        process = subprocess.Popen(
            [sys.executable, "main.py", *self.flags, f"--output_dir={out_dir}"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        (other,) = out_dir.glob("tune-*")
        name = trials(self.whole)[1]["run"]
        while not list(other.glob(f"{name}/checkpoints/epoch_00001")):
            self.assertIsNone(process.poll(), "ended before it could be killed")
            time.sleep(0.01)
        process.kill()
        process.communicate()
        self.assertLen(trials(out_dir), 1)
        status, out, err = call(*self.flags, f"--output_dir={out_dir}")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"trial 2 of 2: ce_sr.*, which was cut off")
        self.assertNotIn("trial 1 of 2: ", out)
        self.assertEqual(trials(out_dir), trials(self.whole))

    def test_again_and_without_its_study(self):
        """A study that is damaged stays as it is, and is made anew from its runs."""
        out_dir = self.out / "again"
        shutil.copytree(self.whole, out_dir)
        flags = (*self.flags, f"--output_dir={out_dir}")
        end = self.done[1].replace(str(self.whole), str(out_dir)).splitlines()[-9:]
        status, out, err = call(*flags)
        self.assertEqual(status, 0)
        # What the data was taken for, and nothing of training.
        self.assertRegex(err, r"^digits: 10 classes .*\n$")
        self.assertEqual(err.count("\n"), 1)
        self.assertEqual(out.splitlines()[-9:], end)
        (path,) = out_dir.glob("tune-*/study.db")
        path.write_bytes(b"damaged" * 1000)
        status, out, err = call(*flags)
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, "study.db cannot be used .*move that file away; the")
        self.assertEqual(err.count("\n"), 2)
        self.assertEqual(path.read_bytes(), b"damaged" * 1000)
        path.unlink()
        status, out, err = call(*flags)
        self.assertEqual(status, 0)
        self.assertEqual(err.count(": already finished"), 2)
        self.assertEqual(out.splitlines()[-9:], end)


class InterruptedTest(tf.test.TestCase, parameterized.TestCase):
    """Searches whose runs are not trained: what comes of a run that ends otherwise."""

    def search(self, run, *flags):
        from lnl_sr_tf.tuning import search

        out_dir = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        with (
            mock.patch.object(
                search.experiment, "run", lambda made, say, devices: run(made, say)
            ),
            mock.patch.object(search.keras.utils, "clear_session"),  # it takes its time
        ):
            done = call(*SMALL, "--loss=ce,ce_sr", *flags, f"--output_dir={out_dir}")
        return *done, out_dir

    def run_of(self, made, labels="clean"):
        folder = RunFolder(pathlib.Path(made.output_dir) / made.run_name)
        folder.make()
        folder.write_summary(
            {
                "finished": True,
                "validation_accuracy": 0.3 if made.loss == "ce" else 0.6,
                "test_accuracy": None if labels == "held out" else 0.9,
                "test_labels": labels,
                "sparse_rate": 1.0,
                "seconds": 1.0,
            }
        )
        return folder

    def test_one_trial_without_a_number(self):
        def run(made, say):
            if made.loss == "ce":
                raise NotFinite("the loss became nan in epoch 1; less may help")
            return self.run_of(made)

        status, out, err, out_dir = self.search(run, "--trials=3")
        self.assertEqual(status, 0, err)
        states = [row["state"] for row in trials(out_dir)]
        self.assertEqual(states, ["failed", "complete", "complete"])
        self.assertIn("1 failed: ", out)
        self.assertIn("the loss became nan", trials(out_dir)[0]["reason"])

    def test_no_trial_with_a_number(self):
        def run(made, say):
            raise NotFinite("the loss became inf in epoch 1; it was 2.3 before")

        status, out, err, out_dir = self.search(
            run, "--loss=ce_sr", "--lambda0=4", "--p=0.1", "--tau=0.1", "--lr=1e30"
        )
        self.assertEqual(status, 1, err)
        self.assertRegex(out, "trial 1 of 1: failed: the loss became .* before\n$")
        self.assertRegex(err.splitlines()[-1], "none of 1 trials could be trained.*bec")
        self.assertEqual([row["state"] for row in trials(out_dir)], ["failed"])

    def test_another_problem_stops_it_and_it_goes_on(self):
        def full(made, say):
            raise RunError("cannot write: No space left on device")

        status, _, err, _ = self.search(full, "--trials=2")
        self.assertEqual(status, 1)
        self.assertRegex(err, "No space left")
        status, out, _, out_dir = self.search(
            lambda made, say: self.run_of(made), "--trials=2"
        )
        self.assertEqual(status, 0)
        self.assertIn("trial 1 of 2: ce (recipe), which was cut off", out)
        self.assertEqual([r["state"] for r in trials(out_dir)], ["complete"] * 2)

    @parameterized.parameters(signal.SIGTERM, signal.SIGINT)
    def test_signal(self, number):
        def run(made, say):
            if made.loss == "ce_sr":
                os.kill(os.getpid(), number)
                time.sleep(1)
            return self.run_of(made)

        before = signal.getsignal(signal.SIGTERM)
        status, _, err, out_dir = self.search(run, "--trials=3")
        self.assertEqual(status, 1)
        self.assertRegex(err, "interrupted; .*the same command goes on")
        self.assertLen(trials(out_dir), 1)
        self.assertEqual(signal.getsignal(signal.SIGTERM), before)
        status, out, _, _ = self.search(
            lambda made, say: self.run_of(made), "--trials=3"
        )
        self.assertEqual(status, 0)
        self.assertRegex(out, "trial 2 of 3: ce_sr, .*, which was cut off")

    def test_in_hindsight(self):
        def run(made, say):
            folder = self.run_of(made)
            summary = folder.summary()
            # Worst by clean labels where it is best by given ones.
            summary["test_accuracy"] = 1 - summary["validation_accuracy"]
            folder.write_summary(summary)
            return folder

        status, out, _, _ = self.search(run, "--trials=4")
        self.assertEqual(status, 0)
        self.assertIn("Chosen: trial 2, ce_sr, λ0 4, p 0.1, τ 0.1, 60.00 % ± 4.10", out)
        self.assertIn("2 others are within one standard error of it (trials 3, 4)", out)
        self.assertIn("40.00 %, and 70.00 % for the best of all, trial 1: a regret of "
                      "30.00 points", out)  # fmt: skip
        self.assertIn("(Spearman) of the criterion with it over 4 trials: -1.00", out)

    def test_data_that_has_changed(self):
        from lnl_sr_tf import datasets

        *_, out_dir = self.search(lambda made, say: self.run_of(made), "--trials=1")
        (first,) = out_dir.glob("tune-*")
        data = datasets.load("digits")
        data = dataclasses.replace(data, fingerprint="another")
        with mock.patch.object(datasets, "load", return_value=data):
            status, out, _, _ = self.search(
                lambda made, say: self.run_of(made), "--trials=2"
            )
        self.assertEqual(status, 0)
        self.assertRegex(out, "is of other data than there is now .digits., and stays")
        self.assertIn(f"{first}-", out)
        self.assertIn("0 trials are done, of 2 wanted", out)
        _, out, _, _ = self.search(self.fail, "--trials=1")
        self.assertIn(f"{first}/study.db: 1 trials are done", out)

    def test_without_clean_labels(self):
        status, out, _, _ = self.search(
            lambda made, say: self.run_of(made, "held out"), "--trials=2"
        )
        self.assertEqual(status, 0)
        self.assertIn("No clean test labels are known", out)


class MistakesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (("--trials=0",), "--trials=0: expected a whole number from 1"),
        (("--loss=ce,cee",), "--loss=cee: Unknown loss 'cee'. Did you mean 'ce'"),
        (("--seed=1,2",), "--seed=1,2: a search has one value"),
        (("--dataset=imagenet",), "unknown dataset 'imagenet'"),
        (("--validation_share=1.5",), "--validation_share=1.5: expected a number in"),
    )
    def test_one_line_and_nothing_left_behind(self, flags, message):
        out_dir = pathlib.Path(self.get_temp_dir()) / "mistakes"
        status, out, err = call("tune", *flags, f"--output_dir={out_dir}")
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)
        self.assertFalse(out_dir.exists())

    def test_without_optuna(self):
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            status, _, err = call("tune", "--dataset=digits")
        self.assertEqual(status, 2)
        self.assertRegex(err, r'Optuna.*pip install "lnl-sr-tf\[tune\]"')
        self.assertEqual(err.count("\n"), 1)

    def test_help(self):
        status, out, _ = call("tune", "--help")
        self.assertEqual(status, 0)
        self.assertIn("--trials", out)
        self.assertLess(max(map(len, out.splitlines())), 81)


if __name__ == "__main__":
    tf.test.main()
