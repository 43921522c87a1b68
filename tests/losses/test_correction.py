"""Correction by a transition matrix: the theorems, and matrices that are none."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient
from helpers.loss_table import softmax

from lnl_sr_tf import losses, noise


class CorrectionTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.logits = rng.normal(size=(32, 4))
        self.true = rng.integers(0, 4, 32)
        self.matrix = noise.symmetric_matrix(4, 0.5)
        self.matrix[0] = [0.4, 0.3, 0.2, 0.1]

    def test_backward_is_unbiased(self):
        """E[L(u, given) | true] is cross-entropy of the true label: Theorem 1."""
        loss = losses.BackwardCorrection(self.matrix)
        given = self.matrix[self.true]  # as distributions
        expected = -np.log(softmax(self.logits))[np.arange(32), self.true]
        self.assertAllClose(loss.call(given, self.logits), expected, rtol=1e-4)

    def test_forward_is_least_at_the_true_posterior(self):
        """E[L] over given labels has its minimum where u is P(true | x): Theorem 2."""
        loss = losses.ForwardCorrection(self.matrix)
        posterior = np.random.default_rng(1).dirichlet(np.ones(4), size=8)
        given = posterior @ self.matrix
        _, gradient = value_and_gradient(
            lambda z: loss.call(given, z), np.log(posterior)
        )
        self.assertAllClose(gradient, np.zeros((8, 4)), atol=1e-6)
        best = np.asarray(loss.call(given, np.log(posterior)))
        moved = np.asarray(loss.call(given, np.log(posterior) + self.logits[:8]))
        self.assertTrue(np.all(moved > best))

    def test_badly_fitted_examples_come_back(self):
        """Also where T has zeros, as pairflip noise and the identity do."""
        logits = np.array([[40.0, 0.0, 0.0, 0.0]])
        for matrix in (np.eye(4), noise.pairflip_matrix(4, 0.4)):
            loss = losses.ForwardCorrection(matrix)
            _, gradient = value_and_gradient(lambda z, f=loss: f.call([2], z), logits)
            self.assertGreater(gradient[0, 0], 0.9)

    @parameterized.parameters("forward", "backward")
    def test_matrix_from_numpy_and_back(self, name):
        loss = losses.get(name, matrix=self.matrix)
        twin = type(loss).from_config(loss.get_config())
        self.assertAllEqual(twin.matrix, self.matrix.tolist())

    @parameterized.parameters(
        ([[0.5, 0.5]], r"`matrix`: expected a square matrix, .* shape \(1, 2\)"),
        ([[0.5, 0.6], [0, 1]], "`matrix`, row 0: .* sum to 1 .*received 0.5, 0.6, "),
        ([[1.2, -0.2], [0, 1]], "row 0: .*at least 0, .*received 1.2, -0.2"),
        ([[np.nan, 1], [0, 1]], "row 0: .*received nan"),
        ({0: [0.5, 0.5], 1: [0.5, 0.5]}, "`matrix`: expected numbers in their order"),
        ([{0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}], "`matrix`: expected numbers"),
        ([[0.5, 0.5], [1]], "`matrix`: expected numbers, in rows of the same"),
        ([["0.5", "0.5"], ["0", "1"]], "`matrix`: expected numbers"),
    )
    def test_no_transition_matrix(self, matrix, message):
        for name in ("forward", "backward"):
            with self.assertRaisesRegex(ValueError, message):
                losses.get(name, matrix=matrix)

    def test_no_inverse(self):
        """Symmetric noise of 1 − 1/k says the same of every class."""
        matrix = noise.symmetric_matrix(4, 0.75)
        losses.ForwardCorrection(matrix)
        with self.assertRaisesRegex(ValueError, "must have an inverse"):
            losses.BackwardCorrection(matrix)

    @parameterized.parameters("forward", "backward")
    def test_other_number_of_classes(self, name):
        with self.assertRaisesRegex(ValueError, "is for 4 classes. Received .*32, 3"):
            losses.get(name, matrix=self.matrix).call(self.true, self.logits[:, :3])


if __name__ == "__main__":
    tf.test.main()
