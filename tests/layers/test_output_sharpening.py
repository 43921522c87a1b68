"""The sharpening layer against Eq. 7 and Eq. 10 of the paper."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient

from lnl_sr_tf.layers import OutputSharpening


class OutputSharpeningTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.logits = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")

    @parameterized.product(
        temperature=(0.1, 0.5, 1), normalize=(True, False), activation=(None, "softmax")
    )
    def test_formula(self, temperature, normalize, activation):
        layer = OutputSharpening(temperature, normalize, activation)
        expected = self.logits.astype("float64") / temperature
        if normalize:
            expected /= np.linalg.norm(self.logits, axis=1, keepdims=True)
        if activation:
            expected = np.exp(expected)
            expected /= expected.sum(axis=1, keepdims=True)
        self.assertAllClose(layer(self.logits), expected, rtol=1e-5)

    @parameterized.parameters(0.1, 0.5, 1.0)
    def test_equation_10(self, temperature):
        """∂σ_j / ∂z_i = σ_i (δ_ij − σ_j) / τ."""
        layer = OutputSharpening(temperature, normalize=False, activation="softmax")
        z = self.logits[:1]
        u = np.asarray(layer(z))[0]
        jacobian = [
            value_and_gradient(lambda x, j=j: layer(x)[0, j], z)[1][0] for j in range(5)
        ]
        self.assertAllClose(
            jacobian, (np.diag(u) - np.outer(u, u)) / temperature, rtol=1e-4, atol=1e-6
        )

    def test_largest_probability(self):
        """The bound of the docstring: what a perfect output of ten classes reaches."""
        layer = OutputSharpening(0.5, activation="softmax")
        best = layer(np.eye(10, dtype="float32")[:1] * 10 - 1)
        self.assertAllClose(np.max(best), 0.478, atol=5e-4)
        self.assertAllClose(
            np.max(best), 1 / (1 + 9 * np.exp(-np.sqrt(10 / 9) / 0.5)), rtol=1e-5
        )

    @parameterized.parameters(0.0, 1e-20, 1e4, 1e18)
    def test_any_scale_is_finite(self, scale):
        layer = OutputSharpening(0.1)
        layer.build((None, 5))
        value, gradient = value_and_gradient(
            lambda z: layer(z) ** 2, self.logits * np.float32(scale)
        )
        self.assertTrue(np.isfinite(value).all())
        self.assertTrue(np.isfinite(gradient).all())

    @parameterized.parameters((2, 4), (2, 2, 2))
    def test_sequences_and_maps(self, *shape):
        layer = OutputSharpening(0.3)
        expected = np.reshape(layer(self.logits), (*shape, 5))
        self.assertAllClose(layer(self.logits.reshape(*shape, 5)), expected)

    @parameterized.product(
        normalize=(True, False), activation=(None, "softmax"), shape=((8,), (2, 2, 2))
    )
    def test_class_that_cannot_be(self, normalize, activation, shape):
        """Sharpened as if it were not there; −inf, or probability 0, itself."""
        layer = OutputSharpening(0.3, normalize, activation)
        given = np.insert(self.logits, 2, -np.inf, axis=1).reshape(*shape, 6)
        finite = np.isfinite(given)
        value, gradient = value_and_gradient(
            lambda z: keras.ops.where(finite, layer(z), 0.0) ** 2, given
        )
        expected, slope = value_and_gradient(lambda z: layer(z) ** 2, self.logits)
        self.assertAllClose(value[finite], expected.ravel(), rtol=1e-5)
        self.assertAllClose(gradient[finite], slope.ravel(), rtol=1e-4, atol=1e-6)
        self.assertAllEqual(gradient[~finite], np.zeros(8))
        masked = np.asarray(layer(given))[~finite]
        self.assertAllEqual(masked, np.full(8, 0.0 if activation else -np.inf))

    def test_single_logit(self):
        with self.assertRaisesRegex(ValueError, "at least two classes"):
            OutputSharpening(0.5)(self.logits[:, :1])
        one = OutputSharpening(0.5, normalize=False)(self.logits[:, :1])
        self.assertAllClose(one, 2 * self.logits[:, :1])

    def test_computes_in_float32_under_mixed_precision(self):
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            outputs = OutputSharpening(0.1)(keras.ops.cast(self.logits, "bfloat16"))
        finally:
            keras.config.set_dtype_policy("float32")
        self.assertEqual(outputs.dtype, tf.float32)

    def test_round_trip_keeps_the_temperature_as_it_is(self):
        layer = OutputSharpening(0.5, normalize=False, activation="softmax")
        layer.temperature.assign(0.25)
        twin = keras.layers.deserialize(keras.layers.serialize(layer))
        self.assertEqual(twin.get_config(), layer.get_config())
        self.assertAllEqual(twin(self.logits), layer(self.logits))

    def test_temperature_is_no_weight_that_trains(self):
        self.assertEmpty(OutputSharpening(0.5).trainable_weights)

    @parameterized.parameters(
        ({"temperature": 0}, "finite number above 0. Received: temperature=0"),
        ({"temperature": float("nan")}, "above 0. Received: temperature=nan"),
        ({"temperature": float("inf")}, "Received: temperature=inf"),
        ({"temperature": "hot"}, "Received: temperature='hot'"),
        ({"temperature": 1, "activation": "relu"}, "Received: activation='relu'"),
    )
    def test_errors(self, arguments, message):
        with self.assertRaisesRegex(ValueError, message):
            OutputSharpening(**arguments)


if __name__ == "__main__":
    tf.test.main()
