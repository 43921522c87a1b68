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
    run_here,
    start,
    state,
)

# Seconds until a process notices that the other is gone; a minute is promised.
PATIENCE = 60
LONG = ["--model=plain", "--loss=ce_sr", "--epochs=8"]
# By name, flags of runs that both processes do one after the other.
RUNS = {"two": ["--model=small,plain", "--loss=gce_sr"], "whole": LONG}


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
        both = cls.start_two(RUNS, first=True)
        cls.wait_for_epoch(1, both[0])
        both[1].terminate()
        cls.wait_for_epoch(4, both[0])
        both[1].kill()
        killed_at = time.monotonic()
        cls.told = [finish(both[0], 1), both[1].communicate()[0]]
        cls.seconds_to_end = time.monotonic() - killed_at

    @classmethod
    def start_two(cls, runs, first=False):
        """Two processes that do runs, by name, one after the other, and then `cut`.

        The first ones have a run with another learning rate on each before them, and
        `cut` twice: it is stopped, and what goes on from there is killed.
        """
        cluster = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
        both = []
        for task in range(2):
            flags = ["--distribute=multi_worker", f"--cluster={cluster}"]
            flags += ["--precision=float32", f"--task={task}"]
            commands = []
            if first:
                commands += [*cls.settings, "--model=plain", "--loss=ce", *flags]
                commands += [f"--lr={0.1 + task}", "anyway"]
            for name, own in runs.items():
                commands += [*cls.settings, *own, *flags]
                commands += [f"--output_dir={cls.folder / name}", "then"]
            cut = [*cls.settings, *LONG, *flags, f"--output_dir={cls.folder / 'cut'}"]
            commands += [*cut, "anyway", *cut] if first else cut
            both.append(start(cls.folder / "differ", *commands))
        return both

    @classmethod
    def wait_for_epoch(cls, number, one):
        while not list(cls.folder.glob(f"cut/*/checkpoints/epoch_{number:05d}")):
            assert one.poll() is None, f"ended too early: {one.communicate()[0]}"
            time.sleep(0.02)

    def test_as_one_process(self):
        told = [of_epochs(one)[: 6 + 8] for one in self.told]
        self.assertLen(told[0], 6 + 8)
        self.assertEqual(told[0], told[1])
        ours = folders(self.folder / "two")
        theirs = run_here(self.folder / "one", *self.settings, *RUNS["two"])
        self.assertEqual(set(ours), set(theirs))
        for name, one in ours.items():
            self.assertTrue(one.finished())
            self.assertEqual(one.config()["devices_used"]["workers"], 2)
            wanted = state(theirs[name])
            for key, array in state(one).items():
                scale = 1.0 + np.abs(wanted[key].astype(np.float64)).max()
                self.assertAllClose(array, wanted[key], 0.0, 1e-4 * scale, key)
            for row, other in zip(one.rows(), theirs[name].rows(), strict=True):
                self.assertAllClose(row["loss"], other["loss"], 1e-4, 0.0)
                self.assertEqual(row["lost_classes"], other["lost_classes"])

    def test_one_is_stopped_then_killed_and_both_go_on(self):
        # A connection that ends may be told of after what the command says last.
        told = [
            [line for line in one.splitlines() if line.startswith("lnl-sr: ")]
            for one in self.told
        ]
        self.assertRegex(told[0][1], "stopped by a signal to another machine after")
        self.assertRegex(told[1][1], "stopped by SIGTERM after")
        self.assertEqual(*(one[1].partition("after")[2] for one in told))
        self.assertIn("going on after", self.told[0])
        self.assertLess(self.seconds_to_end, PATIENCE)
        self.assertRegex(told[0][-1], "^lnl-sr: another machine .* gone")
        told = [finish(one) for one in self.start_two({})]
        self.assertIn("going on after", told[0])
        self.assertIn("going on after", told[1])
        (ours,) = folders(self.folder / "cut").values()
        (theirs,) = folders(self.folder / "whole").values()
        wanted = state(theirs)
        for name, array in state(ours).items():
            self.assertAllEqual(array, wanted[name], name)

    def test_other_settings_are_told_on_both(self):
        for one in self.told:
            lines = one.splitlines()
            self.assertRegex(
                lines[lines.index("status 1") - 1],
                "^lnl-sr: machines 1 have other settings or other data than machine 0",
            )


if __name__ == "__main__":
    tf.test.main()
