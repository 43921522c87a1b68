"""A run that was killed ends as one that was not."""

import ctypes
import os
import pathlib
import resource
import subprocess
import sys
import time

import keras
import numpy as np
import tensorflow as tf

from lnl_sr_tf.runs.folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = 8
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
    def start(self, name, **options):
        out_dir = pathlib.Path(self.get_temp_dir()) / name
        process = subprocess.Popen(
            [
                sys.executable, "main.py", "--loss=ce_sr", f"--epochs={EPOCHS}",
                "--lambda_every=2", f"--output_dir={out_dir}",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            **options,
        )  # fmt: skip
        return process, out_dir

    def finish(self, name):
        process, out_dir = self.start(name)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 0, out)
        (path,) = out_dir.iterdir()
        return RunFolder(path), out

    def start_and_kill(self, name):
        """The run's folder after SIGKILL in or after epoch 4."""
        process, out_dir = self.start(name)
        while not list(out_dir.glob("*/checkpoints/epoch_00003")):
            self.assertIsNone(process.poll(), "ended before it could be killed")
            time.sleep(0.01)
        process.kill()
        process.communicate()
        (path,) = out_dir.iterdir()
        return path

    def start_where_nothing_can_be_saved(self, name, checkpoints):
        """One line that says so, and the checkpoints stay as they are."""
        before = sorted(one.name for one in checkpoints.glob("epoch_*"))
        checkpoints.chmod(0o555)
        process, _ = self.start(name, preexec_fn=without_override)
        out, _ = process.communicate()
        checkpoints.chmod(0o755)
        self.assertEqual(process.returncode, 1, out)
        self.assertRegex(
            out.splitlines()[-1],
            r"^lnl-sr: cannot write a checkpoint .*Permission denied.* is intact$",
        )
        self.assertEqual(sorted(p.name for p in checkpoints.glob("epoch_*")), before)

    def test_kill_9_then_resume(self):
        path = self.start_and_kill("cut")
        self.assertFalse(RunFolder(path).finished())
        self.start_where_nothing_can_be_saved("cut", path / "checkpoints")
        cut, out = self.finish("cut")
        self.assertRegex(out, r"going on after epoch [3-7]")
        whole, _ = self.finish("whole")
        ours, theirs = state(cut), state(whole)
        self.assertEqual(set(ours), set(theirs))
        model = keras.models.load_model(whole.model)
        self.assertGreater(len(ours), len(model.weights), "no optimiser")
        for name, array in theirs.items():
            self.assertTrue(np.array_equal(ours[name], array), name)

        def without_time(run):
            return [row | {"seconds": None} for row in run.rows()]

        self.assertEqual(without_time(cut), without_time(whole))
        self.assertTrue(cut.finished())

    def test_disk_full(self):
        """A file may not grow beyond a limit, as on a disk that is full."""

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        process, _ = self.start("full", preexec_fn=limit)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 1, out)
        last = out.splitlines()[-1]
        self.assertRegex(last, "^lnl-sr: cannot write a checkpoint .*File too large")
        self.assertIn("nothing was saved before", last)
        run, _ = self.finish("full")
        self.assertTrue(run.finished())

    def test_folder_without_write_permission(self):
        """Not even the superuser may write: the process lacks the right to pass by."""
        folder = pathlib.Path(self.get_temp_dir()) / "locked"
        folder.mkdir()
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        process, _ = self.start("locked", preexec_fn=without_override)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 1, out)
        self.assertRegex(out.splitlines()[-1], "^lnl-sr: cannot .*Permission denied")
        self.assertEmpty(list(folder.iterdir()))

    def test_folder_is_removed(self):
        process, out_dir = self.start("removed")
        while not list(out_dir.glob("*/checkpoints/epoch_00001")):
            self.assertIsNone(process.poll(), "ended before it could be removed")
            time.sleep(0.01)
        (path,) = out_dir.iterdir()
        path.rename(path.with_name("elsewhere"))
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 1, out)
        self.assertRegex(
            out.splitlines()[-1], "^lnl-sr: (.* was removed while|cannot write a)"
        )
        self.assertFalse(path.exists())


if __name__ == "__main__":
    tf.test.main()
