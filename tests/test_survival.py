"""A run that was killed ends as one that was not."""

import ctypes
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from helpers.bare_results import bare_results
from helpers.quick_runs import one_layer_networks, quick_runs
from helpers.worker_processes import SCRIPT

from lnl_sr_tf import config, experiment
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.callbacks.within_epoch import WithinEpoch

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = 8
SETTINGS = {"loss": "ce_sr", "epochs": EPOCHS, "lambda_every": 2}
# Of Linux, linux/prctl.h and linux/capability.h.
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def without_override():
    """Let permissions bind the superuser too, in the process that is to be started."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        for right in CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH:
            if libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


def state(run):
    """Every array of the last checkpoint, the optimiser's too."""
    with np.load(run.checkpoints / f"epoch_{EPOCHS:05d}" / "state.npz") as stored:
        return dict(stored)


class SurvivalTest(tf.test.TestCase):
    """Three processes, one after the other, as a run that is cut has them.

    The first is killed. The second can save nothing: it is asked for a run in a folder
    that nobody may write to, for the run that was killed, whose checkpoints nobody may
    write to, and for one whose files may not grow. The third goes on.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.root = pathlib.Path(held)
        cls.killed = cls.start_and_kill()
        cls.before = cls.saved()
        cls.found_finished = RunFolder(cls.killed).finished()
        cls.locked, cls.status, cls.told = cls.where_nothing_can_be_saved()
        cls.after = cls.saved()
        process = cls.start([sys.executable, str(SCRIPT), *cls.flags("cut")])
        cls.went_on, _ = process.communicate()
        assert process.returncode == 0, cls.went_on

    @classmethod
    def flags(cls, name):
        settings = SETTINGS | {"output_dir": cls.root / name}
        return [f"--{key}={value}" for key, value in settings.items()]

    @classmethod
    def start(cls, command, **options):
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, **options,
        )  # fmt: skip

    @classmethod
    def saved(cls):
        return sorted(p.name for p in (cls.killed / "checkpoints").glob("epoch_*"))

    @classmethod
    def start_and_kill(cls):
        """The run's folder after SIGKILL in or after epoch 4."""
        process = cls.start([sys.executable, "main.py", *cls.flags("cut")])
        while not list(cls.root.glob("cut/*/checkpoints/epoch_00003")):
            assert process.poll() is None, "ended before it could be killed"
            time.sleep(0.01)
        process.kill()
        process.communicate()
        (path,) = (cls.root / "cut").iterdir()
        return path

    @classmethod
    def where_nothing_can_be_saved(cls):
        """What lies in the locked folder; exit status; what each command told last."""

        def limit():
            without_override()
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        locked = cls.root / "locked"
        locked.mkdir()
        places = locked, cls.killed / "checkpoints"
        for place in places:
            place.chmod(0o555)
        command = [sys.executable, str(SCRIPT), *cls.flags("locked")]
        for name in ("cut", "full"):
            command += ["anyway", *cls.flags(name)]
        process = cls.start(command, preexec_fn=limit)
        out, _ = process.communicate()
        for place in places:
            place.chmod(0o755)
        told = out.replace("status 1\n", "\0").rstrip("\n").split("\0")
        return list(locked.iterdir()), process.returncode, told

    def go_on(self, name):
        """The same in this process, bare: it goes on, or is never cut."""
        made = config.resolve(SETTINGS | {"output_dir": str(self.root / name)})
        with bare_results(short=False):
            return experiment.run(made, lambda line: None)

    def told_by(self, number):
        """The last line of a command that could save nothing; each has status 1."""
        self.assertEqual(self.status, 1, self.told)
        self.assertLen(self.told, 3)
        return self.told[number].splitlines()[-1]

    def test_kill_9_then_resume(self):
        self.assertFalse(self.found_finished)
        self.assertRegex(self.went_on, r"going on after epoch [3-7]")
        cut, whole = RunFolder(self.killed), self.go_on("whole")
        ours, theirs = state(cut), state(whole)
        self.assertEqual(set(ours), set(theirs))
        model = keras.models.load_model(cut.model)
        self.assertGreater(len(ours), len(model.weights), "no optimiser")
        for name, array in theirs.items():
            self.assertTrue(np.array_equal(ours[name], array), name)

        def without_time(run):
            return [row | {"seconds": None} for row in run.rows()]

        self.assertEqual(without_time(cut), without_time(whole))
        self.assertTrue(cut.finished())

    def test_checkpoints_without_write_permission(self):
        """One line that says so, and the checkpoints stay as they are."""
        self.assertRegex(
            self.told_by(1),
            r"^lnl-sr: cannot write a checkpoint .*Permission denied.* is intact$",
        )
        self.assertEqual(self.after, self.before)

    def test_disk_full(self):
        """A file may not grow beyond a limit, as on a disk that is full."""
        last = self.told_by(2)
        self.assertRegex(last, "^lnl-sr: cannot write a checkpoint .*File too large")
        self.assertIn("nothing was saved before", last)
        with one_layer_networks():
            self.assertTrue(self.go_on("full").finished())

    def test_folder_without_write_permission(self):
        """Not even the superuser may write: the process lacks the right to pass by."""
        self.assertRegex(self.told_by(0), "^lnl-sr: cannot .*Permission denied")
        self.assertEmpty(self.locked)


class RemovedTest(tf.test.TestCase):
    def test_folder_is_removed(self):
        out_dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        begin = WithinEpoch.on_epoch_begin

        def remove(callback, epoch, logs=None):
            if epoch == 2:
                (path,) = out_dir.iterdir()
                path.rename(path.with_name("elsewhere"))
            begin(callback, epoch, logs)

        made = config.resolve(SETTINGS | {"output_dir": str(out_dir)})
        with (
            quick_runs(),
            mock.patch.object(WithinEpoch, "on_epoch_begin", remove),
            self.assertRaisesRegex(RunError, "^(.* was removed while|cannot write a)"),
        ):
            experiment.run(made, lambda line: None)
        self.assertFalse((out_dir / made.run_name).exists())


if __name__ == "__main__":
    tf.test.main()
