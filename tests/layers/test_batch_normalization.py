"""The fused layer computes what Keras's computes."""

import functools

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient

from lnl_sr_tf.layers import FusedBatchNormalization
from lnl_sr_tf.training import precision


class FusedBatchNormalizationTest(tf.test.TestCase, parameterized.TestCase):
    def pair(self, shape, **options):
        made = []
        for kind in (FusedBatchNormalization, keras.layers.BatchNormalization):
            layer = kind(momentum=0.9, epsilon=1e-5, **options)
            layer.build((None, *shape[1:]))
            rng = np.random.default_rng(0)
            layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.weights])
            made.append(layer)
        return made

    def images(self, *shape):
        return np.random.default_rng(1).normal(2, 3, shape).astype(np.float32)

    @parameterized.product(channels=(3, 16), in_step=(True, False))
    def test_empty_batch(self, channels, in_step):
        fused, _ = self.pair((0, 5, 4, channels))
        before = [np.array(w) for w in fused.weights]
        call = functools.partial(fused, training=False)
        if in_step and keras.backend.backend() == "tensorflow":
            call = tf.function(
                call, input_signature=[tf.TensorSpec((None, 5, 4, channels))]
            )
        outputs = call(self.images(0, 5, 4, channels))
        self.assertEqual(tuple(outputs.shape), (0, 5, 4, channels))
        self.assertAllEqual(before[2], fused.weights[2])

    @parameterized.product(
        shape=((6, 5, 4, 3), (1, 2, 2, 7), (6, 5, 4, 16), (8, 12)),
        training=(True, False),
    )
    def test_as_keras(self, shape, training):
        fused, plain = self.pair(shape)
        images = self.images(*shape)
        weights = self.images(*shape)
        results = [
            value_and_gradient(
                lambda x, layer=layer: layer(x, training=training) * weights, images
            )
            for layer in (fused, plain)
        ]
        for one, other in zip(*results, strict=True):
            self.assertAllClose(one, other, rtol=1e-4, atol=1e-4)
        # A gradient of JAX's leaves variables as they are; a plain call moves them.
        for layer in (fused, plain):
            layer(images, training=training)
        for one, other in zip(fused.get_weights(), plain.get_weights(), strict=True):
            self.assertAllClose(one, other, rtol=1e-5)
        moved = not np.allclose(
            fused.get_weights()[2], self.pair(shape)[0].get_weights()[2]
        )
        self.assertEqual(moved, training)

    @parameterized.parameters(3, 16)
    def test_gradients_of_its_weights(self, channels):
        shape = (6, 5, 4, channels)
        fused, plain = self.pair(shape)
        images, weights = self.images(*shape), self.images(*shape)
        found = []
        for layer in (fused, plain):
            model = keras.Sequential([keras.Input(shape[1:]), layer])
            model.compile(
                keras.optimizers.SGD(0.01), loss=lambda y, z: keras.ops.sum(y * z)
            )
            model.fit(images, weights, batch_size=6, verbose=0)
            found.append(layer.get_weights())
        for one, other in zip(*found, strict=True):
            self.assertAllClose(one, other, rtol=1e-4, atol=1e-4)

    @parameterized.product(dtype=("bfloat16", "float16"), channels=(3, 16))
    def test_reduced_precision_keeps_statistics(self, dtype, channels):
        if dtype == "bfloat16" and precision.held_back():
            channels = 3  # which XLA compiles; TensorFlow itself has no such operation
        shape = (64, 5, 4, channels)
        fused, plain = self.pair(shape, dtype=f"mixed_{dtype}")
        images = self.images(*shape)
        outputs = [layer(images, training=True) for layer in (fused, plain)]
        self.assertEqual(keras.backend.standardize_dtype(outputs[0].dtype), dtype)
        one, other = (
            keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in outputs
        )
        self.assertAllClose(one, other, atol=0.06)
        for one, other in zip(fused.weights, plain.weights, strict=True):
            self.assertEqual(one.dtype, "float32")
            self.assertAllClose(one, other, rtol=2e-2)

    def test_frozen_and_saved(self):
        fused, _ = self.pair((6, 5, 4, 3))
        fused.trainable = False
        before = fused.get_weights()
        fused(self.images(6, 5, 4, 3), training=True)
        for one, other in zip(before, fused.get_weights(), strict=True):
            self.assertAllEqual(one, other)
        twin = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(fused)
        )
        self.assertIsInstance(twin, FusedBatchNormalization)
        self.assertEqual(twin.get_config(), fused.get_config())


if __name__ == "__main__":
    tf.test.main()
