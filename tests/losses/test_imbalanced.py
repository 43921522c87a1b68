"""Weights by class, and adjusted logits."""

import collections

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax

from lnl_sr_tf import losses

COUNTS = [700, 250, 50]


class ImbalancedTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(12, 3))
        self.labels = np.arange(12) % 3

    def test_class_balanced(self):
        """(1 − β) / (1 − β^n), scaled to a mean of 1 over the examples."""
        beta = 0.99
        weights = (1 - beta) / (1 - beta ** np.array(COUNTS))
        weights *= 1000 / np.sum(weights * COUNTS)
        loss = losses.ClassBalanced(losses.CrossEntropy(), COUNTS, beta)
        plain = np.asarray(losses.CrossEntropy().call(self.labels, self.logits))
        self.assertAllClose(
            loss.call(self.labels, self.logits), weights[self.labels] * plain, 1e-5
        )

    def test_class_balanced_beside_the_published_average(self):
        """Over the classes it would make the loss 5.85 times smaller, says the docs."""
        counts = np.floor(5000 * 0.01 ** (np.arange(10) / 9))
        loss = losses.ClassBalanced(losses.CrossEntropy(), counts.tolist())
        labels, logits = np.arange(10), np.zeros((10, 10))
        ours = np.asarray(loss.call(labels, logits)) / np.log(10)
        published = (1 - 0.9999) / (1 - 0.9999**counts)
        published *= 10 / published.sum()
        self.assertAllClose(ours / published, np.full(10, 5.85), atol=0.005)
        self.assertAllClose(np.average(ours, weights=counts), 1.0)

    def test_class_balanced_at_its_ends(self):
        plain = losses.CrossEntropy().call(self.labels, self.logits)
        even = losses.ClassBalanced(losses.CrossEntropy(), COUNTS, beta=0.0)
        self.assertAllClose(even.call(self.labels, self.logits), plain, rtol=1e-5)
        inverse = losses.ClassBalanced(losses.CrossEntropy(), COUNTS, 0.9999999)
        expected = np.asarray(plain) * (1000 / 3 / np.array(COUNTS))[self.labels]
        self.assertAllClose(inverse.call(self.labels, self.logits), expected, rtol=1e-3)

    def test_class_without_examples(self):
        loss = losses.ClassBalanced(losses.CrossEntropy(), [10, 0, 5])
        values = np.asarray(loss.call(self.labels, self.logits))
        self.assertAllEqual(values[self.labels == 1], np.zeros(4))
        loss = losses.LogitAdjusted(losses.CrossEntropy(), [10, 0, 5])
        self.assertTrue(np.isfinite(loss.call(self.labels, self.logits)).all())

    def test_logit_adjusted(self):
        shares = np.array(COUNTS) / 1000
        adjusted = softmax(self.logits + 0.5 * np.log(shares))
        loss = losses.LogitAdjusted(losses.CrossEntropy(), COUNTS, tau=0.5)
        self.assertAllClose(
            loss.call(self.labels, self.logits),
            -np.log(adjusted[np.arange(12), self.labels]),
            rtol=1e-5,
        )

    def test_logit_adjusted_learns_what_is_beside_the_prior(self):
        """Where labels are as the prior says, equal logits are the optimum."""
        loss = losses.LogitAdjusted(losses.CrossEntropy(), COUNTS)
        prior = np.array([COUNTS]) / 1000
        _, gradient = value_and_gradient(
            lambda z: loss.call(prior, z), np.zeros((1, 3))
        )
        self.assertAllClose(gradient, np.zeros((1, 3)), atol=1e-6)

    @parameterized.parameters(losses.ClassBalanced, losses.LogitAdjusted)
    def test_around_any_loss_and_under_sparse_regularization(self, wrapper):
        for name in ("gce", "nce_rce", "nfl_mae"):
            loss = wrapper(losses.get(name), COUNTS)
            twin = keras.losses.deserialize(keras.losses.serialize(loss))
            value = loss.call(self.labels, self.logits)
            self.assertAllClose(twin.call(self.labels, self.logits), value)
            wrapped = losses.SparseRegularization(loss, 0.1, 2.0)
            expected = np.asarray(value) + 2.0 * np.asarray(wrapped.norm(self.logits))
            self.assertAllClose(wrapped.call(self.labels, self.logits), expected)

    def test_weights_of_counts(self):
        """Not those of a Counter's keys, [0, 0.75, 1.5]."""
        loss = losses.ClassBalanced(losses.CrossEntropy(), [90, 9, 1])
        even = np.zeros((3, 3), "float32")
        weights = np.asarray(loss.call(np.arange(3), even)) / np.log(3)
        self.assertAllClose(weights, [0.37, 3.70, 33.28], atol=0.01)

    @parameterized.product(
        wrapper=(losses.ClassBalanced, losses.LogitAdjusted),
        counts=(
            collections.Counter([0] * 90 + [2] + [1] * 9),
            {0: 90, 1: 9, 2: 1},
            {90, 9, 1},
            {0: 90, 1: 9, 2: 1}.items(),
            "910",
            ["90", "9", "1"],
            [[90, 9, 1]],
            90,
            [90, [9], 1],
        ),
    )
    def test_counts_that_are_no_list_of_numbers(self, wrapper, counts):
        with self.assertRaisesRegex(ValueError, "`counts`: expected"):
            wrapper(losses.CrossEntropy(), counts)

    def test_series_in_an_order_of_its_own(self):
        """That of `value_counts()` is by frequency."""

        class Series(list):
            index = (0, 2, 1)
            value_counts = None

        with self.assertRaisesRegex(ValueError, r"order of the classes.*\[0, 2, 1\]"):
            losses.ClassBalanced(losses.CrossEntropy(), Series([90, 9, 1]))
        Series.index = (0, 1, 2)
        losses.ClassBalanced(losses.CrossEntropy(), Series([90, 9, 1]))

    @parameterized.parameters(losses.ClassBalanced, losses.LogitAdjusted)
    def test_errors(self, wrapper):
        for counts in ([], [0, 0], [1, -1], [float("nan"), 1], [1, float("inf")]):
            with self.assertRaisesRegex(ValueError, "`counts` must say how many"):
                wrapper(losses.CrossEntropy(), counts)
        with self.assertRaisesRegex(ValueError, "is for 2 classes. Received .*12, 3"):
            wrapper(losses.CrossEntropy(), [1, 2]).call(self.labels, self.logits)

    @parameterized.parameters(losses.ClassBalanced, losses.LogitAdjusted)
    def test_sequences_and_maps(self, wrapper):
        loss = wrapper(losses.get("nce_rce"), COUNTS)
        flat = loss.call(self.labels, self.logits)
        for shape in ((3, 4), (3, 2, 2)):
            found = loss.call(
                self.labels.reshape(shape), self.logits.reshape(*shape, 3)
            )
            self.assertAllClose(found, np.reshape(flat, shape), rtol=1e-5)


if __name__ == "__main__":
    tf.test.main()
