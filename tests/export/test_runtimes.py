"""What LiteRT and ONNX Runtime say, against the SavedModel; it needs both of them."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras

from lnl_sr_tf import layers
from lnl_sr_tf.datasets.features.table_encoder import (
    CategoryColumn,
    NumberColumn,
    TableEncoder,
)
from lnl_sr_tf.datasets.features.text_encoder import TextEncoder
from lnl_sr_tf.export import save_serving, to_litert, to_onnx
from lnl_sr_tf.export.formats import FORMATS, check_installed
from lnl_sr_tf.export.served import Served

COUNT = 70  # more than a batch
NUMBER = NumberColumn("mean age", "mean_age", 40.0, indicated=True)
OTHER = NumberColumn("height", "height", 1.7, indicated=False)
SIZE = CategoryColumn("größe", "groe", ("a", "b"), other=True, missing=False)
RANDOM = np.random.default_rng(3)


def images():
    """A network of this package's layers, and examples."""
    inputs = keras.Input((8, 8, 3), dtype="uint8")
    x = keras.layers.Normalization(mean=[90.0, 80, 70], variance=[900.0, 800, 700])(
        keras.layers.Rescaling(1.0)(inputs)
    )
    x = keras.layers.Conv2D(4, 3)(x)
    x = layers.Rectifier()(layers.FusedBatchNormalization()(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return (
        sharpened(inputs, x),
        None,
        {"images": RANDOM.integers(0, 256, (COUNT, 8, 8, 3)).astype(np.uint8)},
    )


def sharpened(inputs, x):
    return keras.Model(inputs, layers.OutputSharpening(0.3)(keras.layers.Dense(3)(x)))


def features(width=5):
    inputs = keras.Input((width,))
    mean, variance = np.arange(float(width)), np.arange(1.0, width + 1)
    x = keras.layers.Normalization(mean=mean, variance=variance)(inputs)
    rows = RANDOM.normal(size=(COUNT, width)).astype(np.float32)
    return sharpened(inputs, x), None, {"features": rows}


def numbers():
    ages = RANDOM.normal(40, 9, COUNT).astype(np.float32)
    ages[::7] = np.nan
    raw = {"mean_age": ages, "height": RANDOM.normal(size=COUNT).astype(np.float32)}
    return features(3)[0], TableEncoder((NUMBER, OTHER)), raw


def categories():
    sizes = RANDOM.choice(["a", " b", "c"], COUNT).astype(object)
    raw = {"groe": sizes, "height": RANDOM.normal(size=COUNT).astype(np.float32)}
    return features(4)[0], TableEncoder((SIZE, OTHER)), raw


def texts():
    raw = {"texts": RANDOM.choice(["Good!", "not good", "?"], COUNT).astype(object)}
    encoder = TextEncoder(("good", "not good"), (1.0, 2.0))
    return features(2)[0], encoder, raw


class RuntimesTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "ai_edge_litert", "tf2onnx", "onnx", "onnxruntime")
        check_installed(list(FORMATS))
        self.root = pathlib.Path(self.get_temp_dir())

    def served(self, made, name):
        model, encoder, raw = made()
        save_serving(model, self.root / name, "nop", temperature=0.4, encoder=encoder)
        return Served(self.root / name), encoder, raw

    @parameterized.named_parameters(
        ("images", images, True),
        ("features", features, True),
        ("table_of_numbers", numbers, True),
        ("table_with_categories", categories, False),
        ("texts", texts, False),
    )
    def test_both_say_what_the_saved_model_says(self, made, whole):
        served, encoder, raw = self.served(made, made.__name__)
        expected = served.probabilities(raw)
        self.assertAllClose(expected.sum(axis=1), np.ones(COUNT), atol=1e-5)
        part = served.part(strings=False)
        self.assertEqual(part.whole, whole)
        given = raw if whole else {"features": encoder.encoded(**raw).numpy()}
        litert, onnx = self.root / "model.tflite", self.root / "model.onnx"
        to_litert.write(served, part, litert)
        to_onnx.write(part, onnx, ["ä", "o", "p"])
        self.assertAllClose(to_litert.probabilities(litert, given), expected, atol=1e-5)
        self.assertAllClose(to_onnx.probabilities(onnx, given), expected, atol=1e-5)

    def test_in_a_process_without_tensorflow(self):
        served, _, raw = self.served(images, "alone")
        part = served.part(strings=False)
        to_litert.write(served, part, self.root / "alone.tflite")
        to_onnx.write(part, self.root / "alone.onnx", ["ä", "o", "p"])
        np.save(self.root / "alone.npy", raw["images"][:3])
        code = """
import sys
for name in ("tensorflow", "keras", "lnl_sr_tf"):
    sys.modules[name] = None
import json, numpy as np, onnxruntime
from ai_edge_litert.interpreter import Interpreter
images = np.load("alone.npy")
session = onnxruntime.InferenceSession("alone.onnx")
by_onnx = dict(zip(
    [one.name for one in session.get_outputs()], session.run(None, {"images": images})
))
interpreter = Interpreter("alone.tflite")
by_litert = interpreter.get_signature_runner("serving_default")(images=images)
print(json.dumps({
    "inputs": [[one.name, one.shape, one.type] for one in session.get_inputs()],
    "classes": session.get_modelmeta().custom_metadata_map["class_names"],
    "signatures": interpreter.get_signature_list(),
    "said": [{k: v.tolist() for k, v in said.items()} for said in (by_onnx, by_litert)],
}))
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True, cwd=self.root,
        )  # fmt: skip
        told = json.loads(done.stdout.splitlines()[-1])
        # What a network has of constants is in it, and no input.
        self.assertEqual(
            told["inputs"], [["images", ["batch", 8, 8, 3], "tensor(uint8)"]]
        )
        self.assertEqual(json.loads(told["classes"]), ["ä", "o", "p"])
        self.assertEqual(
            told["signatures"],
            {"serving_default": {"inputs": ["images"],
                                 "outputs": ["label", "probabilities"]}},
        )  # fmt: skip
        expected = served.probabilities(raw)[:3]
        for said in told["said"]:
            self.assertAllClose(said["probabilities"], expected, atol=1e-5)
            self.assertAllEqual(said["label"], expected.argmax(axis=1))


if __name__ == "__main__":
    tf.test.main()
