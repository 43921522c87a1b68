"""Networks of Keras, networks by size, and weights to start from."""

import pathlib
import types
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from keras.src.saving import saving_lib

from lnl_sr_tf import models
from lnl_sr_tf.errors import InputError


class ChooseTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ((8, 8, 1), "cnn_mnist"),
        ((28, 28, 1), "cnn_mnist"),
        ((32, 32, 3), "cnn_cifar"),
        ((6, 32, 3), "cnn_mnist"),
        ((3, 5, 3), "resnet18"),
        ((64, 64, 3), "resnet18"),
        ((96, 41, 1), "resnet18"),
        ((224, 224, 3), "resnet50"),
        ((20, 300, 3), "resnet18"),
    )
    def test_by_size(self, shape, name):
        self.assertEqual(models.choose("auto", shape), name)
        self.assertEqual(models.choose("resnet34", shape), "resnet34")
        models.get(name, shape, 3)


class KerasApplicationsTest(tf.test.TestCase, parameterized.TestCase):
    def network(self, name="MobileNetV3Small", shape=(32, 32, 3), seed=1):
        return models.get(f"keras:{name}", shape, 4, seed)

    def test_seeded(self):
        first, again, other = (self.network(seed=seed) for seed in (1, 1, 2))
        for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
            self.assertAllEqual(a, b)
        self.assertNotAllEqual(first.get_weights()[0], other.get_weights()[0])

    def test_shapes(self):
        model = self.network(shape=(32, 40, 1))
        self.assertEqual(model.output_shape, (None, 4))
        self.assertEqual(models.features(model).output_shape, (None, 576))

    def test_its_own_preprocessing(self):
        """ResNet50's weights want blue first, and the means taken off."""
        model = self.network("ResNet50")
        backbone = keras.applications.ResNet50(
            weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg"
        )
        (own,) = (layer for layer in model.layers if layer.name == "resnet50")
        backbone.set_weights(own.get_weights())
        pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
        expected = backbone(
            keras.applications.resnet.preprocess_input(pixels.copy()), training=False
        )
        self.assertAllClose(
            models.features(model)(pixels, training=False), expected, atol=1e-4
        )

    def test_wrong(self):
        with self.assertRaisesRegex(InputError, "did you mean keras:EfficientNetV2B0"):
            models.check("keras:efficientnetv2b0")
        with self.assertRaisesRegex(InputError, "unknown network 'keras:preprocess"):
            models.check("keras:preprocess_input")
        with self.assertRaisesRegex(InputError, "InceptionV3.*at least 75"):
            self.network("InceptionV3")

    @parameterized.parameters(True, False)
    def test_weights_as_distributed(self, include_top):
        path = pathlib.Path(self.get_temp_dir()) / f"{include_top}.weights.h5"
        options = {} if include_top else {"input_shape": (64, 64, 3)}
        whole = keras.applications.MobileNetV3Small(
            weights=None, include_top=include_top, **options
        )
        whole.save_weights(path)
        inputs = keras.Input((32, 32, 3))
        logits = models.build("keras:MobileNetV3Small", inputs, 4, weights=str(path))
        own = keras.Model(inputs, logits).layers[-3].get_weights()
        for a, b in zip(own, whole.get_weights(), strict=False):
            self.assertAllEqual(a, b)

    def test_weights_of_another(self):
        path = pathlib.Path(self.get_temp_dir()) / "x.weights.h5"
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(path)
        with self.assertRaisesRegex(
            InputError, "does not hold weights of keras:Mobile"
        ):
            models.build(
                "keras:MobileNetV3Small", keras.Input((32, 32, 3)), 4, weights=str(path)
            )


