"""u and v of each example, and what they do to the loss, against NumPy."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax

from lnl_sr_tf import losses

LEAST = 1e-4


def label_loss(logits, labels, u, v):
    """L of each example, in float64."""
    y = np.eye(logits.shape[-1])[labels]
    added = np.clip(u[:, None] ** 2 * y, 0, 1 - LEAST)
    taken = np.clip(v**2 * (1 - y), 0, 1 - LEAST)
    q = np.maximum(softmax(logits) + added - taken, LEAST)
    q = np.clip(q / q.sum(axis=-1, keepdims=True), LEAST, 1)
    return -np.log((q * y).sum(axis=-1))


def squared_error(logits, labels, u, v):
    y = np.eye(logits.shape[-1])[labels]
    said = np.eye(logits.shape[-1])[logits.argmax(axis=-1)]
    added = np.clip(u[:, None] ** 2 * y, 0, 1 - LEAST)
    taken = np.clip(v**2 * (1 - y), 0, 1 - LEAST)
    return ((said + added - taken - y) ** 2).sum(axis=-1)


def slope(function, x, step=1e-6):
    """Derivatives by each entry of x of what it belongs to, row by row."""
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape[1:]):
        shift = np.zeros_like(x)
        shift[(slice(None), *place)] = step
        found[(slice(None), *place)] = function(x + shift) - function(x - shift)
    return found / (2 * step)


class OverparametrizationTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = 2 * rng.normal(size=(6, 4))
        self.labels = np.array([0, 1, 2, 3, 0, 1])
        self.index = np.array([7, 0, 3, 9, 4, 1])
        self.u = rng.uniform(0.05, 0.7, 10)
        self.v = rng.uniform(0.05, 0.7, (10, 4))
        self.u[7] = self.v[0, 0] = 1.2  # beyond the bound, where nothing moves
        self.loss = losses.get(
            "sop", lr_u=3.0, lr_v=5.0, num_examples=10, num_classes=4
        )
        self.set()

    def set(self):
        for one, value in zip(self.loss.state, (self.u[:, None], self.v), strict=True):
            one.assign(value.astype("float32"))

    def test_value_and_gradient(self):
        value, gradient = value_and_gradient(
            lambda z: self.loss.call(self.labels, z, index=self.index), self.logits
        )
        u, v = self.u[self.index], self.v[self.index]
        expected = label_loss(self.logits, self.labels, u, v)
        self.assertAllClose(value, expected, rtol=1e-5, atol=1e-6)
        expected = slope(lambda z: label_loss(z, self.labels, u, v), self.logits)
        self.assertAllClose(gradient, expected, rtol=1e-3, atol=1e-5)

    def test_a_step_of_u_and_v(self):
        self.loss.call(self.labels, self.logits, index=self.index)
        u, v = self.u.copy(), self.v.copy()
        here = u[self.index], v[self.index]
        u[self.index] -= (
            3
            / 6
            * slope(lambda x: label_loss(self.logits, self.labels, x, here[1]), here[0])
        )
        v[self.index] -= (
            5
            / 6
            * slope(
                lambda x: squared_error(self.logits, self.labels, here[0], x), here[1]
            )
        )
        self.assertAllClose(self.loss.state[0][:, 0], u, rtol=1e-4, atol=1e-5)
        self.assertAllClose(self.loss.state[1], v, rtol=1e-4, atol=1e-5)
        self.assertNotAllClose(self.loss.state[0][:, 0], self.u, atol=1e-3)

    def test_what_is_not_learned_is_fitted_by_u(self):
        """Of two labels the network denies one, which ends without a pull."""
        loss = losses.get("sop", lr_u=1, num_examples=2, num_classes=3)
        logits = np.array([[4.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
        for _ in range(300):
            value = loss.call([0, 1], logits, index=[0, 1])
        u, v = (np.asarray(one) for one in loss.state)
        self.assertLess(u[0, 0] ** 2, 0.1)
        self.assertGreater(u[1, 0] ** 2, 0.9)
        self.assertGreater(v[1, 0] ** 2, 0.9)  # what it says instead
        self.assertAllLess(v[0] ** 2, 1e-9)
        self.assertAllLess(np.asarray(value), 0.1)

    def test_label_that_is_none(self):
        value = self.loss.call([4, -1], self.logits[:2], index=self.index[:2])
        self.assertAllEqual(np.isnan(value), [True] * 2)
        self.assertAllClose(self.loss.state[0][:, 0], self.u)
        self.assertAllClose(self.loss.state[1], self.v)


if __name__ == "__main__":
    tf.test.main()
