"""The networks: shapes, sizes, initial weights."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import models
from lnl_sr_tf.errors import InputError

# Name, image, classes, width of the features.
TABLE = (
    ("cnn_digits", (8, 8, 1), 10, 128),
    ("cnn_mnist", (28, 28, 1), 10, 128),
    ("cnn_cifar", (32, 32, 3), 10, 256),
    ("resnet18", (32, 32, 3), 10, 512),
    ("resnet34", (32, 32, 3), 100, 512),
    ("resnet50", (224, 224, 3), 1000, 2048),
    ("linear", (64,), 10, 64),
    ("mlp", (8, 8, 1), 10, 256),
)


def by_hand(convolutions, channels, dense_in, width, classes):
    """Weights, biases, and two of batch normalisation for each unit."""
    count = 0
    for filters in convolutions:
        count += channels * 9 * filters + 3 * filters
        channels = filters
    return count + dense_in * width + 3 * width + width * classes + classes


# Parameters that train; the ResNets' are the numbers everyone quotes.
PARAMETERS = {
    "cnn_digits": by_hand([32, 64], 1, 2 * 2 * 64, 128, 10),
    "cnn_mnist": by_hand([32, 64], 1, 7 * 7 * 64, 128, 10),
    "cnn_cifar": by_hand([64, 64, 128, 128, 196, 196], 3, 4 * 4 * 196, 256, 10),
    "resnet18": 11_173_962,
    "resnet34": 21_328_292,
    "resnet50": 25_557_032,
    "linear": 64 * 10 + 10,
    "mlp": 64 * 256 + 3 * 256 + 256 * 10 + 10,
}


class ModelsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*TABLE)
    def test_shape_and_size(self, name, shape, classes, width):
        model = models.get(name, shape, classes)
        self.assertEqual(model.output_shape, (None, classes))
        self.assertEqual(models.features(model).output_shape, (None, width))
        count = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
        self.assertEqual(count, PARAMETERS[name])

    def test_all_names(self):
        self.assertEqual(models.names(), list(PARAMETERS))

    def test_seeded(self):
        first, again, other = (
            models.get("cnn_mnist", (28, 28, 1), 10, seed=s).get_weights()
            for s in (1, 1, 2)
        )
        for a, b in zip(first, again, strict=True):
            self.assertAllEqual(a, b)
        self.assertNotAllEqual(first[0], other[0])
        convolutions = [w for w in first if w.ndim == 4]
        self.assertNotAllClose(
            convolutions[0].ravel()[:100], convolutions[1].ravel()[:100]
        )

    def test_initialised_as_the_recipes_say(self):
        model = models.get("cnn_cifar", (32, 32, 3), 10)
        for layer in model.layers:
            if isinstance(layer, keras.layers.Conv2D):
                limit = np.sqrt(6 / np.prod(layer.kernel.shape[:3]))
            elif isinstance(layer, keras.layers.Dense):
                limit = np.sqrt(6 / sum(layer.kernel.shape))
            else:
                continue
            weights = np.abs(layer.kernel.numpy())
            self.assertLessEqual(weights.max(), limit * 1.0001)
            self.assertGreater(weights.max(), limit * 0.98)
            self.assertTrue(layer.use_bias)
            self.assertAllEqual(layer.bias, np.zeros(layer.bias.shape))

    def test_batch_normalisation_as_the_recipes_say(self):
        for name in ("cnn_mnist", "resnet18"):
            found = [
                layer
                for layer in models.get(name, (32, 32, 1), 10).layers
                if isinstance(layer, keras.layers.BatchNormalization)
            ]
            self.assertNotEmpty(found)
            for layer in found:
                self.assertEqual((layer.momentum, layer.epsilon), (0.9, 1e-5))

    def test_features_are_what_the_logits_see(self):
        model = models.get("cnn_mnist", (28, 28, 1), 10)
        images = np.random.default_rng(0).normal(size=(3, 28, 28, 1))
        features = models.features(model)(images)
        self.assertAllClose(
            model.get_layer("logits")(features), model(images), rtol=1e-5, atol=1e-5
        )

    def test_logits_are_float32_under_mixed_precision(self):
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            model = models.get("cnn_mnist", (28, 28, 1), 10)
        finally:
            keras.config.set_dtype_policy("float32")
        self.assertEqual(model.output.dtype, "float32")
        self.assertEqual(models.features(model).output.dtype, "bfloat16")

    def test_errors(self):
        with self.assertRaisesRegex(
            InputError, "unknown network 'resnet33'.*mean resnet34"
        ):
            models.get("resnet33", (32, 32, 3), 10)
        with self.assertRaisesRegex(InputError, r"\(height, .* received \(8, 8\)"):
            models.get("cnn_digits", (8, 8), 10)
        with self.assertRaisesRegex(InputError, "at least 8 pixels a side; .* 4×4"):
            models.get("cnn_cifar", (4, 4, 1), 10)


if __name__ == "__main__":
    tf.test.main()