class OfTheHubTest(tf.test.TestCase, parameterized.TestCase):
    """`hf://`, up to the network: what Keras would fetch lies in a folder here."""

    def offered(self, model):
        """Within, the hub has this network and no other."""
        place = pathlib.Path(self.get_temp_dir()) / model.name
        keras.saving.save_model(model, place, zipped=False)

        def snapshot_download(repo_id, **_):
            if repo_id != "me/network":
                raise ConnectionError("no\nname")
            return str(place)

        hub = types.SimpleNamespace(snapshot_download=snapshot_download)
        return mock.patch.object(saving_lib, "huggingface_hub", hub)

    def test_network_of_a_run(self):
        source = models.get("cnn_mnist", (8, 8, 1), 3, seed=5)
        model = models.get("cnn_mnist", (8, 8, 1), 3, seed=6)
        with self.offered(source):
            models.load_weights(model, "hf://me/network")
        for one, other in zip(source.get_weights(), model.get_weights(), strict=True):
            self.assertAllEqual(one, other)

    def test_network_of_keras(self):
        whole = keras.applications.MobileNetV3Small(weights=None)
        inputs = keras.Input((32, 32, 3))
        with self.offered(whole):
            logits = models.build(
                "keras:MobileNetV3Small", inputs, 4, weights="hf://me/network"
            )
        own = keras.Model(inputs, logits).layers[-3].get_weights()
        for a, b in zip(own, whole.get_weights(), strict=False):
            self.assertAllEqual(a, b)

    @parameterized.parameters("cnn_mnist", "keras:MobileNetV3Small")
    def test_cannot_be_had(self, name):
        def start():
            if name == "cnn_mnist":
                models.load_weights(model, "hf://a/b")
            else:
                inputs = keras.Input((32, 32, 3))
                models.build(name, inputs, 4, weights="hf://a/b")

        model = models.get("cnn_mnist", (8, 8, 1), 3)
        with (
            self.offered(model),
            self.assertRaisesRegex(
                InputError,
                r"^--weights=hf://a/b: Keras cannot fetch a network from there \(no "
                r"name\); fetch it where there is a network, by keras\.models\."
                r'load_model\("hf://a/b"\)\.save\("model\.keras"\), and give '
                r"--weights=model\.keras$",
            ),
        ):
            start()
        with (
            mock.patch.object(saving_lib, "huggingface_hub", None),
            self.assertRaisesRegex(
                InputError,
                "^--weights=hf://a/b needs huggingface_hub, which is not installed: "
                "pip install huggingface_hub$",
            ),
        ):
            start()


class WeightsTest(tf.test.TestCase, parameterized.TestCase):
    def test_from_another_number_of_classes(self):
        path = pathlib.Path(self.get_temp_dir()) / "other.keras"
        source = models.get("cnn_mnist", (8, 8, 1), 10, seed=5)
        source.save(path)
        model = models.get("cnn_mnist", (8, 8, 1), 3, seed=6)
        last = model.get_layer("logits").get_weights()
        models.load_weights(model, path)
        self.assertAllEqual(model.get_layer("logits").get_weights()[0], last[0])
        for a, b in zip(source.layers[:-1], model.layers[:-1], strict=True):
            for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
                self.assertAllEqual(one, other)

    @parameterized.parameters("x.keras", "x.weights.h5")
    def test_of_the_same(self, name):
        path = pathlib.Path(self.get_temp_dir()) / name
        source = models.get("cnn_mnist", (8, 8, 1), 3, seed=5)
        source.save(path) if name.endswith("keras") else source.save_weights(path)
        model = models.get("cnn_mnist", (8, 8, 1), 3, seed=6)
        models.load_weights(model, path)
        for one, other in zip(source.get_weights(), model.get_weights(), strict=True):
            self.assertAllEqual(one, other)

    def test_of_another_network(self):
        path = pathlib.Path(self.get_temp_dir()) / "y.keras"
        models.get("cnn_cifar", (8, 8, 1), 3).save(path)
        model = models.get("cnn_mnist", (8, 8, 1), 3)
        with self.assertRaisesRegex(
            InputError, "weights of another network than cnn_mn"
        ):
            models.load_weights(model, path)
        path.write_bytes(b"nothing")
        with self.assertRaisesRegex(InputError, "y.keras cannot be read as weights"):
            models.load_weights(model, path)


if __name__ == "__main__":
    tf.test.main()
