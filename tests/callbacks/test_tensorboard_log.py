"""The figures that TensorBoard reads, also of a training in several calls of `fit`."""

import pathlib

import keras
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from lnl_sr_tf.callbacks import TensorBoardLog


class TensorBoardLogTest(tf.test.TestCase):
    def test_goes_on_in_the_same_file(self):
        folder = pathlib.Path(self.get_temp_dir()) / "tensorboard"
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", loss="mse")
        log = TensorBoardLog(folder)
        x, y = np.ones((4, 2)), np.ones((4, 1))
        for epoch in range(3):
            model.fit(
                x, y, initial_epoch=epoch, epochs=epoch + 1, verbose=0, callbacks=[log]
            )
        (path,) = (folder / "train").iterdir()
        events = list(EventFileLoader(str(path)).Load())
        self.assertLen([event for event in events if event.file_version], 1)
        steps = [event.step for event in events if event.summary.value]
        self.assertEqual(steps, [0, 1, 2])


if __name__ == "__main__":
    tf.test.main()
