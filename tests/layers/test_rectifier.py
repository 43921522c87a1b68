"""The layer is a rectified linear unit, in its gradient too."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient

from lnl_sr_tf.layers import Rectifier


class RectifierTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("float32", "mixed_bfloat16", "mixed_float16")
    def test_as_keras(self, policy):
        x = np.random.default_rng(0).normal(size=(6, 5, 4, 3)).astype(np.float32)
        x[0] = 0.0
        weights = np.linspace(-1, 1, x.size).reshape(x.shape).astype(np.float32)
        found = []
        for layer in (Rectifier(dtype=policy), keras.layers.ReLU(dtype=policy)):

            def weighted(x, layer=layer):
                return keras.ops.cast(layer(x), "float32") * weights

            found.append(value_and_gradient(weighted, x))
        for one, other in zip(*found, strict=True):
            self.assertAllEqual(one, other)

    def test_in_a_model_of_any_batch(self):
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3), Rectifier(dtype="bfloat16")]
        )
        model.compile("sgd", "mse")
        x = np.ones((7, 4), np.float32)
        model.fit(x, np.zeros((7, 3)), batch_size=4, verbose=0)
        self.assertEqual(model.output_shape, (None, 3))
        twin = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(model.layers[-1])
        )
        self.assertIsInstance(twin, Rectifier)


if __name__ == "__main__":
    tf.test.main()
