"""DivideMix: a step and the division by hand, what is saved, and refusals."""

import dataclasses
import types
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import one_layer_networks
from sklearn.mixture import GaussianMixture

import lnl_sr_tf as lnl
from lnl_sr_tf import config, datasets, schedules
from lnl_sr_tf.devices import choice
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import InputError, NotFinite
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.build import build_model, served_model
from lnl_sr_tf.training.dividemix.division import divide
from lnl_sr_tf.training.dividemix.model import DivideMix
from lnl_sr_tf.training.predict import outputs

CLASSES, SIZE, HALF = 3, 12, 2


def linear(seed):
    """A network whose outputs are known."""
    normal = keras.initializers.RandomNormal(1.0, seed=seed)
    dense = keras.layers.Dense(CLASSES, kernel_initializer=normal)
    return keras.Sequential([keras.Input((4,)), dense])


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sharpened(p):
    return p**2 / (p**2).sum(axis=1, keepdims=True)


class StepTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.model = DivideMix(linear(1), linear(2), SIZE)
        self.compile()
        self.model.clean.assign(rng.random((2, SIZE)))
        self.model.unlabelled_weight.assign(3.0)
        index = rng.integers(0, SIZE, (2, 2, 1, HALF)).repeat(2, axis=2).ravel()
        self.x = rng.normal(size=(16, 4)).astype("float32")
        self.y = {
            "label": (index % CLASSES).astype("int32"),
            "index": index.astype("int32"),
            "mixing": rng.uniform(0.5, 1, (16, 2)).astype("float32"),
        }

    def compile(self):
        self.model.compile(
            keras.optimizers.SGD(0.0), loss=lnl.losses.CrossEntropy(),
            metrics=["accuracy"],
        )  # fmt: skip

    def said(self, network, rows):
        kernel, bias = (np.array(w, "float64") for w in network.weights)
        return rows @ kernel + bias

    def by_hand(self, number):
        """The loss of one network, as the paper has it."""
        networks = [self.model.first, self.model.second]
        own, other = networks[number], networks[1 - number]
        here = slice(8 * number, 8 * number + 8)
        rows, labels, index, mixing = (
            values[here] for values in (self.x, *self.y.values())
        )
        p, q = softmax(self.said(own, rows)), softmax(self.said(other, rows))
        w = np.array(self.model.clean)[1 - number][index[:HALF], None]
        onehot = np.eye(CLASSES)[labels[:HALF]]
        refined = sharpened(w * onehot + (1 - w) * (p[:2] + p[2:4]) / 2)
        guessed = sharpened((p[4:6] + p[6:] + q[4:6] + q[6:]) / 4)
        aims = np.concatenate([refined, refined, guessed, guessed])
        share, order = mixing[0, 1], np.argsort(mixing[:, 0])
        mixed = share * rows + (1 - share) * rows[order]
        aims = share * aims + (1 - share) * aims[order]
        u = softmax(self.said(own, mixed))
        labelled = -(aims[:4] * np.log(u[:4])).sum(axis=1).mean()
        unlabelled = ((aims[4:] - u[4:]) ** 2).mean()
        prior = (np.log(1 / CLASSES / u.mean(axis=0)) / CLASSES).sum()
        return labelled + 3.0 * unlabelled + prior

    def test_loss_by_hand(self):
        logs = self.model.train_on_batch(self.x, self.y, return_dict=True)
        self.assertAllClose(logs["loss"], self.by_hand(0) + self.by_hand(1), rtol=1e-5)
        said = np.concatenate(
            [
                self.said(self.model.first, self.x[:8]),
                self.said(self.model.second, self.x[8:]),
            ]
        )
        hits = said.argmax(axis=1) == self.y["label"]
        self.assertAllClose(logs["accuracy"], hits.mean())

    def test_gradient_of_the_mixed_outputs_alone(self):
        """Guesses are aims: by finite differences they would move the loss too."""
        before = [np.array(w) for w in self.model.first.weights]
        self.model.optimizer.learning_rate = 1e-2
        self.model.train_on_batch(self.x, self.y)
        after = np.array(self.model.first.weights[0])
        found = (before[0] - after) / 1e-2
        for weight, value in zip(self.model.first.weights, before, strict=True):
            weight.assign(value)
        rows, mixing = self.x[:8], self.y["mixing"][:8]
        share, order = mixing[0, 1], np.argsort(mixing[:, 0])
        mixed = share * rows + (1 - share) * rows[order]
        logits = self.said(self.model.first, mixed)
        u, p = softmax(logits), softmax(self.said(self.model.first, rows))
        other = self.second_as_it_was(rows)
        aims = self.aims(p, other, share, order)
        by_logits = np.zeros_like(u)
        by_logits[:4] = (u[:4] - aims[:4]) / 4
        error = 2 * (u[4:] - aims[4:]) / (4 * CLASSES) * 3.0
        by_logits[4:] = u[4:] * (error - (error * u[4:]).sum(axis=1, keepdims=True))
        pull = -1 / (CLASSES * u.mean(axis=0)) / 8
        by_logits += u * (pull - (pull * u).sum(axis=1, keepdims=True))
        self.assertAllClose(found, mixed.T @ by_logits, rtol=1e-3, atol=1e-4)

    def second_as_it_was(self, rows):
        fresh = linear(2)
        return softmax(self.said(fresh, rows))

    def aims(self, p, q, share, order):
        w = np.array(self.model.clean)[1][self.y["index"][:HALF], None]
        onehot = np.eye(CLASSES)[self.y["label"][:HALF]]
        refined = sharpened(w * onehot + (1 - w) * (p[:2] + p[2:4]) / 2)
        guessed = sharpened((p[4:6] + p[6:] + q[4:6] + q[6:]) / 4)
        aims = np.concatenate([refined, refined, guessed, guessed])
        return share * aims + (1 - share) * aims[order]

    @parameterized.parameters(False, True)
    def test_warm_up(self, penalty):
        self.model.confidence_penalty = penalty
        self.compile()
        logs = self.model.train_on_batch(self.x, self.y["label"], return_dict=True)
        expected = 0.0
        for number, network in enumerate((self.model.first, self.model.second)):
            here = slice(8 * number, 8 * number + 8)
            u = softmax(self.said(network, self.x[here]))
            expected -= np.log(u[np.arange(8), self.y["label"][here]]).mean()
            if penalty:
                expected += (u * np.log(u)).sum(axis=1).mean()
        self.assertAllClose(logs["loss"], expected, rtol=1e-5)

    def test_evaluation_is_the_mean_of_both(self):
        mean = (
            self.said(self.model.first, self.x) + self.said(self.model.second, self.x)
        ) / 2
        self.assertAllClose(self.model(self.x), mean, rtol=1e-5)
        self.assertAllClose(outputs(self.model, self.x), mean, rtol=1e-5)
        labels = self.y["label"]
        logs = self.model.evaluate(self.x, labels, verbose=0, return_dict=True)
        expected = -np.log(softmax(mean)[np.arange(16), labels]).mean()
        self.assertAllClose(logs["loss"], expected, rtol=1e-5)
        self.assertAllClose(logs["accuracy"], (mean.argmax(axis=1) == labels).mean())


class DivideTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(40, 4)).astype("float32")
        self.y = rng.integers(0, CLASSES, 40)
        self.data = types.SimpleNamespace(train_images=self.x, given_labels=self.y)
        self.config = config.resolve(
            {
                "method": "dividemix", "loss": "ce", "epochs": 30, "warmup_epochs": 2,
                "lambda_u": 8, "seed": 5,
            }
        )  # fmt: skip
        self.model = DivideMix(linear(1), linear(2), 40, history=2)

    def losses(self, network):
        kernel, bias = (np.array(w, "float64") for w in network.weights)
        u = softmax(self.x @ kernel + bias)
        losses = -np.log(u[np.arange(40), self.y])
        return (losses - losses.min()) / (losses.max() - losses.min())

    def probability(self, losses):
        mixture = GaussianMixture(
            2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=5
        ).fit(losses[:, None])
        said = mixture.predict_proba(losses[:, None])
        return said[:, mixture.means_[:, 0].argmin()]

    def test_nothing_in_the_warm_up(self):
        divide(self.model, self.data, self.config, 1)
        self.assertAllEqual(self.model.clean, np.zeros((2, 40)))

    def test_by_hand(self):
        networks = self.model.first, self.model.second
        old = [self.losses(network) for network in networks]
        divide(self.model, self.data, self.config, 2)
        for found, losses in zip(np.array(self.model.clean), old, strict=True):
            self.assertAllClose(found, self.probability(losses), atol=1e-3)
        self.assertEqual(float(self.model.unlabelled_weight), 0)
        for network in networks:
            network.set_weights([-w for w in network.get_weights()])
        new = [self.losses(network) for network in networks]
        divide(self.model, self.data, self.config, 3)
        for number, found in enumerate(np.array(self.model.clean)):
            mean = (old[number] + new[number]) / 2
            self.assertAllClose(found, self.probability(mean), atol=1e-3)
            self.assertNotAllClose(found, self.probability(new[number]), atol=1e-3)
        self.assertEqual(float(self.model.unlabelled_weight), 8 / 16)

    def test_not_finite(self):
        self.model.second.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
        with self.assertRaisesRegex(NotFinite, "loss of an example became NaN"):
            divide(self.model, self.data, self.config, 2)


