"""What a run says of itself before it is trained."""

from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, datasets
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


if __name__ == "__main__":
    tf.test.main()
