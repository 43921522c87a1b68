"""One process at a time in a run's folder."""

import json
import pathlib
import subprocess
import sys
from unittest import mock

import tensorflow as tf
from helpers.quick_runs import quick_runs
from helpers.shared_runs import copied_run

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import FolderInUse, RunError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.runs.lock import RunLock

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOLD = """
import sys
from lnl_sr_tf.runs.lock import RunLock
with RunLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


class RunLockTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.enterContext(quick_runs())
        self.folder = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]

    def holder(self, path):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.assertEqual(process.stdout.readline(), "held\n")
        return process

    def end(self, process, kill=False):
        if kill:
            process.kill()
        process.communicate("")

    def test_second_is_told_who_holds_it(self):
        process = self.holder(self.folder)
        message = f"trained by process {process.pid} on .* since 20.*; wait"
        with self.assertRaisesRegex(RunError, message), RunLock(self.folder):
            pass
        self.end(process)
        with RunLock(self.folder):
            pass

    def test_killed_holder_leaves_none(self):
        self.end(self.holder(self.folder), kill=True)
        self.assertTrue((self.folder / ".lock.json").is_file())
        with RunLock(self.folder):
            holder = json.loads((self.folder / ".lock.json").read_text())
            self.assertNotEqual(holder["process"], None)

    def test_holder_that_says_nothing(self):
        process = self.holder(self.folder)
        (self.folder / ".lock.json").write_text("{")
        with self.assertRaisesRegex(RunError, "another process"), RunLock(self.folder):
            pass
        self.end(process)

    def test_of_a_run(self):
        made = config.resolve({"epochs": 1, "output_dir": str(self.folder)})
        process = self.holder(self.folder / made.run_name)
        with self.assertRaisesRegex(RunError, f"trained by process {process.pid}"):
            experiment.run(made, lambda line: None)
        self.assertEqual(
            sorted(p.name for p in (self.folder / made.run_name).iterdir()),
            [".lock", ".lock.json"],
        )
        self.end(process, kill=True)
        self.assertTrue(experiment.run(made, lambda line: None).finished())
        self.assertFalse((self.folder / made.run_name / ".lock.json").exists())

    def test_finished_run_needs_none(self):
        run, made = copied_run(self.folder, loss="ce", epochs=2)
        process = self.holder(run.path)
        self.assertTrue(experiment.run(made, lambda line: None).finished())
        self.end(process)

    def test_two_start_at_once(self):
        """The folder is made by another between the look at it and the lock."""
        made = config.resolve({"epochs": 1, "output_dir": str(self.folder)})
        path = self.folder / made.run_name
        load = run_data.load

        def load_while_another_begins(*args):
            path.mkdir(parents=True)
            other = self.holder(path)
            self.addCleanup(self.end, other)
            return load(*args)

        with (
            mock.patch.object(run_data, "load", load_while_another_begins),
            self.assertRaisesRegex(FolderInUse, "is being trained by process"),
        ):
            experiment.run(made, lambda line: None)
        self.assertFalse((path / "config.json").exists())


if __name__ == "__main__":
    tf.test.main()
