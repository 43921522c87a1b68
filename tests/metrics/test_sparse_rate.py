"""The sparse rate against its definition."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from keras.src.backend import set_keras_mask

from lnl_sr_tf.metrics import SparseRate


class SparseRateTest(tf.test.TestCase, parameterized.TestCase):
    def test_counts_over_batches(self):
        outputs = np.array([[0.995, 0.005], [0.98, 0.02], [0.5, 0.5], [0.001, 0.999]])
        metric = SparseRate()
        for batch in (outputs[:3], outputs[3:]):
            metric.update_state(np.zeros(len(batch)), np.log(batch))
        self.assertAllClose(metric.result(), 2 / 4)

    @parameterized.parameters((2, 2), (2, 1, 2), (1, 4))
    def test_sequences_and_maps(self, *shape):
        outputs = np.array([[0.995, 0.005], [0.98, 0.02], [0.5, 0.5], [0.001, 0.999]])
        metric = SparseRate(from_logits=False)
        metric.update_state(np.zeros(shape), outputs.reshape(*shape, 2))
        self.assertAllClose(metric.result(), 2 / 4)
        self.assertEqual(float(metric.total), 4)

    def test_masked_predictions_do_not_count(self):
        outputs = np.array([[[0.999, 0.001], [0.5, 0.5]], [[0.999, 0.001]] * 2])
        outputs = keras.ops.convert_to_tensor(outputs)
        set_keras_mask(
            outputs, keras.ops.convert_to_tensor([[True, True], [True, False]])
        )
        metric = SparseRate(from_logits=False)
        metric.update_state(np.zeros((2, 2)), outputs)
        self.assertAllClose(metric.result(), 2 / 3)

    @parameterized.parameters((0.01, 0.5), (0.05, 0.75), (0.6, 1.0))
    def test_tolerance_and_probabilities(self, tolerance, expected):
        outputs = np.array([[0.995, 0.005], [0.98, 0.02], [0.5, 0.5], [0.001, 0.999]])
        metric = SparseRate(tolerance, from_logits=False)
        metric.update_state(np.zeros(4), outputs)
        self.assertAllClose(metric.result(), expected)

    def test_empty_and_reset(self):
        metric = SparseRate()
        self.assertAllClose(metric.result(), 0.0)
        metric.update_state([0], [[9.0, 0.0]])
        metric.reset_state()
        self.assertAllClose(metric.result(), 0.0)

    def test_round_trip(self):
        metric = SparseRate(0.05, from_logits=False, name="rate")
        twin = keras.metrics.deserialize(keras.metrics.serialize(metric))
        self.assertEqual(twin.get_config(), metric.get_config())

    @parameterized.parameters(0, 1, -0.5)
    def test_errors(self, tolerance):
        with self.assertRaisesRegex(ValueError, f"Received: tolerance={tolerance}"):
            SparseRate(tolerance)


if __name__ == "__main__":
    tf.test.main()
