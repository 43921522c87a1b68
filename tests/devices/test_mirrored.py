"""Several devices of one machine train as one does, each number in its own process."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.worker_processes import (
    SMALL,
    finish,
    folders,
    made_images,
    run_here,
    start,
    state,
    stopped_and_resumed,
)

# By flags: what differs in how the replicas must work together.
CASES = {
    "losses": [
        "--loss=elr_sr,nlnl",
        "--prior_weight=5",
        "--flip=true",
        "--rotation=5",
    ],
    "no_normalisation": ["--model=plain", "--loss=gce_sr"],
    # 301 examples: the last batch has one, fewer than there are devices.
    "one_left_over": ["--loss=ce", "--batch_size=60", "--mixup=0.4"],
    "co_teaching": ["--loss=ce", "--method=co_teaching", "--prior_weight=5"],
}
DEVICES = {2: ("losses", "co_teaching"), 4: ("no_normalisation", "one_left_over")}
# In the figures of training, a batch with fewer examples than devices counts more: here
# one example counts four times, which moves an accuracy of a third by three in 301.
LOOSE = {"one_left_over": 3e-2}
# Done by the process with two devices at the end, one after the other.
REFUSED = {
    "--batch_size=1": "--batch_size=1: expected at least 2",
    "--precision=mixed_float16": "mixed_float16 does not go with several",
}


class MirroredTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        held = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.folder = pathlib.Path(held)
        cls.data = f"--dataset={made_images(cls.folder / 'images.npz')}"
        two = cls.start_on(2, DEVICES[2], REFUSED)
        cls.told = finish(two, 2)
        finish(cls.start_on(4, DEVICES[4]))

    @classmethod
    def start_on(cls, devices, cases, refused=()):
        """A process that does cases on some devices, and then what is refused."""
        flags = ["--distribute=mirrored", f"--devices={devices}"]
        commands = []
        for case in cases:
            place = cls.folder / f"{case}-{devices}"
            commands += ["then", cls.data, "--precision=float32", *SMALL]
            commands += [*CASES[case], *flags, f"--output_dir={place}"]
        for flag in refused:
            commands += ["anyway", *flags, flag, f"--output_dir={cls.folder / 'no'}"]
        return start(cls.folder, "--dry_run", *commands)

    def assert_alike(self, ours, theirs, rtol):
        self.assertEqual(set(ours), set(theirs))
        for name in theirs:
            found, wanted = state(ours[name]), state(theirs[name])
            self.assertEqual(set(found), set(wanted))
            for key, array in wanted.items():
                scale = 1.0 + np.abs(array.astype(np.float64)).max()
                self.assertAllClose(
                    found[key], array, 0.0, 1e-4 * scale, f"{name} {key}"
                )
            for row, other in zip(ours[name].rows(), theirs[name].rows(), strict=True):
                columns = [
                    "loss",
                    "accuracy",
                    "test_loss",
                    "sparse_rate",
                    "lost_classes",
                ]
                if other["lambda"] is not None:
                    columns += ["lambda", "fit_loss", "norm"]
                    columns += ["test_fit_loss", "test_norm"]
                if other["class_prior"] is not None:
                    columns += ["class_prior", "fit_loss"]
                for column in columns:
                    self.assertAllClose(
                        row[column], other[column], rtol, 1e-3 * rtol, column
                    )
                # An example on the border may go either way.
                tests = [one["test_accuracy"] for one in (row, other)]
                self.assertNear(*tests, 1.5 / 96)

    @parameterized.named_parameters(
        (case, devices, case) for devices, cases in DEVICES.items() for case in cases
    )
    def test_as_one_device(self, devices, case):
        ours = folders(self.folder / f"{case}-{devices}")
        theirs = run_here(self.folder / f"{case}-0", self.data, *SMALL, *CASES[case])
        self.assert_alike(ours, theirs, LOOSE.get(case, 1e-4))
        for one in ours.values():
            self.assertEqual(one.config()["devices_used"]["replicas"], devices)
            self.assertTrue(one.finished())

    def test_stopped_and_resumed(self):
        """The rest of an epoch, on as many devices, ends as the whole of it."""
        ours, theirs, told = stopped_and_resumed(
            self.folder,
            *[self.data, *SMALL, "--model=cnn_digits", "--loss=ce_sr", "--epochs=4"],
            *["--distribute=mirrored", "--devices=2"],
        )
        self.assertIn("stopped by SIGTERM after", told[0])
        self.assertIn("going on after", told[1])
        wanted = state(theirs)
        for name, array in state(ours).items():
            self.assertAllEqual(array, wanted[name], name)

    def test_what_does_not_go(self):
        """One line and status 2 each, the last that of the process."""
        lines = self.told.splitlines()
        told = lines[lines.index("status 0") + 1 :]
        first, second = REFUSED.values()
        self.assertLen(told, 3)
        self.assertIn(first, told[0])
        self.assertEqual(told[1], "status 2")
        self.assertIn(second, told[2])
        self.assertFalse((self.folder / "no").exists())


if __name__ == "__main__":
    tf.test.main()
