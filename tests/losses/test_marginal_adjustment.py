"""Predictions that are adjusted by what is said on the whole, against NumPy."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax

import lnl_sr_tf as lnl
from lnl_sr_tf import losses

EXAMPLES, CLASSES, MOMENTUM = 12, 4, 0.5


class AdjustmentTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(3)
        # The first class is said for nearly all of them.
        logits = rng.normal(size=(3, 6, CLASSES)) + np.array([1.5, 0.0, 0.0, 0.0])
        self.batches = logits.astype("float32")
        self.index = np.stack([rng.permutation(EXAMPLES)[:6] for _ in range(3)])
        self.given = rng.integers(0, CLASSES, EXAMPLES)
        self.loss = self.made()

    def made(self, **params):
        sizes = {"num_examples": EXAMPLES, "num_classes": CLASSES}
        return losses.get("mda_ce", **({"momentum": MOMENTUM} | sizes | params))

    def seen(self, loss):
        for logits, index in zip(self.batches, self.index, strict=True):
            loss.call(self.given[index], logits, index=index)

    def by_hand(self):
        """Who agreed in the end, and m, in float64."""
        marginal, agreed = np.full(CLASSES, 1 / CLASSES), np.ones(EXAMPLES)
        for logits, index in zip(self.batches, self.index, strict=True):
            u = softmax(logits.astype("float64"))
            marginal = MOMENTUM * marginal + (1 - MOMENTUM) * u.mean(axis=0)
            adjusted = u / marginal / (u / marginal).sum(axis=1, keepdims=True)
            agreed[index] = adjusted.argmax(axis=1) == self.given[index]
        return agreed, marginal

    def test_against_numpy(self):
        self.seen(self.loss)
        agreed, marginal = self.by_hand()
        trusted, found, average = (np.asarray(one) for one in self.loss.state)
        self.assertAllEqual(found, agreed)
        self.assertAllClose(average, marginal, rtol=1e-6)
        self.assertAllEqual(trusted, np.ones(EXAMPLES))
        self.loss.select()
        self.assertAllEqual(self.loss.trusted, agreed > 0)
        plain = np.ones(EXAMPLES)
        for logits, index in zip(self.batches, self.index, strict=True):
            plain[index] = logits.argmax(axis=1) == self.given[index]
        self.assertNotAllEqual(agreed, plain)  # m changes who is trusted

    def test_value_and_gradient_of_those_that_are_trusted(self):
        self.seen(self.loss)
        self.loss.select()
        logits, index = self.batches[0], self.index[0]
        trusted = np.asarray(self.loss.trusted, "float64")[index]
        self.assertBetween(trusted.sum(), 1, 5)
        u, rows = softmax(logits.astype("float64")), np.arange(6)
        value, gradient = value_and_gradient(
            lambda z: self.loss.call(self.given[index], z, index=index), logits
        )
        expected = -np.log(u[rows, self.given[index]])
        self.assertAllClose(value, trusted * expected, rtol=1e-5)
        slopes = u - np.eye(CLASSES)[self.given[index]]
        self.assertAllClose(gradient, trusted[:, None] * slopes, rtol=1e-4, atol=1e-6)
        # As in evaluation.
        self.assertAllClose(
            self.loss.call(self.given[index], logits), expected, rtol=1e-5
        )

    @parameterized.parameters("one_hot", "column", "probabilities")
    def test_other_forms(self, form):
        twin = self.made(from_logits=form != "probabilities")
        for logits, index in zip(self.batches, self.index, strict=True):
            given = self.given[index]
            labels = np.eye(CLASSES)[given] if form == "one_hot" else given
            labels = given[:, None] if form == "column" else labels
            said = softmax(logits) if form == "probabilities" else logits
            twin.call(labels, said, index=index)
        self.seen(self.loss)
        for ours, theirs in zip(twin.state, self.loss.state, strict=True):
            self.assertAllClose(ours, theirs, rtol=1e-5)

    def test_nobody_agrees(self):
        logits = np.tile(np.array([[9.0, 0.0, 0.0, 0.0]], "float32"), (EXAMPLES, 1))
        loss = self.made(momentum=0.99)
        loss.call(np.ones(EXAMPLES, int), logits, index=np.arange(EXAMPLES))
        loss.select()
        self.assertAllEqual(loss.trusted, [True] * EXAMPLES)

    def test_selection_after_the_warm_up(self):
        inputs = keras.Input((CLASSES,))
        model = lnl.training.RobustModel(inputs, keras.layers.Dense(CLASSES)(inputs))
        loss = losses.SparseRegularization(self.made(warmup=2))
        model.compile(keras.optimizers.SGD(0.0), loss=loss)
        trusted = []
        rows = np.random.default_rng(0).normal(size=(EXAMPLES, CLASSES))
        model.fit(
            rows,
            {"label": self.given, "index": np.arange(EXAMPLES)},
            epochs=2,
            verbose=0,
            callbacks=[
                lnl.callbacks.ExampleSelection(),
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda *_: trusted.append(loss.loss.trusted.sum())
                ),
            ],
        )
        self.assertEqual(trusted[0], EXAMPLES)
        self.assertLess(trusted[1], EXAMPLES)


if __name__ == "__main__":
    tf.test.main()
