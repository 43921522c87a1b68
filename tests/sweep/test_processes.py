"""Runs in processes of this machine: the same runs, none twice, none lost."""

import io
import json
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
from helpers.played_child import Cast

from lnl_sr_tf import config, sweep
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import correction_matrix
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.lock import RunLock
from lnl_sr_tf.sweep import child, processes
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
        "loss": ["ce"], "seed": ["1", "2"], "epochs": 1, "precision": "float32",
        "model": "linear",
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

    def played(self, *parts, **more):
        """The runs of a sweep whose processes play these parts, and their `Cast`."""
        cast = Cast(*parts)
        with mock.patch.object(subprocess, "Popen", cast):
            try:
                return sweep.run(settings(self.folder) | more, self.lines.append), cast
            finally:
                self.started = cast.started

    def test_one_is_killed_and_starts_anew(self):
        ((_, folder),), cast = self.played("killed", "finished", seed=["1"])
        self.assertTrue(folder.finished())
        self.assertEqual(cast.started, ["killed", "finished"])
        self.assertTrue(any("its process ended with SIGKILL" in x for x in self.lines))

    def test_always_killed(self):
        with self.assertRaisesRegex(
            RunError, "1 of 1 could not go on.*SIGKILL.*last of 3 times"
        ):
            self.played("killed", seed=["1"])
        self.assertLen(self.started, 3)

    @parameterized.parameters(
        ({"cpus_per_run": 1000}, "--cpus_per_run=1000: this machine has"),
        ({"gpus_per_run": 1000}, "--gpus_per_run=1000: expected a share"),
    )
    def test_wrong_input(self, more, words):
        with self.assertRaisesRegex(InputError, words):
            self.played("finished", **more)
        self.assertEmpty(self.started)
        self.assertEmpty(list(self.folder.glob("*")))

    def test_wrong_input_of_a_process(self):
        """It is that of all others, too: what was not begun is not, nor tried again."""
        with (
            mock.patch.object(os, "sched_getaffinity", return_value=range(1)),
            self.assertRaisesRegex(InputError, "^as played$"),
        ):
            self.played("wrong input", "finished", seed=list("123456789"))
        # Another may begin before the first one's words are read.
        self.assertLess(len(self.started), 9)

    def test_one_that_fails_leaves_the_others(self):
        with self.assertRaisesRegex(RunError, "1 of 2 could not go on; the others are"):
            self.played("problem", "finished")
        self.assertEqual(self.started, ["problem", "finished"])
        self.assertTrue(any(x.endswith(": as played") for x in self.lines))
        self.assertLen(list(self.folder.glob("*/model.keras")), 1)

    def test_one_waits_for_a_folder(self):
        """Both losses want the same run of ce first, to estimate the matrix."""
        with mock.patch.object(processes, "_PAUSE", 0.01):
            runs, cast = self.played(
                "in use", "in use", "in use", "in use", "finished",
                loss=["forward", "backward"], seed=["1"],
                transition_matrix="estimated", estimation_epochs=2,
            )  # fmt: skip
        self.assertTrue(all(folder.finished() for _, folder in runs))
        # Four times are more than a process that is killed is started.
        self.assertEqual(cast.started.count("in use"), 4)
        waits = [line for line in self.lines if "waiting: as played" in line]
        self.assertBetween(len(waits), 1, 2, "each tells of it once")

    def test_stopped_by_sigterm(self):
        """Those that train are asked to save their work; the rest is not begun."""

        def tell(line):
            self.lines.append(line)
            if sum(line.endswith(": waits") for line in self.lines) == 2:
                os.kill(os.getpid(), signal.SIGTERM)

        cast = Cast("waits")
        with (
            mock.patch.object(subprocess, "Popen", cast),
            mock.patch.object(os, "sched_getaffinity", return_value=range(2)),
            self.assertRaisesRegex(RunError, "^stopped by SIGTERM; with resume on"),
        ):
            sweep.run(settings(self.folder, seed=["1", "2", "3"]), tell)
        self.assertLen(cast.started, 2)
        self.assertLen(list(self.folder.glob("*/saved")), 2)

    def test_stopped_by_ctrl_c(self):
        """It goes to all processes of a terminal; the child still saves."""
        process = subprocess.Popen(
            [
                sys.executable, "main.py", "--loss=ce", "--seed=1", "--epochs=200",
                "--model=linear",
                "--sweep_on=processes", "--cpus_per_run=1",
                f"--output_dir={self.folder}",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        while not list(self.folder.glob("*/checkpoints/epoch_*")):
            self.assertIsNone(process.poll(), "ended before it could be stopped")
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 1, out)
        self.assertIn("lnl-sr: stopped by SIGINT; with resume on", out)
        (path,) = self.folder.iterdir()
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

    def test_a_mistake_of_the_program_is_not_tried_again(self):
        with self.assertRaisesRegex(
            RunError, r"its process ended with 1 \(SystemError"
        ):
            self.played("mistake", seed=["1"])
        self.assertLen(self.started, 1)

    def test_results_elsewhere_are_missed(self):
        job = Job([config.resolve({"output_dir": str(self.folder)})], "1/1 x: ")
        outcome = processes.Outcome([job], self.lines.append)
        outcome.add(job, Result("", False, [str(self.folder / "none")]))
        with self.assertRaisesRegex(
            RunError, "is not here: all machines need the same"
        ):
            outcome.folders()


class ChildTest(tf.test.TestCase, parameterized.TestCase):
    """What comes of runs in the process of a child, which here is this one."""

    def setUp(self):
        super().setUp()
        name = self.id().rpartition(".")[2].partition(" ")[0]
        self.folder = pathlib.Path(self.get_temp_dir()) / name

    def result(self, **more):
        """What the process of one run leaves for the one that started it."""
        given = {"output_dir": str(self.folder), "epochs": 1} | more
        job = Job([config.resolve(given)], "1/1 x: ")
        file = self.folder.parent / f"{self.folder.name}.json"
        with (
            mock.patch.object(sys, "argv", ["child", str(file)]),
            mock.patch.object(sys, "stdin", io.StringIO(json.dumps(job.settings()))),
        ):
            child.main()
        return Result(*json.loads(file.read_text("utf-8")))

    @parameterized.parameters(
        ({"loss": "ces"}, "Unknown loss 'ces'"),
        ({"dataset": "no_such.npz"}, "no_such.npz"),
    )
    def test_wrong_input(self, more, words):
        found = self.result(**more)
        self.assertIn(words, found.problem)
        self.assertTrue(found.wrong_input)
        self.assertEmpty(list(self.folder.glob("*")))

    def test_folder_of_another_run(self):
        made = config.resolve({"output_dir": str(self.folder), "epochs": 1})
        RunFolder(self.folder / made.run_name).write_config({"seed": 7})
        found = self.result()
        self.assertIn(str(self.folder / made.run_name), found.problem)
        self.assertFalse(found.wrong_input or found.in_use)

    @parameterized.parameters(
        {"loss": "ce"}, {"loss": "forward", "transition_matrix": "estimated"}
    )
    def test_folder_in_use(self, **more):
        """That of the run itself, or of the one that estimates its matrix first."""
        made = config.resolve({"output_dir": str(self.folder), "epochs": 1} | more)
        if made.transition_matrix:
            folder = RunFolder(self.folder / made.run_name)
            made = correction_matrix.warm_up(made, folder, lambda line: None)
        with RunLock(self.folder / made.run_name):
            found = self.result(**more)
        self.assertTrue(found.in_use)
        self.assertRegex(found.problem, f"{made.run_name} is being trained by process")


if __name__ == "__main__":
    tf.test.main()
