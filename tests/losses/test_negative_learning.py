"""Complementary labels and their draws."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import losses


class NegativeLearningTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(2, 3, 10)
    def test_never_the_given_label(self, classes):
        """Where u is the label's one-hot vector, no other class costs anything."""
        labels = np.tile(np.arange(classes), 500)
        logits = 50.0 * np.eye(classes)[labels]
        loss = losses.NegativeLearning(seed=1, reduction=None)
        for _ in range(5):
            self.assertAllClose(loss(labels, logits), np.zeros(len(labels)), atol=1e-6)

    def test_every_other_class_alike(self):
        labels = np.full(9000, 4)
        for other in (0, 3, 5, 9):
            logits = np.tile(50.0 * np.eye(10)[other], (9000, 1))
            values = losses.NegativeLearning(seed=2, reduction=None)(labels, logits)
            # 1000 of 9000 are expected, with a standard deviation of 30.
            self.assertAllClose(np.mean(np.asarray(values) > 1), 1 / 9, atol=0.012)

    def test_drawn_anew_in_a_compiled_step(self):
        logits = np.random.default_rng(0).normal(size=(64, 10)).astype("float32")
        labels = np.arange(64) % 10
        loss = losses.NegativeLearning(seed=3)
        if keras.backend.backend() == "tensorflow":
            step = tf.function(lambda y, z: loss(y, z))
        else:
            step = loss
        first, second = (float(step(labels, logits)) for _ in range(2))
        self.assertNotEqual(first, second)

    def test_state_brings_the_draws_back(self):
        logits = np.random.default_rng(0).normal(size=(64, 10))
        labels = np.arange(64) % 10
        loss = losses.get("nlnl_sr", seed=4)
        loss(labels, logits)
        kept = [np.array(variable) for variable in loss.state]
        expected = [float(loss(labels, logits)) for _ in range(3)]
        twin = losses.get("nlnl_sr", seed=99)
        for variable, value in zip(twin.state, kept, strict=True):
            variable.assign(value)
        self.assertEqual([float(twin(labels, logits)) for _ in range(3)], expected)


if __name__ == "__main__":
    tf.test.main()
