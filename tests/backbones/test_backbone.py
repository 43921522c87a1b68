"""A network that makes features: its weights, what it refuses."""

import pathlib
import tempfile
import types
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import small_backbone
from keras.src.saving import saving_lib

from lnl_sr_tf.backbones.backbone import Backbone, checked_weights
from lnl_sr_tf.errors import InputError

SHAPE = (small_backbone.SIDE, small_backbone.SIDE, 3)
IMAGES = np.random.default_rng(2).integers(0, 256, (3, *SHAPE)).astype(np.uint8)


def as_network(folder):
    path = folder / "whole.keras"
    small_backbone.network().save(path)
    return path


def as_part_of_another(folder):
    """As a run with --model=keras:NAME keeps it."""
    inputs = keras.Input(SHAPE)
    x = keras.layers.GlobalAveragePooling2D()(small_backbone.network()(inputs))
    path = folder / "part.keras"
    keras.Model(inputs, keras.layers.Dense(3)(x)).save(path)
    return path


def as_weights(folder):
    return small_backbone.weights()


class BackboneTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))

    @parameterized.parameters(as_weights, as_network, as_part_of_another)
    def test_features_by_the_weights_in_a_file(self, save):
        backbone = Backbone(small_backbone.NAME, str(save(self.folder)), SHAPE)
        found = backbone.features(IMAGES)
        prepared = keras.applications.mobilenet.preprocess_input(
            IMAGES.astype(np.float32)
        )
        expected = small_backbone.network()(prepared).numpy().mean(axis=(1, 2))
        self.assertEqual((found.dtype, found.shape), (np.float16, (3, 1024)))
        self.assertAllClose(found, expected, rtol=2e-3, atol=2e-3)
        self.assertGreater(found.std(axis=0).mean(), 0.01)

    def test_grey_images(self):
        backbone = Backbone(
            small_backbone.NAME, small_backbone.weights(), (*SHAPE[:2], 1)
        )
        self.assertEqual(backbone.features(IMAGES[..., :1]).shape, (3, 1024))

    def test_with_head_takes_images(self):
        backbone = Backbone(small_backbone.NAME, small_backbone.weights(), SHAPE)
        inputs = keras.Input((1024,))
        head = keras.Model(inputs, keras.layers.Dense(4)(inputs))
        features = backbone.features(IMAGES).astype(np.float32)
        whole = backbone.with_head(head)
        # Rounding before the last bit of float16 may differ.
        self.assertAllClose(whole(IMAGES), head(features), rtol=5e-3, atol=5e-3)
        again = backbone.encoded(images=IMAGES)
        self.assertAllClose(again, features, rtol=2e-3, atol=1e-3)

    def test_identity_is_by_content(self):
        copy = self.folder / "copy.weights.h5"
        copy.write_bytes(pathlib.Path(small_backbone.weights()).read_bytes())
        here = Backbone(small_backbone.NAME, small_backbone.weights(), SHAPE).identity()
        self.assertEqual(
            Backbone(small_backbone.NAME, str(copy), SHAPE).identity(), here
        )
        copy.write_bytes(copy.read_bytes() + b"0")
        other = Backbone(small_backbone.NAME, str(copy), SHAPE).identity()
        self.assertEqual(
            [name for name in here if here[name] != other[name]], ["weights"]
        )

    def test_identity_of_what_is_fetched(self):
        """By its name there may be other weights tomorrow."""
        place = self.folder / "fetched"
        keras.saving.save_model(small_backbone.network(), place, zipped=False)
        fetch = types.SimpleNamespace(snapshot_download=lambda **_: str(place))
        with mock.patch.object(saving_lib, "huggingface_hub", fetch):
            one, same = (
                Backbone(small_backbone.NAME, address, SHAPE)
                for address in ("hf://me/one", "hf://me/same")
            )
            self.assertEqual(one.identity(), same.identity())
            expected = Backbone(small_backbone.NAME, small_backbone.weights(), SHAPE)
            self.assertAllEqual(one.features(IMAGES), expected.features(IMAGES))
            one.unrounded.set_weights([w + 1 for w in one.unrounded.get_weights()])
            self.assertNotEqual(one.identity(), same.identity())

    def test_damaged_weights(self):
        network = keras.models.clone_model(small_backbone.network())
        network.set_weights([w * np.nan for w in network.get_weights()])
        path = str(self.folder / "nan.weights.h5")
        network.save_weights(path)
        with self.assertRaisesRegex(InputError, "makes NaN or infinite features"):
            Backbone(small_backbone.NAME, path, SHAPE).features(IMAGES)

    @parameterized.parameters(
        ("MobileNet", None, "--backbone=MobileNet: expected keras:NAME"),
        ("MobileNet", None, "or hub:PRESET for one of KerasHub"),
        ("keras:mobilenet", None, "did you mean keras:MobileNet"),
        ("keras:MobileNet", None, "needs trained weights: --weights=FILE"),
        ("keras:MobileNet", "no.h5", "--weights=no.h5: there is no such file"),
        ("hub:vit", "hf://a/b", "hub:vit has its own weights: leave out --weights=hf:"),
    )
    def test_says_what_there_is_not(self, name, weights, message):
        with self.assertRaisesRegex(InputError, message):
            checked_weights(name, weights)

    @parameterized.parameters(
        ("keras:MobileNetV2", "does not hold weights of keras:MobileNetV2", ".h5"),
        ("keras:MobileNetV2", "does not hold weights of keras:MobileNetV2", ".keras"),
        ("keras:MobileNet", "cannot be read as weights", "text.keras"),
        ("keras:MobileNet", "does not hold weights of keras:MobileNet", "text.h5"),
    )
    def test_wrong_weights(self, name, message, ending):
        path = small_backbone.weights()
        if ending == ".keras":
            path = as_network(self.folder)
        elif ending.startswith("text"):
            path = self.folder / ending
            path.write_text("no weights")
        with self.assertRaisesRegex(InputError, message) as caught:
            Backbone(name, str(path), SHAPE).network  # noqa: B018
        self.assertNotIn("\n", str(caught.exception))

    def test_no_network_to_fetch_weights_from(self):
        error = Exception("URL fetch failure on https://a.b/c.h5: None --\n no name")
        with (
            mock.patch.object(
                keras.src.utils.file_utils, "get_file", side_effect=error
            ),
            self.assertRaisesRegex(
                InputError,
                "--weights=imagenet: Keras cannot fetch the weights of keras:MobileNet "
                r"\(URL fetch failure .*\); fetch them where .* --weights=FILE",
            ),
        ):
            Backbone(small_backbone.NAME, "imagenet", SHAPE).network  # noqa: B018

    def test_images_that_are_too_small(self):
        backbone = Backbone(small_backbone.NAME, small_backbone.weights(), (28, 28, 3))
        with self.assertRaisesRegex(InputError, "32x32.*--image_size makes them"):
            backbone.network  # noqa: B018


if __name__ == "__main__":
    tf.test.main()
