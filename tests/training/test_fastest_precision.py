"""The faster precision is found by trying, once for a machine."""

import json
import os
import pathlib
from unittest import mock

import keras
import tensorflow as tf
from absl.testing import parameterized
from helpers.sixteen_bits import sixteen_bits

from lnl_sr_tf import config, models
from lnl_sr_tf.devices import hardware
from lnl_sr_tf.layers import OutputSharpening
from lnl_sr_tf.training import compilation, fastest_precision


def make(policy):
    """A network with a uint8 input, by a policy; one of 16 bits that goes here."""
    policy = sixteen_bits() if policy == "mixed_bfloat16" else policy
    images = keras.Input((4, 4, 1), dtype="uint8")
    values = keras.layers.Rescaling(1 / 255)(images)
    logits = keras.layers.Dense(3, dtype=policy)(keras.layers.Flatten()(values))
    return keras.Model(images, logits, name="small")


class FastestPrecisionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.caches = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        self.enterContext(
            mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(self.caches)})
        )
        self.small = fastest_precision._SMALL
        self.enterContext(mock.patch.object(fastest_precision, "_SMALL", 0.0))
        self.enterContext(mock.patch.object(fastest_precision, "_SECONDS", 0.0))
        self.enterContext(mock.patch.object(fastest_precision, "_TURN", 0.0))
        self.lines = []

    def measure(self, made=make, **settings):
        settled = config.resolve({"batch_size": 8} | settings)
        return fastest_precision.measure(made, settled, self.lines.append)

    def kept(self):
        return sorted(self.caches.rglob("precision-*.json"))

    def test_measures_both_and_keeps_it(self):
        found = self.measure()
        self.assertCountEqual(found, fastest_precision.POLICIES)
        self.assertGreater(min(found.values()), 0)
        self.assertLen(self.lines, 2)
        self.assertRegex(
            self.lines[1], "a step of small takes float32 .* ms and mixed_bfl.* ms on"
        )
        self.assertLen(self.kept(), 1)
        with mock.patch.object(fastest_precision, "_in_turns", self.fail):
            self.assertEqual(self.measure(), found)
        self.assertLen(self.lines, 2)

    def test_sharpened_outputs_take_no_longer(self):
        """CE and CE+SR are measured once: a temperature is no weight of the network."""

        def sharpened(policy):
            plain = make(policy)
            logits = OutputSharpening(temperature=0.5)(plain.output)
            return keras.Model(plain.inputs, logits, name=plain.name)

        found = self.measure()
        with mock.patch.object(fastest_precision, "_in_turns", self.fail):
            self.assertEqual(self.measure(sharpened), found)

    @parameterized.named_parameters(
        ("batch", {"batch_size": 16}, {}),
        ("environment", {}, {"ONEDNN_MAX_CPU_ISA": "SSE41"}),
        ("processor", {}, {"processor": "another"}),
        ("cores", {}, {"cores": 999}),
    )
    def test_another_kind_is_measured_anew(self, settings, changed):
        self.measure()
        cores = changed.pop("cores", hardware.usable_cores())
        described = hardware.describe()
        described["processor"] = changed.pop("processor", described["processor"])
        with (
            mock.patch.dict(os.environ, changed),
            mock.patch.object(hardware, "usable_cores", return_value=cores),
            mock.patch.object(hardware, "describe", return_value=described),
        ):
            self.measure(**settings)
        self.assertLen(self.kept(), 2)

    def test_the_first_of_several_processes_is_right_for_all(self):
        first = {"float32": 2.0, "mixed_bfloat16": 1.0}

        def meanwhile(networks, batch_size):
            place.parent.mkdir(parents=True)
            place.write_text(json.dumps(first))
            return {"float32": 1.0, "mixed_bfloat16": 2.0}

        network = make("float32")
        place = fastest_precision._place(
            fastest_precision._described(network, config.resolve({"batch_size": 8}))
        )
        with mock.patch.object(fastest_precision, "_in_turns", meanwhile):
            self.assertEqual(self.measure(), first)
        self.assertLen(list(place.parent.iterdir()), 1)

    @parameterized.parameters("", "[]", '{"float32": 1}', '{"float32": 0,', "\x00")
    def test_what_is_kept_is_damaged(self, text):
        found = self.measure()
        (path,) = self.kept()
        path.write_text(text)
        again = self.measure()
        self.assertCountEqual(again, found)
        self.assertEqual(json.loads(path.read_text()), again)
        self.assertLen(list(path.parent.iterdir()), 1)

    def test_cannot_be_kept(self):
        self.caches.write_text("a file where a folder should be")
        self.assertCountEqual(self.measure(), fastest_precision.POLICIES)
        self.assertRegex(self.lines[1], "cannot be kept in .*: ")

    def test_small_steps_are_not_measured(self):
        with mock.patch.object(fastest_precision, "_SMALL", 1e9):
            self.assertIsNone(self.measure(mock.Mock(side_effect=[make("float32")])))
        self.assertEmpty(self.kept() + self.lines)

    def test_cannot_be_computed(self):
        """As where oneDNN is held back from what the processor can do."""
        step = keras.Model.train_on_batch

        def train_on_batch(network, *batch):
            if network.layers[-1].compute_dtype != "float32":
                raise tf.errors.AbortedError(None, None, "could not create a primitive")
            return step(network, *batch)

        with mock.patch.object(keras.Model, "train_on_batch", train_on_batch):
            found = self.measure()
        self.assertIsNone(found["mixed_bfloat16"])
        self.assertIn("mixed_bfloat16 cannot be computed on this", self.lines[1])
        self.assertEqual(fastest_precision.faster(found), "float32")
        self.assertEqual(self.measure(), found)
        self.assertLen(self.lines, 2)

    @parameterized.parameters(
        (None, "float32"),
        ({"float32": 1.0, "mixed_bfloat16": 1.2}, "float32"),
        ({"float32": 1.05, "mixed_bfloat16": 1.0}, "float32"),
        ({"float32": 1.3, "mixed_bfloat16": 1.0}, "mixed_bfloat16"),
    )
    def test_faster(self, found, expected):
        self.assertEqual(fastest_precision.faster(found), expected)

    def test_recipes_that_are_measured(self):
        """MNIST's network is, that of digits is not."""
        operations = {}
        for name, side in (("cnn_mnist", 28), ("cnn_digits", 8)):
            images = keras.Input((side, side, 1))
            network = keras.Model(images, models.build(name, images, 10, 1))
            operations[name] = compilation.operations_of_step(network, 128)
        self.assertLess(operations["cnn_digits"], self.small)
        self.assertGreater(operations["cnn_mnist"], self.small)


if __name__ == "__main__":
    tf.test.main()
