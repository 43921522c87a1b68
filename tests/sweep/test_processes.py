"""Runs in processes of this machine: the same runs, none twice, none lost."""

import os
import pathlib
import signal
import subprocess
import sys
import time
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results

from lnl_sr_tf import config, sweep
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep import processes
from lnl_sr_tf.sweep.job import Job, Result

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BARE = ROOT / "tests" / "helpers" / "bare_child.py"
POPEN = subprocess.Popen


def bare(command, **kwargs):
    """A process of a run, which leaves out what has tests of its own."""
    if command[1:3] == ["-m", "lnl_sr_tf.sweep.child"]:
        command = [command[0], str(BARE), *command[3:]]
    return POPEN(command, **kwargs)


def settings(folder, **more):
    return {
        "loss": ["ce"], "seed": ["1", "2"], "epochs": 2, "precision": "float32",
        "sweep_on": "processes", "cpus_per_run": 1, "output_dir": str(folder),
    } | more  # fmt: skip


class ProcessesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        name = self.id().rpartition(".")[2].partition(" ")[0]
        self.folder = pathlib.Path(self.get_temp_dir()) / name
        self.lines = []
        self.enterContext(bare_results())
        self.enterContext(mock.patch.object(subprocess, "Popen", bare))

    def test_as_here(self):
        run = sweep.run(settings(self.folder / "two"), self.lines.append)
        self.assertLen(run, 2)
        for number, (_, folder) in enumerate(run, 1):
            self.assertTrue(folder.finished())
            self.assertTrue(
                any(line.startswith(f"{number}/2 ce, sym 0.6") for line in self.lines)
            )
        self.assertIn("Accuracy on the clean test set:", self.lines)
        here = settings(self.folder / "here", sweep_on="here")
        del here["cpus_per_run"]
        for (_, ours), (_, theirs) in zip(run, sweep.run(here, print), strict=True):
            self.assertEqual(ours.path.name, theirs.path.name)
            # Sums on one processor round otherwise than on two.
            self.assertNear(ours.rows()[0]["loss"], theirs.rows()[0]["loss"], 1e-3)
        with mock.patch.object(subprocess, "Popen", side_effect=AssertionError):
            again = sweep.run(settings(self.folder / "two"), self.lines.append)
        self.assertEqual([f.path for _, f in again], [f.path for _, f in run])
        self.assertIn("1/2 ce, sym 0.6, seed 1: already finished", self.lines)

    def test_one_is_killed_and_starts_anew(self):
        popen, killed = subprocess.Popen, []

        def popen_and_kill(*args, **kwargs):
            process = popen(*args, **kwargs)
            if not killed:
                killed.append(process)
                process.kill()
            return process

        with mock.patch.object(subprocess, "Popen", popen_and_kill):
            ((_, folder),) = sweep.run(
                settings(self.folder, seed=["1"]), self.lines.append
            )
        self.assertTrue(folder.finished())
        self.assertTrue(any("its process ended with SIGKILL" in x for x in self.lines))

    def test_always_killed(self):
        popen = subprocess.Popen

        def popen_and_kill(*args, **kwargs):
            process = popen(*args, **kwargs)
            process.kill()
            return process

        with (
            mock.patch.object(subprocess, "Popen", popen_and_kill),
            self.assertRaisesRegex(
                RunError, "1 of 1 could not go on.*SIGKILL.*last of 3 times"
            ),
        ):
            sweep.run(settings(self.folder, seed=["1"]), self.lines.append)

    @parameterized.parameters(
        ({"loss": ["ces"]}, "--loss=ces|unknown loss"),
        ({"cpus_per_run": 1000}, "--cpus_per_run=1000: this machine has"),
        ({"gpus_per_run": 1000}, "--gpus_per_run=1000: expected a share"),
        ({"dataset": "no_such.npz"}, "no_such.npz"),
    )
    def test_wrong_input(self, more, words):
        with self.assertRaisesRegex(InputError, words):
            sweep.run(settings(self.folder) | more, self.lines.append)
        self.assertEmpty(list(self.folder.glob("*")))

    def test_one_that_fails_leaves_the_others(self):
        made = config.grid(settings(self.folder))
        broken = RunFolder(self.folder / made[0].run_name)
        broken.write_config({"seed": 7})
        with self.assertRaisesRegex(RunError, "1 of 2 could not go on; the others are"):
            sweep.run(settings(self.folder), self.lines.append)
        self.assertTrue(RunFolder(self.folder / made[1].run_name).finished())

    @parameterized.parameters(signal.SIGTERM, signal.SIGINT)
    def test_stopped(self, number):
        """Ctrl-C goes to all processes of a terminal; each child still saves."""
        process = subprocess.Popen(
            [
                sys.executable, "main.py", "--loss=ce", "--seed=1,2", "--epochs=200",
                "--sweep_on=processes", "--cpus_per_run=1",
                f"--output_dir={self.folder}",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        while not list(self.folder.glob("*/checkpoints/epoch_*")):
            self.assertIsNone(process.poll(), "ended before it could be stopped")
            time.sleep(0.05)
        os.killpg(process.pid, number)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 1, out)
        name = signal.Signals(number).name
        self.assertIn(f"lnl-sr: stopped by {name}; with resume on", out)
        for path in self.folder.iterdir():
            self.assertFalse((path / ".lock.json").exists(), "it goes on")

    @parameterized.parameters(
        (None, ["0", "1", "2"]),
        (0.5, ["0", "0", "1", "1"]),
        (0.4, ["0", "0", "1", "1"]),
        (1.0, ["0", "1", "2"]),
        (2.0, ["0,1"]),
        (0.0, ["-1"] * 4),
    )
    def test_who_gets_which_gpus(self, gpus, wanted):
        given = settings(self.folder, loss="ce", seed=1, cpus_per_run=2)
        if gpus is not None:
            given["gpus_per_run"] = gpus
        with (
            mock.patch.object(os, "sched_getaffinity", return_value=range(8)),
            mock.patch.object(processes, "_gpus", return_value=["0", "1", "2"]),
        ):
            slots = processes._slots(config.resolve(given))
        self.assertEqual([slot["CUDA_VISIBLE_DEVICES"] for slot in slots], wanted)

    @parameterized.parameters(
        ("1", ["1"]), ("0,1,11", ["0", "1", "11"]), ("-1", []), ("", [])
    )
    def test_visible_gpus(self, visible, wanted):
        with mock.patch.dict(os.environ, {"CUDA_VISIBLE_DEVICES": visible}):
            self.assertEqual(processes._gpus(), wanted)

    def test_one_waits_for_a_folder(self):
        """Both losses want the same run of ce first, to estimate the matrix."""
        run = sweep.run(
            settings(
                self.folder, loss=["forward", "backward"], seed=["1"],
                transition_matrix="estimated", estimation_epochs=2,
            ),
            self.lines.append,
        )  # fmt: skip
        self.assertTrue(all(folder.finished() for _, folder in run))

    def test_a_mistake_of_the_program_is_not_tried_again(self):
        popen, started = subprocess.Popen, []

        def popen_and_break(command, **kwargs):
            started.append(command)
            return popen([command[0], "-c", "raise SystemError(7)"], **kwargs)

        with (
            mock.patch.object(subprocess, "Popen", popen_and_break),
            self.assertRaisesRegex(RunError, r"its process ended with 1 \(SystemError"),
        ):
            sweep.run(settings(self.folder, seed=["1"]), self.lines.append)
        self.assertLen(started, 1)

    def test_results_elsewhere_are_missed(self):
        job = Job([config.resolve({"output_dir": str(self.folder)})], "1/1 x: ")
        outcome = processes.Outcome([job], self.lines.append)
        outcome.add(job, Result("", False, [str(self.folder / "none")]))
        with self.assertRaisesRegex(
            RunError, "is not here: all machines need the same"
        ):
            outcome.folders()


if __name__ == "__main__":
    tf.test.main()
