"""What DivideMix and ProMix have in common: a step, the division, and refusals."""

import dataclasses
import types
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.dividing import METHODS, PART, batch, made, said, softmax, to_divide
from helpers.quick_runs import one_layer_networks

from lnl_sr_tf import config, datasets
from lnl_sr_tf.devices import choice
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import InputError, NotFinite
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.build import build_model, served_model
from lnl_sr_tf.training.dividemix.division import divide
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.dividemix.promix import ProMix
from lnl_sr_tf.training.predict import outputs


def gradient(method, model, number, x, y, step=1e-5):
    """Of the loss of one network by its kernel, while the aims stay, numerically."""
    mixed, aims = method.mixed(model, number, x, y)
    kernel = np.array(kernel_of(model, number), "float64")
    found = np.zeros_like(kernel)
    for place in np.ndindex(kernel.shape):
        shift = np.zeros_like(kernel)
        shift[place] = step
        up, down = (
            method.loss(model, number, mixed @ moved, aims)
            for moved in (kernel + shift, kernel - shift)
        )
        found[place] = (up - down) / (2 * step)
    return found


def kernel_of(model, number):
    return (model.first, model.second)[number].weights[0]


@parameterized.named_parameters(*[(name, name) for name in METHODS])
class StepTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.rng = np.random.default_rng(0)
        self.x, self.y = batch(self.rng)

    def test_loss_by_hand(self, name):
        model = made(name, self.rng)
        expected = sum(
            METHODS[name].of_network(model, number, self.x, self.y) for number in (0, 1)
        )
        of_labels = np.concatenate(
            [said(model.first, self.x[:PART]), said(model.second, self.x[PART:])]
        )
        logs = model.train_on_batch(self.x, self.y, return_dict=True)
        self.assertAllClose(logs["loss"], expected, rtol=1e-5)
        hits = of_labels.argmax(axis=1) == self.y["label"]
        self.assertAllClose(logs["accuracy"], hits.mean())

    def test_gradient_of_the_mixed_outputs_alone(self, name):
        """Guesses are aims: by finite differences they would move the loss too."""
        model, method = made(name, self.rng), METHODS[name]
        before = [np.array(kernel_of(model, number), "float64") for number in (0, 1)]
        expected = [gradient(method, model, n, self.x, self.y) for n in (0, 1)]
        model.optimizer.learning_rate = 1e-2
        model.train_on_batch(self.x, self.y)
        found = [(before[n] - np.array(kernel_of(model, n))) / 1e-2 for n in (0, 1)]
        self.assertAllClose(found, expected, rtol=1e-3, atol=1e-4)

    def test_warm_up(self, name):
        """Cross-entropy, with the penalty minus the entropy of what is said."""
        model = made(name, self.rng)
        fits, penalties = [], []
        for number, network in enumerate((model.first, model.second)):
            here = slice(PART * number, PART * (number + 1))
            u = softmax(said(network, self.x[here]))
            fits.append(-np.log(u[np.arange(PART), self.y["label"][here]]).mean())
            penalties.append((u * np.log(u)).sum(axis=1).mean())
        for penalty, expected in (
            (False, sum(fits)),
            (True, sum(fits) + sum(penalties)),
        ):
            model.confidence_penalty = penalty
            model.compile(keras.optimizers.SGD(0.0), loss=model.loss)
            logs = model.train_on_batch(self.x, self.y["label"], return_dict=True)
            self.assertAllClose(logs["loss"], expected, rtol=1e-5)

    def test_evaluation_is_the_mean_of_both(self, name):
        model = made(name, self.rng)
        mean = (said(model.first, self.x) + said(model.second, self.x)) / 2
        self.assertAllClose(model(self.x), mean, rtol=1e-5)
        self.assertAllClose(outputs(model, self.x), mean, rtol=1e-5)
        labels = self.y["label"]
        logs = model.evaluate(self.x, labels, verbose=0, return_dict=True)
        expected = -np.log(softmax(mean)[np.arange(2 * PART), labels]).mean()
        self.assertAllClose(logs["loss"], expected, rtol=1e-5)
        self.assertAllClose(logs["accuracy"], (mean.argmax(axis=1) == labels).mean())


@parameterized.named_parameters(*[(name, name) for name in METHODS])
class DivideTest(tf.test.TestCase, parameterized.TestCase):
    def divided(self, name, epochs):
        model, data, settled = to_divide(name, np.random.default_rng(0))
        for epoch in epochs:
            divide(model, data, settled, epoch)
        return model

    def test_nothing_in_the_warm_up(self, name):
        model = self.divided(name, [0, 1])
        self.assertAllEqual(model.clean, np.zeros((2, 40)))
        self.assertEqual(float(model.unlabelled_weight), 0)

    def test_after_it(self, name):
        model = self.divided(name, [2])
        self.assertNotAllEqual(model.clean, np.zeros((2, 40)))
        self.assertNotAllEqual(model.clean[0], model.clean[1])
        self.assertEqual(float(model.unlabelled_weight), 0)
        model = self.divided(name, [2, 6])
        self.assertEqual(float(model.unlabelled_weight), 8 * 4 / 16)

    def test_not_finite(self, name):
        model, data, settled = to_divide(name, np.random.default_rng(0))
        model.second.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
        with self.assertRaisesRegex(NotFinite, "loss of an example became NaN"):
            divide(model, data, settled, 2)


class SettledTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("dividemix", DivideMix, {"loss_history": 3}),
        ("promix", ProMix, {"debias": 0.3, "debias_momentum": 0.6}),
    )
    def test_built_as_it_is_set_and_served_as_the_mean(self, name, kind, given):
        shared = {"guess_temperature": 0.7, "confidence_penalty": True}
        with one_layer_networks():
            data = datasets.load("digits")
            settled = config.resolve({"loss": "ce", "method": name} | shared | given)
            model = build_model(settled, data)
        self.assertIs(type(model), kind)
        self.assertEqual(model.name, name)
        self.assertEqual((model.temperature, model.confidence_penalty), (0.7, True))
        size, history = len(data.given_labels), given.get("loss_history", 1)
        self.assertEqual(model.clean.shape, (2, size))
        self.assertEqual(model.past_losses.shape, (2, history, size))
        if kind is ProMix:
            self.assertEqual((model.debias, model.debias_momentum), (0.3, 0.6))
            self.assertAllClose(model.said, np.full((2, 2, 10), 0.1))
        images = data.test_images[:8]
        first, second = model.first(images), model.second(images)
        self.assertNotAllClose(first, second)
        path = self.get_temp_dir() + f"/{name}.keras"
        served_model(model).save(path)
        loaded = keras.models.load_model(path)
        self.assertAllClose(loaded(images), (first + second) / 2, rtol=1e-5, atol=1e-5)
        self.assertEqual(loaded.get_layer("features").output.shape, (None, 64))

    @parameterized.product(
        name=list(METHODS),
        case=[
            ({"loss": "ce_sr"}, "^--method=NAME trains --loss=ce, .*received .*ce_sr$"),
            ({"loss": "elr"}, "trains --loss=ce, .*received --loss=elr"),
            ({"epochs": 10}, "--warmup_epochs=10 --epochs=10: no epoch is left"),
            ({"warmup_epochs": 60}, "--warmup_epochs=60 --epochs=60: no epoch is left"),
            ({"batch_size": 1}, "--batch_size=1: expected at least 2"),
            ({"mixup": 0.2}, "--mixup=0.2 does not go with --method=NAME, .*mix_alpha"),
            ({"balance": "class_balanced"}, "--balance=class_balanced does not go wit"),
            ({"prior_weight": 2}, "--prior_weight=2.* does not go with --method=NAME"),
            ({"votes_file": "v.csv", "votes": "soft", "noise": "none"}, "--votes=soft"),
        ],
    )
    def test_refused(self, name, case):
        given, message = case
        settings = {"method": name, "loss": "ce", "warmup_epochs": 10} | given
        with self.assertRaisesRegex(InputError, message.replace("NAME", name)):
            config.resolve(settings)

    @parameterized.parameters(
        ("dividemix", {"clean_threshold": 1}, r"expected a number in \(0, 1\)"),
        ("dividemix", {"clean_share": 0.2}, "--clean_share=0.2 has no effect"),
        ("promix", {"clean_threshold": 0.6}, "--clean_threshold=0.6 has no effect"),
        ("promix", {"loss_history": 2}, "--loss_history=2 has no effect"),
        ("promix", {"clean_share": 0}, r"expected a number in \(0, 1\]"),
        ("promix", {"clean_confidence": 1}, r"expected a number in \(0, 1\)"),
        ("standard", {"lambda_u": 2}, "--lambda_u=2 has no effect"),
    )
    def test_settings_of_one_of_them(self, name, given, message):
        with self.assertRaisesRegex(InputError, message):
            config.resolve({"method": name, "loss": "ce"} | given)

    @parameterized.parameters(*METHODS)
    def test_refused_on_several_devices(self, name):
        settled = config.resolve({"method": name, "loss": "ce"})
        several = dataclasses.replace(Devices(), kind="mirrored")
        with self.assertRaisesRegex(InputError, f"--method={name} is for one device"):
            choice.check(settled, several)
        choice.check(settled, Devices())

    @parameterized.product(
        name=list(METHODS),
        given=[{"parallel_seeds": True}, {"whole_epochs": "yes"}],
    )
    def test_refused_on_the_device_as_a_whole(self, name, given):
        settled = config.resolve({"method": name, "loss": "ce"} | given)
        jax = types.SimpleNamespace(name=lambda: "jax", gpus=lambda: [])
        (setting,) = given
        with (
            mock.patch.object(on_device, "backend", jax),
            self.assertRaisesRegex(
                InputError, f"--{setting}=.* not go with --method={name}"
            ),
        ):
            on_device.check(settled)


if __name__ == "__main__":
    tf.test.main()