class SchedulesTest(tf.test.TestCase):
    def test_unlabelled_weight(self):
        found = [schedules.unlabelled_weight(t, 32.0, 10) for t in (9, 10, 18, 26, 99)]
        self.assertEqual(found, [0, 0, 16, 32, 32])

    def test_step(self):
        rates = [schedules.step_learning_rate(t, 0.5, 300, 0.5) for t in (0, 149, 150)]
        self.assertAllClose(rates, [0.5, 0.5, 0.05])


class RunTest(tf.test.TestCase, parameterized.TestCase):
    def test_served_is_the_mean_of_both(self):
        with one_layer_networks():
            data = datasets.load("digits")
            settled = config.resolve(
                {"loss": "ce", "method": "dividemix", "loss_history": 3,
                 "guess_temperature": 0.7, "confidence_penalty": True}
            )  # fmt: skip
            model = build_model(settled, data)
        self.assertEqual(model.past_losses.shape, (2, 3, len(data.given_labels)))
        self.assertEqual((model.temperature, model.confidence_penalty), (0.7, True))
        images = data.test_images[:8]
        first, second = model.first(images), model.second(images)
        self.assertNotAllClose(first, second)
        path = self.get_temp_dir() + "/served.keras"
        served_model(model).save(path)
        loaded = keras.models.load_model(path)
        self.assertAllClose(loaded(images), (first + second) / 2, rtol=1e-5, atol=1e-5)
        self.assertEqual(loaded.get_layer("features").output.shape, (None, 64))

    @parameterized.parameters(
        (
            {"loss": "ce_sr"},
            "^--method=dividemix trains --loss=ce, .*received .*ce_sr$",
        ),
        ({"loss": "elr"}, "trains --loss=ce, .*received --loss=elr"),
        ({"epochs": 10}, "--warmup_epochs=10 --epochs=10: no epoch is left"),
        ({"batch_size": 1}, "--batch_size=1: expected at least 2"),
        (
            {"mixup": 0.2},
            "--mixup=0.2 does not go with --method=dividemix, .*mix_alpha",
        ),
        ({"balance": "class_balanced"}, "--balance=class_balanced does not go with"),
        ({"prior_weight": 2}, "--prior_weight=2.* does not go with --method=dividemix"),
        ({"votes_file": "v.csv", "votes": "soft", "noise": "none"}, "--votes=soft"),
        ({"clean_threshold": 1}, r"expected a number in \(0, 1\)"),
        ({"method": "standard", "lambda_u": 2}, "--lambda_u=2 has no effect"),
    )
    def test_refused(self, given, message):
        with self.assertRaisesRegex(InputError, message):
            config.resolve(
                {"method": "dividemix", "loss": "ce", "warmup_epochs": 10} | given
                if "lambda_u" not in given
                else {"loss": "ce"} | given
            )

    def test_refused_on_several_devices(self):
        settled = config.resolve({"method": "dividemix", "loss": "ce"})
        several = dataclasses.replace(Devices(), kind="mirrored")
        with self.assertRaisesRegex(InputError, "--method=dividemix is for one device"):
            choice.check(settled, several)
        choice.check(settled, Devices())

    @parameterized.parameters("parallel_seeds", "whole_epochs")
    def test_refused_on_the_device_as_a_whole(self, name):
        value = {"parallel_seeds": True, "whole_epochs": "yes"}[name]
        settled = config.resolve({"method": "dividemix", "loss": "ce", name: value})
        jax = types.SimpleNamespace(name=lambda: "jax", gpus=lambda: [])
        with (
            mock.patch.object(on_device, "backend", jax),
            self.assertRaisesRegex(InputError, f"--{name}=.* not go with --method=div"),
        ):
            on_device.check(settled)


if __name__ == "__main__":
    tf.test.main()
