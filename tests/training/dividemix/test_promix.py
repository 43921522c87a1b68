"""ProMix: the selection, a step and the division by hand, and what is settled."""

import types

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import one_layer_networks

import lnl_sr_tf as lnl
from lnl_sr_tf import config, datasets
from lnl_sr_tf.errors import InputError, NotFinite
from lnl_sr_tf.training.build import build_model
from lnl_sr_tf.training.dividemix import plans
from lnl_sr_tf.training.dividemix.division import divide
from lnl_sr_tf.training.dividemix.promix import ProMix
from lnl_sr_tf.training.dividemix.selection import small_losses, sure_of

CLASSES, SIZE, HALF = 3, 12, 2
ALPHA, MOMENTUM = 0.8, 0.7


def linear(seed):
    """A network whose outputs are known."""
    normal = keras.initializers.RandomNormal(0.0, 1.0, seed=seed)
    dense = keras.layers.Dense(CLASSES, kernel_initializer=normal)
    return keras.Sequential([keras.Input((4,)), dense])


def of(network, rows):
    """Its logits, in float64."""
    kernel, bias = (np.array(w, "float64") for w in network.weights)
    return rows @ kernel + bias


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sharpened(p):
    return p**2 / (p**2).sum(axis=1, keepdims=True)


def chosen(losses, labels, classes, share):
    """Of each class, one after the other the smallest, until there are enough."""
    found = np.zeros(len(losses), bool)
    for label in range(classes):
        left = [i for i in range(len(losses)) if labels[i] == label]
        while left and found[labels == label].sum() < share * len(losses) / classes:
            best = min(left, key=lambda i: losses[i])
            found[best] = True
            left.remove(best)
    return found


class SelectionTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(0.01, 0.2, 0.5, 0.7, 1.0)
    def test_small_losses_of_each_class(self, share):
        rng = np.random.default_rng(4)
        labels = rng.choice(5, 203, p=[0.4, 0.3, 0.2, 0.1, 0.0])
        losses = rng.exponential(1.0 + labels, 203)
        found = small_losses(losses, labels, 5, share)
        self.assertAllEqual(found, chosen(losses, labels, 5, share))

    def test_a_whole_number_is_not_the_next_one(self):
        """0.07 · 100 is 7.000000000000001."""
        self.assertEqual(small_losses(np.arange(100), np.zeros(100), 1, 0.07).sum(), 7)

    def test_sure_of_the_label(self):
        u = np.array([0.5, 0.9899, 0.9901, 1.0])
        self.assertAllEqual(sure_of(-np.log(u), 0.99), u > 0.99)


class StepTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.model = ProMix(
            linear(1), linear(2), SIZE, debias=ALPHA, debias_momentum=MOMENTUM
        )
        self.model.compile(keras.optimizers.SGD(0.0), loss=lnl.losses.CrossEntropy())
        self.said = rng.dirichlet(np.ones(CLASSES), (2, 2))
        self.model.said.assign(self.said)
        self.model.unlabelled_weight.assign(3.0)
        index = rng.integers(0, SIZE, (2, 2, 1, HALF)).repeat(2, axis=2).ravel()
        self.x = rng.normal(size=(16, 4)).astype("float32")
        self.y = {
            "label": (index % CLASSES).astype("int32"),
            "index": index.astype("int32"),
            "mixing": rng.uniform(0.5, 1, (16, 2)).astype("float32"),
        }

    def by_hand(self, number):
        networks = [self.model.first, self.model.second]
        own, other = networks[number], networks[1 - number]
        here = slice(8 * number, 8 * number + 8)
        rows, labels, _, mixing = (
            values[here] for values in (self.x, *self.y.values())
        )
        trusted, rest = np.log(self.said[number])
        p = softmax(of(own, rows[4:]) - ALPHA * rest)
        q = softmax(of(other, rows[4:]) - ALPHA * np.log(self.said[1 - number, 1]))
        guessed = sharpened((p[:2] + p[2:] + q[:2] + q[2:]) / 4)
        given = np.eye(CLASSES)[labels[:HALF]]
        aims = np.concatenate([given, given, guessed, guessed])
        share, order = mixing[0, 1], np.argsort(mixing[:, 0])
        mixed = share * rows + (1 - share) * rows[order]
        aims = share * aims + (1 - share) * aims[order]
        logits = of(own, mixed)
        labelled = -(aims[:4] * np.log(softmax(logits[:4] + ALPHA * trusted)))
        unlabelled = (aims[4:] - softmax(logits[4:] + ALPHA * rest)) ** 2
        return labelled.sum(axis=1).mean() + 3.0 * unlabelled.mean()

    def test_loss_by_hand(self):
        expected = self.by_hand(0) + self.by_hand(1)
        logs = self.model.train_on_batch(self.x, self.y, return_dict=True)
        self.assertAllClose(logs["loss"], expected, rtol=1e-5)

    def test_what_is_said_on_the_average(self):
        """Of each network and part, of the images as they are."""
        means = [
            [softmax(of(network, self.x[start : start + 4])).mean(axis=0)]
            for network, start in (
                (self.model.first, 0),
                (self.model.first, 4),
                (self.model.second, 8),
                (self.model.second, 12),
            )
        ]
        means = np.array(means).reshape(2, 2, CLASSES)
        self.model.train_on_batch(self.x, self.y)
        expected = MOMENTUM * self.said + (1 - MOMENTUM) * means
        self.assertAllClose(self.model.said, expected, rtol=1e-5)

    def test_not_in_the_warm_up_nor_in_evaluation(self):
        self.model.train_on_batch(self.x, self.y["label"])
        self.model.evaluate(self.x, self.y["label"], verbose=0)
        self.assertAllClose(self.model.said, self.said)


class DivideTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(40, 4)).astype("float32")
        self.y = rng.integers(0, CLASSES, 40)
        self.data = types.SimpleNamespace(
            train_images=self.x, given_labels=self.y, num_classes=CLASSES
        )
        self.config = config.resolve(
            {
                "method": "promix", "loss": "ce", "epochs": 30, "warmup_epochs": 2,
                "clean_share": 0.1, "clean_confidence": 0.6, "lambda_u": 8,
            }
        )  # fmt: skip
        self.model = ProMix(linear(1), linear(2), 40)

    def test_by_hand(self):
        divide(self.model, self.data, self.config, 1)
        self.assertAllEqual(self.model.clean, np.zeros((2, 40)))
        divide(self.model, self.data, self.config, 6)
        self.assertEqual(float(self.model.unlabelled_weight), 8 * 4 / 16)
        for found, network in zip(
            np.array(self.model.clean),
            (self.model.first, self.model.second),
            strict=True,
        ):
            u = softmax(of(network, self.x))[np.arange(40), self.y]
            small = chosen(-np.log(u), self.y, CLASSES, 0.1)
            self.assertTrue(np.any((u > 0.6) & ~small))
            self.assertAllEqual(found, small | (u > 0.6))

    def test_each_learns_from_its_own_division(self):
        clean = np.zeros((2, 20), "float32")
        clean[0, :5] = clean[1, 5:15] = 1.0
        plan = plans.plan(self.config, 20, 0, 2, clean)
        order = plan.of(2)[0].reshape(-1, 2, 2, 2, self.config.batch_size // 2)
        for network, trusted in ((0, range(5)), (1, range(5, 15))):
            found = set(order[:, network, 0].ravel().tolist())
            self.assertEqual(found, set(trusted))

    def test_not_finite(self):
        self.model.second.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
        with self.assertRaisesRegex(NotFinite, "loss of an example became NaN"):
            divide(self.model, self.data, self.config, 2)


class SettledTest(tf.test.TestCase, parameterized.TestCase):
    def test_built_as_it_is_set(self):
        given = {
            "loss": "ce", "method": "promix", "guess_temperature": 0.7,
            "confidence_penalty": True, "debias": 0.3, "debias_momentum": 0.6,
        }  # fmt: skip
        with one_layer_networks():
            data = datasets.load("digits")
            model = build_model(config.resolve(given), data)
        self.assertIsInstance(model, ProMix)
        self.assertEqual((model.temperature, model.confidence_penalty), (0.7, True))
        self.assertEqual((model.debias, model.debias_momentum), (0.3, 0.6))
        self.assertAllClose(model.said, np.full((2, 2, 10), 0.1))

    @parameterized.parameters(
        ({"loss": "ce_sr"}, "^--method=promix trains --loss=ce, .*received .*ce_sr$"),
        ({"mixup": 0.2}, "--mixup=0.2 does not go with --method=promix, .*mix_alpha"),
        ({"clean_threshold": 0.6}, "--clean_threshold=0.6 has no effect"),
        ({"loss_history": 2}, "--loss_history=2 has no effect"),
        ({"method": "dividemix", "clean_share": 0.2}, "--clean_share=0.2 has no effe"),
        ({"clean_share": 0}, r"expected a number in \(0, 1\]"),
        ({"clean_confidence": 1}, r"expected a number in \(0, 1\)"),
        ({"warmup_epochs": 60}, "--warmup_epochs=60 --epochs=60: no epoch is left"),
    )
    def test_refused(self, given, message):
        with self.assertRaisesRegex(InputError, message):
            config.resolve({"method": "promix", "loss": "ce"} | given)


if __name__ == "__main__":
    tf.test.main()
