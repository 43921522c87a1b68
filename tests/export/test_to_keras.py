"""A run's network of Keras's own layers, which loads without this package."""

import json
import pathlib
import subprocess
import sys
import zipfile

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.sixteen_bits import sixteen_bits

from lnl_sr_tf import layers
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.export import in_float32, to_keras
from lnl_sr_tf.training import precision

IMAGES = np.random.default_rng(1).integers(0, 256, (5, 6, 6, 2)).astype(np.uint8)


def network(*last, policy="float32"):
    """Of all layers of this package, with statistics that are no longer at 0 and 1."""
    with precision.policy(policy):
        inner = keras.Sequential(
            [
                keras.Input((6, 6, 2)),
                keras.layers.Conv2D(16, 3),
                layers.FusedBatchNormalization(momentum=0.5),
                layers.Rectifier(),
            ],
            name="inner",
        )
        inputs = keras.Input((6, 6, 2), dtype="uint8", name="images")
        x = inner(keras.layers.Rescaling(1 / 255)(inputs))
        x = keras.layers.Dense(3, dtype="float32")(keras.layers.Flatten()(x))
        for layer in last:
            x = layer(x)
        model = keras.Model(inputs, x)
    model(IMAGES, training=True)
    return model


class ToKerasTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.named_parameters(
        ("plain", lambda: []),
        ("on_a_sphere", lambda: [layers.OutputSharpening(0.3)]),
        ("sharpened", lambda: [layers.OutputSharpening(0.3, normalize=False)]),
        ("softmax", lambda: [layers.OutputSharpening(0.3, activation="softmax")]),
    )
    def test_says_the_same(self, last):
        model = network(*last())
        made = to_keras.of_own_layers(model)
        self.assertAllClose(
            made(IMAGES, training=False), model(IMAGES, training=False), atol=1e-5
        )
        self.assertNotIn("lnl_sr_tf", json.dumps(made.get_config()))

    def test_temperature_as_a_schedule_left_it(self):
        sharpening = layers.OutputSharpening(0.3)
        model = network(sharpening)
        sharpening.move_temperature(0.1)
        made = to_keras.of_own_layers(model)
        self.assertAllClose(made(IMAGES), model(IMAGES, training=False), atol=1e-5)

    def test_of_mixed_precision(self):
        model = network(layers.OutputSharpening(0.5), policy=sixteen_bits())
        made = to_keras.of_own_layers(model)
        self.assertAllClose(made(IMAGES), in_float32(model)(IMAGES), atol=1e-5)

    def test_probabilities(self):
        model = network()
        made = to_keras.with_probabilities(to_keras.of_own_layers(model), 2.5)
        expected = tf.nn.softmax(model(IMAGES, training=False) / 2.5)
        self.assertAllClose(made(IMAGES), expected, atol=1e-6)
        self.assertEqual(made.input.dtype, "uint8")
        path = pathlib.Path(self.get_temp_dir()) / "model.keras"
        made.save(path)
        said = to_keras.probabilities(path, {"images": IMAGES})
        self.assertAllClose(said, expected, atol=1e-6)

    def test_in_a_process_without_this_package(self):
        model = network(layers.OutputSharpening(0.5))
        path = pathlib.Path(self.get_temp_dir()) / "alone.keras"
        to_keras.with_probabilities(to_keras.of_own_layers(model), 1.0).save(path)
        with zipfile.ZipFile(path) as archive:
            self.assertNotIn(b"lnl_sr_tf", archive.read("config.json"))
        np.save(path.with_suffix(".npy"), IMAGES)
        code = f"""
import sys
sys.modules["lnl_sr_tf"] = None
import json, keras, numpy as np
model = keras.models.load_model({str(path)!r})
print(json.dumps(np.asarray(model(np.load({str(path.with_suffix(".npy"))!r}))).tolist()))
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True, cwd=self.get_temp_dir(),
        )  # fmt: skip
        expected = tf.nn.softmax(model(IMAGES, training=False))
        self.assertAllClose(json.loads(done.stdout), expected, atol=1e-5)

    def test_a_layer_without_an_equal(self):
        @keras.saving.register_keras_serializable("lnl_sr_tf")
        class Odd(keras.layers.Layer):
            def call(self, inputs):
                return inputs

        with self.assertRaisesRegex(RunError, r"without an equal in Keras \(Odd\)"):
            to_keras.of_own_layers(network(Odd()))


if __name__ == "__main__":
    tf.test.main()
