"""Weights by Rockafellian relaxation against the linear program that they solve."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax
from scipy.optimize import linprog

import lnl_sr_tf as lnl
from lnl_sr_tf import losses


def program(costs, gamma):
    """The least of Σ p_i c_i + γ/2 Σ |p_i − 1/N| over all distributions p."""
    n = len(costs)
    eye = np.eye(n)
    found = linprog(
        np.concatenate([costs, np.full(n, gamma / 2)]),
        # p − 1/N ≤ d and 1/N − p ≤ d.
        A_ub=np.block([[eye, -eye], [-eye, -eye]]),
        b_ub=np.concatenate([np.full(n, 1 / n), np.full(n, -1 / n)]),
        A_eq=np.concatenate([np.ones(n), np.zeros(n)])[None],
        b_eq=[1.0],
    )
    return found.fun


class RelaxationTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = 2 * rng.normal(size=(12, 4)).astype("float32")
        self.labels = rng.integers(0, 4, 12)
        self.index = rng.permutation(12)
        u = softmax(self.logits.astype("float64"))
        self.values = -np.log(u[np.arange(12), self.labels])
        self.slopes = u - np.eye(4)[self.labels]

    def made(self, **params):
        return losses.get("rrm_ce", num_examples=12, share=1.0, **params)

    def seen(self, loss):
        return loss.call(self.labels, self.logits, index=self.index)

    @parameterized.parameters(0.1, 0.5, 1.5, 3.0, 50.0)
    def test_weights_solve_the_program(self, cost):
        loss = self.made(cost=cost)
        self.seen(loss)
        loss.reweigh()
        weights = np.asarray(loss.state[0], "float64")[self.index]
        p = weights / 12
        self.assertAllClose(p.sum(), 1.0)
        self.assertAllGreaterEqual(p, 0.0)
        least = p @ self.values + cost / 2 * np.abs(p - 1 / 12).sum()
        self.assertAllClose(least, program(self.values, cost), rtol=1e-5)
        gone = self.values > self.values.min() + cost
        self.assertAllEqual(weights == 0.0, gone)

    def test_equal_smallest_losses_share(self):
        loss = self.made(cost=1.0)
        logits = np.array([[40.0, 0.0]] * 3 + [[0.0, 9.0]], "float32")
        loss.call([0, 0, 0, 0], logits, index=np.arange(4))
        loss.reweigh()
        expected = [4 / 3] * 3 + [0.0] + [1.0] * 8  # the rest were not seen
        self.assertAllClose(loss.state[0], expected)

    def test_value_and_gradient_are_weighed(self):
        loss = self.made(cost=0.5)
        self.assertAllClose(self.seen(loss), self.values, rtol=1e-5)
        loss.reweigh()
        weights = np.asarray(loss.state[0])[self.index]
        value, gradient = value_and_gradient(
            lambda z: loss.call(self.labels, z, index=self.index), self.logits
        )
        self.assertAllClose(value, weights * self.values, rtol=1e-5)
        self.assertAllClose(
            gradient, weights[:, None] * self.slopes, rtol=1e-4, atol=1e-6
        )
        # As in evaluation.
        self.assertAllClose(loss.call(self.labels, self.logits), self.values, rtol=1e-5)

    def test_a_part_of_the_way(self):
        loss = losses.get("rrm_ce", num_examples=12, cost=0.5, share=0.25)
        self.seen(loss)
        whole = self.made(cost=0.5)
        self.seen(whole)
        loss.reweigh()
        whole.reweigh()
        expected = 0.25 * np.asarray(whole.state[0]) + 0.75
        self.assertAllClose(loss.state[0], expected)

    def test_a_known_share_of_wrong_labels(self):
        loss = losses.get("rrm_ce", num_examples=12, contamination=0.25)
        self.seen(loss)
        loss.reweigh()
        weights = np.asarray(loss.state[0])[self.index]
        self.assertAllEqual(
            np.flatnonzero(weights == 0), np.sort(np.argsort(self.values)[-3:])
        )
        self.assertAllClose(weights.sum(), 12.0)

    def test_nothing_seen_changes_nothing(self):
        loss = self.made()
        loss.reweigh()
        self.assertAllEqual(loss.state[0], np.ones(12))

    def test_warns_of_the_absolute_error(self):
        with self.assertWarnsRegex(UserWarning, "makes the absolute error worse"):
            losses.RockafellianRelaxation(losses.get("mae"))

    def test_reweighing_every_other_epoch(self):
        inputs = keras.Input((4,))
        model = lnl.training.RobustModel(inputs, keras.layers.Dense(4)(inputs))
        loss = losses.SparseRegularization(self.made(cost=0.01, every=2))
        model.compile("sgd", loss=loss)
        changed = []
        model.fit(
            self.logits,
            {"label": self.labels, "index": self.index},
            epochs=3,
            verbose=0,
            callbacks=[
                lnl.callbacks.Reweighing(),
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda *_: changed.append(np.asarray(loss.state[0]))
                ),
            ],
        )
        self.assertAllEqual(changed[0], np.ones(12))
        self.assertLess(np.count_nonzero(changed[1]), 12)
        self.assertAllEqual(changed[2], changed[1])


if __name__ == "__main__":
    tf.test.main()
