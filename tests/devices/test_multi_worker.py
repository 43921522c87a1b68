"""Two processes of this machine train as one does, and neither outlives the other."""

import pathlib
import tempfile
import time

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.worker_processes import (
    SMALL,
    finish,
    folders,
    free_ports,
    made_images,
    run,
    start,
    state,
)

# Seconds until a process notices that the other is gone; a minute is promised.
PATIENCE = 60
# By name, flags of runs that both processes do one after the other.
RUNS = {
    "two": ["--model=cnn_digits,plain", "--loss=gce_sr"],
    "whole": ["--model=plain", "--loss=ce_sr", "--epochs=12"],
}
# How near the weights must be: batch normalisation enlarges what rounding does where a
# rectifier switches.
NETWORKS = {"cnn_digits": 3e-3, "plain": 1e-4}


def of_epochs(told):
    """What was told of each epoch, but for the time."""
    lines = [line for line in told.splitlines() if line.startswith("epoch")]
    return [line.rpartition("  ")[0] for line in lines]


class MultiWorkerTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = tempfile.TemporaryDirectory()
        cls.addClassCleanup(held.cleanup)
        cls.folder = pathlib.Path(held.name)
        cls.settings = [f"--dataset={made_images(cls.folder / 'images.npz')}"]
        cls.settings += [*SMALL, "--epochs=3"]
        cls.told = [finish(one) for one in cls.start_two(RUNS)]

    @classmethod
    def start_two(cls, runs):
        """Two processes that do runs, by name, one after the other."""
        cluster = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
        both = []
        for task in range(2):
            flags = ["--distribute=multi_worker", f"--cluster={cluster}"]
            commands = []
            for name, own in runs.items():
                commands += ["then"] if commands else []
                commands += ["--precision=float32", *cls.settings, *own, *flags]
                commands += [f"--task={task}", f"--output_dir={cls.folder / name}"]
            both.append(start(cls.folder, *commands))
        return both

    def test_as_one_process(self):
        told = [of_epochs(one) for one in self.told]
        self.assertLen(told[0], 6 + 12)
        self.assertEqual(told[0], told[1])
        ours = folders(self.folder / "two")
        theirs = run(
            self.folder / "one", *self.settings, *RUNS["two"], "--distribute=none"
        )
        self.assertEqual(set(ours), set(theirs))
        for name, one in ours.items():
            self.assertTrue(one.finished())
            self.assertEqual(one.config()["devices_used"]["workers"], 2)
            atol = NETWORKS[one.config()["model"]]
            wanted = state(theirs[name])
            for key, array in state(one).items():
                scale = 1.0 + np.abs(wanted[key].astype(np.float64)).max()
                self.assertAllClose(array, wanted[key], 0.0, atol * scale, key)
            for row, other in zip(one.rows(), theirs[name].rows(), strict=True):
                self.assertAllClose(row["loss"], other["loss"], 1e-4, 0.0)

    def wait_for_epoch(self, number, one):
        while not list(self.folder.glob(f"cut/*/checkpoints/epoch_{number:05d}")):
            self.assertIsNone(one.poll(), "ended before it could be stopped")
            time.sleep(0.02)

    def test_one_is_stopped_then_killed_and_both_go_on(self):
        runs = {"cut": RUNS["whole"]}
        both = self.start_two(runs)
        self.wait_for_epoch(1, both[0])
        both[1].terminate()
        told = [finish(one, 1).splitlines()[-1] for one in both]
        self.assertRegex(told[0], "stopped by a signal to another machine after")
        self.assertRegex(told[1], "stopped by SIGTERM after")
        self.assertEqual(told[0].partition("after")[2], told[1].partition("after")[2])
        both = self.start_two(runs)
        self.wait_for_epoch(6, both[0])
        both[1].kill()
        both[1].communicate()
        start_of_end = time.monotonic()
        out = finish(both[0], 1)
        self.assertLess(time.monotonic() - start_of_end, PATIENCE)
        self.assertRegex(out.splitlines()[-1], "^lnl-sr: another machine .* gone")
        told = [finish(one) for one in self.start_two(runs)]
        self.assertIn("going on after", told[0])
        self.assertIn("going on after", told[1])
        (ours,) = folders(self.folder / "cut").values()
        (theirs,) = folders(self.folder / "whole").values()
        wanted = state(theirs)
        for name, array in state(ours).items():
            self.assertAllEqual(array, wanted[name], name)

    def test_other_settings_are_told_on_both(self):
        cluster = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
        both = [
            start(
                self.folder / "runs", *self.settings, "--model=plain", "--loss=ce",
                "--distribute=multi_worker", f"--cluster={cluster}", f"--task={task}",
                f"--lr={0.1 + task}",
            )
            for task in range(2)
        ]  # fmt: skip
        for one in both:
            self.assertRegex(
                finish(one, 1).splitlines()[-1],
                "^lnl-sr: machines 1 have other settings or other data than machine 0",
            )


if __name__ == "__main__":
    tf.test.main()
