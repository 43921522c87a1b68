"""Targets and terms of DivideMix against their formulas in NumPy."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.training.dividemix import targets, terms


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def random(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


class TargetsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(0.1, 0.5, 1.0)
    def test_sharpened(self, temperature):
        p = softmax(random(5, 4).astype("float64"))
        expected = p ** (1 / temperature)
        expected /= expected.sum(axis=1, keepdims=True)
        self.assertAllClose(targets.sharpened(p, temperature), expected)

    def test_sharpened_far(self):
        """Each power alone would be 0 in float32."""
        p = np.array([[0.3, 0.3, 0.4]], "float32")
        found = targets.sharpened(p, 0.01)
        self.assertAllClose(found, [[0, 0, 1]], atol=1e-6)
        self.assertAllClose(targets.sharpened(np.full((1, 4), 0.25, "float32"), 0.01),
                            np.full((1, 4), 0.25))  # fmt: skip

    def test_refined(self):
        own = softmax(random(2, 3, 4))
        labels = np.eye(4, dtype="float32")[[0, 3, 1]]
        clean = np.array([1.0, 0.6, 0.0], "float32")
        said = (own[0] + own[1]) / 2
        mean = clean[:, None] * labels + (1 - clean[:, None]) * said
        expected = mean**2 / (mean**2).sum(axis=1, keepdims=True)
        found = targets.refined(labels, clean, own, 0.5)
        self.assertAllClose(found, expected)
        self.assertAllClose(found[0], labels[0])

    def test_guessed(self):
        own, other = softmax(random(2, 3, 4)), softmax(random(2, 3, 5)[..., :4])
        mean = (own[0] + own[1] + other[0] + other[1]) / 4
        expected = mean**2 / (mean**2).sum(axis=1, keepdims=True)
        self.assertAllClose(targets.guessed(own, other, 0.5), expected)


class TermsTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.logits, self.aims = random(6, 4), softmax(random(6, 5)[:, :4])
        self.u = softmax(self.logits.astype("float64"))

    def test_cross_entropy(self):
        expected = -(self.aims * np.log(self.u)).sum(axis=1).mean()
        self.assertAllClose(terms.cross_entropy(self.aims, self.logits), expected)

    def test_squared_error(self):
        expected = ((self.aims - self.u) ** 2).sum() / (6 * 4)
        self.assertAllClose(terms.squared_error(self.aims, self.logits), expected)

    def test_uniform_prior(self):
        mean = self.u.mean(axis=0)
        expected = sum(0.25 * np.log(0.25 / mean[i]) for i in range(4))
        self.assertAllClose(terms.uniform_prior(self.logits), expected)
        self.assertGreater(expected, 0.01)

    def test_uniform_prior_at_its_ends(self):
        balanced = 50 * np.eye(4, dtype="float32")
        self.assertAllClose(terms.uniform_prior(balanced), 0, atol=1e-6)
        one_class = np.float32([[500, 0, 0, 0]] * 3)
        found = terms.uniform_prior(one_class)
        self.assertAllClose(found, -0.75 * np.log(1e-7) - np.log(4), rtol=1e-5)

    def test_negative_entropy(self):
        expected = (self.u * np.log(self.u)).sum(axis=1).mean()
        self.assertAllClose(terms.negative_entropy(self.logits), expected)
        self.assertAllClose(terms.negative_entropy(np.float32([[900, 0]])), 0)


if __name__ == "__main__":
    tf.test.main()
