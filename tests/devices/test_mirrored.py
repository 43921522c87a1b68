"""Several devices of one machine train as one does, each set in its own process."""

import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.worker_processes import (
    SMALL,
    finish,
    folders,
    made_images,
    start,
    state,
    stopped_and_resumed,
)

# By flags: what differs in how the replicas must work together.
CASES = {
    "losses": ["--loss=elr_sr,nlnl", "--flip=true", "--rotation=5"],
    "no_normalisation": ["--model=plain", "--loss=gce_sr"],
    # 301 examples: the last batch has one, fewer than there are devices.
    "one_left_over": ["--loss=ce", "--batch_size=60", "--mixup=0.4"],
    "co_teaching": ["--loss=ce", "--method=co_teaching"],
}
DEVICES = {2: ("losses", "co_teaching"), 4: ("no_normalisation", "one_left_over")}
# In the figures of training, a batch with fewer examples than devices counts more: here
# one example counts four times, which moves an accuracy of a third by three in 301.
LOOSE = {"one_left_over": 3e-2}


class MirroredTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        name = self.id().rpartition(".")[2].partition(" ")[0]
        self.folder = pathlib.Path(self.get_temp_dir()) / name
        self.folder.mkdir()

    def on(self, devices, cases):
        """The runs of cases on some devices, by case; 0 for one without a strategy."""
        flags = ["--distribute=none"]
        if devices:
            flags = ["--distribute=mirrored", f"--devices={devices}"]
        data = made_images(self.folder / "images.npz")
        places = {case: self.folder / f"{case}-{devices}" for case in cases}
        commands = []
        for case, place in places.items():
            commands += ["then", f"--dataset={data}", "--precision=float32"]
            commands += [*SMALL, *CASES[case], *flags, f"--output_dir={place}"]
        finish(start(self.folder, "--dry_run", *commands))
        return {case: folders(place) for case, place in places.items()}

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
                columns = ["loss", "accuracy", "test_loss", "sparse_rate"]
                if other["lambda"] is not None:
                    columns += ["fit_loss", "norm", "test_fit_loss", "test_norm"]
                for column in columns:
                    self.assertAllClose(
                        row[column], other[column], rtol, 1e-3 * rtol, column
                    )
                # An example on the border may go either way.
                tests = [one["test_accuracy"] for one in (row, other)]
                self.assertNear(*tests, 1.5 / 96)

    def test_as_one_device(self):
        theirs = self.on(0, CASES)
        for devices, cases in DEVICES.items():
            ours = self.on(devices, cases)
            for case in cases:
                with self.subTest(case):
                    loose = LOOSE.get(case, 1e-4)
                    self.assert_alike(ours[case], theirs[case], loose)
                    for one in ours[case].values():
                        used = one.config()["devices_used"]
                        self.assertEqual(used["replicas"], devices)
                        self.assertTrue(one.finished())

    def test_stopped_and_resumed(self):
        """The rest of an epoch, on as many devices, ends as the whole of it."""
        ours, theirs, told = stopped_and_resumed(
            self.folder,
            f"--dataset={made_images(self.folder / 'images.npz')}",
            *SMALL,
            *["--loss=ce_sr", "--epochs=4", "--distribute=mirrored", "--devices=2"],
        )
        self.assertIn("stopped by SIGTERM after", told[0])
        self.assertIn("going on after", told[1])
        wanted = state(theirs)
        for name, array in state(ours).items():
            self.assertAllEqual(array, wanted[name], name)

    @parameterized.parameters(
        (["--batch_size=1"], "--batch_size=1: expected at least 2"),
        (["--precision=mixed_float16"], "mixed_float16 does not go with several"),
    )
    def test_what_does_not_go(self, flags, words):
        out = finish(
            start(self.folder / "no", "--distribute=mirrored", "--devices=2", *flags),
            2,
        )
        self.assertIn(words, out)
        self.assertEqual(len(out.splitlines()), 1)


if __name__ == "__main__":
    tf.test.main()
