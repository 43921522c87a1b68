"""The mixture of losses against scikit-learn's, used directly and by hand."""

import warnings

import numpy as np
import tensorflow as tf
from sklearn.mixture import GaussianMixture

from lnl_sr_tf.training.dividemix.mixture import clean_probability, scaled


def losses_of_two_kinds():
    rng = np.random.default_rng(3)
    return np.concatenate([rng.gamma(2, 0.1, 300), rng.normal(2.5, 0.3, 700)])


class MixtureTest(tf.test.TestCase):
    def test_scaled(self):
        self.assertAllClose(scaled([3, 1, 2, 5]), [0.5, 0, 0.25, 1])
        self.assertAllEqual(scaled([2, 2, 2]), [0, 0, 0])

    def test_is_that_of_scikit_learn(self):
        losses = scaled(losses_of_two_kinds())
        theirs = GaussianMixture(
            n_components=2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=7
        ).fit(losses.reshape(-1, 1))
        said = theirs.predict_proba(losses.reshape(-1, 1))
        smaller = 0 if theirs.means_[0, 0] < theirs.means_[1, 0] else 1
        self.assertAllEqual(clean_probability(losses, seed=7), said[:, smaller])

    def test_is_bayes_rule(self):
        """π_c N(ℓ; μ_c, σ_c²) over the sum of both."""
        losses = scaled(losses_of_two_kinds())
        found = clean_probability(losses)
        mixture = GaussianMixture(
            2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=0
        ).fit(losses[:, None])
        mean, variance = mixture.means_[:, 0], mixture.covariances_[:, 0, 0]
        densities = mixture.weights_ * np.exp(
            -((losses[:, None] - mean) ** 2) / (2 * variance)
        )
        densities /= np.sqrt(variance)
        expected = densities[:, mean.argmin()] / densities.sum(axis=1)
        self.assertAllClose(found, expected, atol=1e-9)
        self.assertGreater(found[:300].mean(), 0.95)
        self.assertLess(found[300:].mean(), 0.05)

    def test_the_small_component_may_be_either(self):
        losses = losses_of_two_kinds()
        for seed in range(5):
            found = clean_probability(scaled(losses), seed)
            self.assertGreater(found[losses.argmin()], 0.9)

    def test_not_converged_is_not_told(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            clean_probability(np.random.default_rng(0).random(500))


if __name__ == "__main__":
    tf.test.main()
