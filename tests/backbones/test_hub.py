"""Networks of KerasHub that make features of images."""

import importlib.util
import json
import pathlib
import shutil
import sys
import tempfile
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import extras, small_preset

from lnl_sr_tf.backbones.backbone import Backbone, checked_weights
from lnl_sr_tf.errors import InputError

SHAPE = (small_preset.SIDE, small_preset.SIDE, 3)
IMAGES = np.random.default_rng(2).integers(0, 256, (3, *SHAPE)).astype(np.uint8)
PREPARED = IMAGES / np.float32(127.5) - 1


class WithoutKerasHubTest(tf.test.TestCase):
    def test_says_what_is_missing(self):
        with (
            mock.patch.dict(sys.modules, {"keras_hub": None}),
            self.assertRaisesRegex(
                InputError,
                "--backbone=hub:vit needs KerasHub, which is not installed: pip "
                r'install "lnl-sr-tf\[hub\]"',
            ),
        ):
            checked_weights("hub:vit", None)


class HubTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "keras_hub")
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.get_temp_dir()))

    def preset(self, kind="vit", name="preset"):
        return small_preset.save(self.folder / name, kind)

    def network(self, backbone):
        import keras_hub

        return keras_hub.models.Backbone.from_preset(backbone.removeprefix("hub:"))

    @parameterized.parameters(
        ("vit", lambda network: network(PREPARED)[:, 0]),
        ("dinov2", lambda network: network({"images": PREPARED})[:, 0]),
        ("plain_vit", lambda network: tf.reduce_mean(network(PREPARED), 1)),
        ("siglip", lambda network: network.vision_encoder({"images": PREPARED})),
        ("resnet", lambda network: tf.reduce_mean(network(PREPARED), (1, 2))),
    )
    def test_features_are_pooled_by_the_kind_of_network(self, kind, expected):
        name = self.preset(kind)
        found = Backbone(name, None, SHAPE).features(IMAGES)
        expected = expected(self.network(name))
        self.assertEqual((found.dtype, found.shape), (np.float16, expected.shape))
        self.assertAllClose(found, expected, rtol=2e-3, atol=2e-3)
        self.assertGreater(found.std(axis=0).mean(), 0.005)

    def test_images_are_prepared_as_the_converter_does(self):
        import keras_hub

        from lnl_sr_tf.backbones import hub

        images = np.random.default_rng(3).integers(0, 256, (2, 40, 50, 3))
        pixels = images.astype(np.float32)
        for crop, scale, offset in (
            (True, 1 / 255, None),
            (False, [0.1, 0.2, 0.3], [1.0, 2.0, 3.0]),
        ):
            converter = keras_hub.layers.ViTImageConverter(
                image_size=(20, 20), scale=scale, offset=offset,
                crop_to_aspect_ratio=crop, antialias=crop, interpolation="bicubic",
            )  # fmt: skip
            found = hub._prepared(converter, pixels, (20, 20))
            self.assertAllClose(found, converter(pixels), 1e-4, 1e-4)

    def test_images_of_another_size_and_without_colour(self):
        name = self.preset()
        larger = IMAGES.repeat(2, axis=1).repeat(2, axis=2)
        found = Backbone(name, None, larger.shape[1:]).features(larger)
        self.assertAllClose(found, Backbone(name, None, SHAPE).features(IMAGES), 2e-3)
        grey = Backbone(name, None, (*SHAPE[:2], 1)).features(IMAGES[..., :1])
        colour = Backbone(name, None, SHAPE).features(IMAGES[..., :1].repeat(3, axis=3))
        self.assertAllClose(grey, colour, 2e-3)

    def test_weights_of_a_file(self):
        name = self.preset()
        other = self.network(name)
        other.set_weights([-w for w in other.get_weights()])
        path = str(self.folder / "other.weights.h5")
        other.save_weights(path)
        found = Backbone(name, path, SHAPE).features(IMAGES)
        self.assertAllClose(found, other(PREPARED)[:, 0], rtol=2e-3, atol=2e-3)

    def test_identity_is_by_content(self):
        name = self.preset()
        here = Backbone(name, None, SHAPE).identity()
        shutil.copytree(self.folder / "preset", self.folder / "moved")
        moved = f"hub:{self.folder / 'moved'}"
        self.assertEqual(Backbone(moved, None, SHAPE).identity(), here)
        converter = self.folder / "moved/image_converter.json"
        content = json.loads(converter.read_text())
        content["config"]["offset"] = -0.5
        converter.write_text(json.dumps(content))
        self.assertNotEqual(Backbone(moved, None, SHAPE).identity(), here)

    def test_identity_of_a_name_is_by_its_weights(self):
        name = "hub:hf://a/b"
        load = self.network(self.preset())

        def identity():
            with mock.patch("lnl_sr_tf.backbones.hub.features") as features:
                features.side_effect = lambda preset, pixels, weights: load(pixels)
                return Backbone(name, None, SHAPE).identity()

        first = identity()
        self.assertEqual(identity(), first)
        load.set_weights([w + 1 for w in load.get_weights()])
        self.assertNotEqual(identity(), first)

    @parameterized.parameters(
        ("", None, "expected hub:PRESET"),
        ("./nowhere", None, "there is no preset in that folder"),
        (
            "Vit_base_patch16_384_imagene",
            None,
            "no such.*mean hub:vit_base_patch16",
        ),
        ("vit_base_patch16_224_imagenet", "imagenet", "has its own weights: leave out"),
        ("vit_base_patch16_224_imagenet", "no.h5", "no.h5: there is no such file"),
    )
    def test_says_what_there_is_not(self, preset, weights, message):
        with self.assertRaisesRegex(InputError, message):
            checked_weights(f"hub:{preset}", weights)

    def refused(self, name, message, weights=None):
        with self.assertRaisesRegex(InputError, message) as caught:
            Backbone(name, weights, SHAPE).network  # noqa: B018
        self.assertNotIn("\n", str(caught.exception))
        self.assertLess(len(str(caught.exception)), 420)

    def test_no_network_to_fetch_it_from(self):
        import keras_hub

        error = ConnectionError("Max retries exceeded:\n no name")
        with mock.patch.object(
            keras_hub.models.Backbone, "from_preset", side_effect=error
        ):
            self.refused(
                "hub:vit_base_patch16_224_imagenet",
                r"cannot be fetched; fetch it where there is a network, .* "
                r"--backbone=hub:FOLDER \(Max retries exceeded: no name\)",
            )

    def test_hugging_face_without_its_package(self):
        find_spec = importlib.util.find_spec
        with mock.patch.object(
            importlib.util,
            "find_spec",
            lambda name: None if name == "huggingface_hub" else find_spec(name),
        ):
            self.refused(
                "hub:hf://a/b",
                "--backbone=hub:hf://a/b needs huggingface_hub, which is not "
                "installed: pip install huggingface_hub$",
            )

    def test_damaged_weights(self):
        name = self.preset()
        path = self.folder / "preset/model.weights.h5"
        path.write_bytes(path.read_bytes()[:-3000])
        self.refused(name, "cannot be read")

    def test_damaged_config(self):
        name = self.preset()
        (self.folder / "preset/config.json").write_text("{")
        self.refused(name, "cannot be read")

    def test_preset_without_preparation(self):
        name = self.preset()
        (self.folder / "preset/image_converter.json").unlink()
        self.refused(name, "does not say how they are prepared")

    def test_weights_of_another_network(self):
        other = str(self.folder / "other.weights.h5")
        inputs = keras.Input((3,))
        keras.Model(inputs, keras.layers.Dense(2)(inputs)).save_weights(other)
        self.refused(self.preset(), "does not hold weights of hub:", other)


if __name__ == "__main__":
    tf.test.main()
