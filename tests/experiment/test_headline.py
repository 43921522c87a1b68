"""What a run says of itself before it is trained."""

import dataclasses
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, datasets
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.experiment.headline import headline
from lnl_sr_tf.runs.folder import RunFolder


class HeadlineTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters((1, "1 epoch, seed 1"), (2, "2 epochs, seed 1"))
    def test_number_of_epochs(self, epochs, words):
        made = mock.Mock(network="cnn_digits", policy="float32")
        settings = config.resolve({"loss": "ce", "epochs": epochs})
        data = datasets.load("digits")
        said = headline(settings, data, made, Devices(), RunFolder("runs/one"))
        self.assertIn(f"ce, cnn_digits, {words}, float32; runs/one", said)
        self.assertIn("(1437 to train, 360 to test), ", said)
        rows = MappedRows(np.zeros((1437, 64), np.float32))
        mapped = dataclasses.replace(data, train_images=rows)
        said = headline(settings, mapped, made, Devices(), RunFolder("runs/one"))
        self.assertIn("360 to test, read from their files as they are needed)", said)


if __name__ == "__main__":
    tf.test.main()
