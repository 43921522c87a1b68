"""The memory of early-learning regularization, and what it does to the loss."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax

from lnl_sr_tf import losses


class EarlyLearningTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(3, 6, 4)).astype("float32")
        self.labels = np.array([0, 1, 2, 3, 0, 1])
        self.index = np.array([7, 0, 3, 9, 4, 1])
        self.loss = losses.EarlyLearningRegularization(
            strength=3.0, momentum=0.7, num_examples=10, num_classes=4
        )

    def test_against_the_formula(self):
        average = np.zeros((6, 4))
        for logits in self.logits:
            u = np.clip(softmax(logits.astype("float64")), 1e-4, 1 - 1e-4)
            average = 0.7 * average + 0.3 * u / u.sum(axis=1, keepdims=True)
            expected = -np.log(softmax(logits)[np.arange(6), self.labels])
            expected += 3 * np.log(1 - (average * u).sum(axis=1))
            found = self.loss.call(self.labels, logits, index=self.index)
            self.assertAllClose(found, expected, rtol=2e-3)
        (memory,) = self.loss.state
        self.assertEqual(memory.dtype, "float32")
        self.assertAllClose(np.asarray(memory)[self.index], average, atol=1e-3)
        others = np.setdiff1d(np.arange(10), self.index)
        self.assertAllEqual(np.asarray(memory)[others], np.zeros((4, 4)))

    def test_gradient_holds_the_average_constant(self):
        first, second = self.logits[:2]
        self.loss.call(self.labels, first, index=self.index)
        kept = np.asarray(self.loss.state[0])
        _, gradient = value_and_gradient(
            lambda z: self.loss.call(self.labels, z, index=self.index), second
        )
        u = softmax(second.astype("float64"))
        average = 0.7 * kept[self.index] + 0.3 * u
        # ∂/∂z of −log u_y + 3 log(1 − Σ t u).
        agreement = (average * u).sum(axis=1, keepdims=True)
        expected = u - np.eye(4)[self.labels]
        expected -= 3 * u * (average - agreement) / (1 - agreement)
        self.assertAllClose(gradient, expected, rtol=1e-3, atol=1e-4)


if __name__ == "__main__":
    tf.test.main()
