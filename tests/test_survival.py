"""A run that was killed ends as one that was not."""

import pathlib
import subprocess
import sys
import time

import h5py
import numpy as np
import tensorflow as tf

from lnl_sr_tf.run_folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS = 8


def weights(run):
    """Every array of the last checkpoint, the optimiser's too, by name."""
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]

    path = run.checkpoints / f"epoch_{EPOCHS:05d}" / "model.weights.h5"
    with h5py.File(path) as file:
        file.visititems(keep)
    return found


class SurvivalTest(tf.test.TestCase):
    def start(self, name):
        out_dir = pathlib.Path(self.get_temp_dir()) / name
        process = subprocess.Popen(
            [
                sys.executable, "main.py", "--loss=ce_sr", f"--epochs={EPOCHS}",
                "--lambda_every=2", f"--output_dir={out_dir}",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        return process, out_dir

    def finish(self, name):
        process, out_dir = self.start(name)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 0, out)
        (path,) = out_dir.iterdir()
        return RunFolder(path), out

    def test_kill_9_then_resume(self):
        process, out_dir = self.start("cut")
        while not list(out_dir.glob("*/checkpoints/epoch_00003")):
            self.assertIsNone(process.poll(), "ended before it could be killed")
            time.sleep(0.01)
        process.kill()
        process.communicate()
        (path,) = out_dir.iterdir()
        self.assertFalse(RunFolder(path).finished())
        cut, out = self.finish("cut")
        self.assertRegex(out, r"going on after epoch [3-7]")
        whole, _ = self.finish("whole")
        ours, theirs = weights(cut), weights(whole)
        self.assertEqual(set(ours), set(theirs))
        self.assertTrue(any(name.startswith("optimizer") for name in ours))
        for name, array in theirs.items():
            self.assertTrue(np.array_equal(ours[name], array), name)

        def without_time(run):
            return [row | {"seconds": None} for row in run.rows()]

        self.assertEqual(without_time(cut), without_time(whole))
        self.assertTrue(cut.finished())


if __name__ == "__main__":
    tf.test.main()
