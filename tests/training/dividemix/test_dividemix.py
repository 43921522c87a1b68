"""DivideMix's division by hand, and its schedules."""

import numpy as np
import tensorflow as tf
from helpers.dividing import said, softmax, to_divide
from sklearn.mixture import GaussianMixture

from lnl_sr_tf import schedules
from lnl_sr_tf.training.dividemix.division import divide


class DivideTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.model, self.data, self.config = to_divide(
            "dividemix", np.random.default_rng(0)
        )

    def losses(self, network):
        u = softmax(said(network, self.data.train_images))
        losses = -np.log(u[np.arange(40), self.data.given_labels])
        return (losses - losses.min()) / (losses.max() - losses.min())

    def probability(self, losses):
        mixture = GaussianMixture(
            2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=5
        ).fit(losses[:, None])
        found = mixture.predict_proba(losses[:, None])
        return found[:, mixture.means_[:, 0].argmin()]

    def test_by_hand(self):
        networks = self.model.first, self.model.second
        old = [self.losses(network) for network in networks]
        divide(self.model, self.data, self.config, 2)
        for found, losses in zip(np.array(self.model.clean), old, strict=True):
            self.assertAllClose(found, self.probability(losses), atol=1e-3)
        for network in networks:
            network.set_weights([-w for w in network.get_weights()])
        new = [self.losses(network) for network in networks]
        divide(self.model, self.data, self.config, 3)
        for number, found in enumerate(np.array(self.model.clean)):
            mean = (old[number] + new[number]) / 2
            self.assertAllClose(found, self.probability(mean), atol=1e-3)
            self.assertNotAllClose(found, self.probability(new[number]), atol=1e-3)


class SchedulesTest(tf.test.TestCase):
    def test_unlabelled_weight(self):
        found = [schedules.unlabelled_weight(t, 32.0, 10) for t in (9, 10, 18, 26, 99)]
        self.assertEqual(found, [0, 0, 16, 32, 32])

    def test_step(self):
        rates = [schedules.step_learning_rate(t, 0.5, 300, 0.5) for t in (0, 149, 150)]
        self.assertAllClose(rates, [0.5, 0.5, 0.05])


if __name__ == "__main__":
    tf.test.main()
