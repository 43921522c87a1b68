"""Several devices on JAX, where it is installed, train as one does."""

import pathlib

import tensorflow as tf
from helpers import extras
from helpers.worker_processes import (
    SMALL,
    finish,
    made_images,
    run,
    start,
    state,
    stopped_and_resumed,
)

ON_JAX = {"KERAS_BACKEND": "jax"}


class DataParallelTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "jax")
        name = self.id().rpartition(".")[2]
        self.folder = pathlib.Path(self.get_temp_dir()) / name
        self.folder.mkdir()

    def test_as_one_device(self):
        """The last of the batches, 45 examples, is no multiple of two."""
        data = f"--dataset={made_images(self.folder / 'images.npz')}"
        flags = ["--loss=gce_sr,elr", "--prior_weight=5"]
        two = ["--distribute=mirrored", "--devices=2"]
        ours = run(self.folder / "two", data, *SMALL, *flags, *two, **ON_JAX)
        theirs = run(self.folder / "one", data, *SMALL, *flags, **ON_JAX)
        self.assertEqual(set(ours), set(theirs))
        for name, one in ours.items():
            self.assertEqual(one.config()["devices_used"]["replicas"], 2)
            self.assertTrue(one.finished())
            wanted = state(theirs[name])
            for key, array in state(one).items():
                self.assertAllClose(array, wanted[key], 1e-4, 1e-4, f"{name} {key}")

    def test_stopped_and_resumed(self):
        ours, theirs, told = stopped_and_resumed(
            self.folder,
            f"--dataset={made_images(self.folder / 'images.npz')}",
            *SMALL,
            *["--loss=ce", "--epochs=4", "--distribute=mirrored", "--devices=2"],
            **ON_JAX,
        )
        self.assertIn("stopped by SIGTERM after", told[0])
        self.assertIn("going on after", told[1])
        wanted = state(theirs)
        for name, array in state(ours).items():
            self.assertAllEqual(array, wanted[name], name)

    def test_uneven_batches_are_refused(self):
        flags = ["--distribute=mirrored", "--devices=3", "--batch_size=64"]
        out = finish(start(self.folder / "no", *flags, **ON_JAX), 2)
        self.assertRegex(out, "--batch_size=64: expected a multiple of 3")
        flags = ["--distribute=mirrored", "--whole_epochs=yes"]
        out = finish(start(self.folder / "no", *flags, **ON_JAX), 2)
        self.assertRegex(out, "--whole_epochs=yes is for one device")


if __name__ == "__main__":
    tf.test.main()
