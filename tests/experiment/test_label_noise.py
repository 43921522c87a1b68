"""The labels that a run's settings ask for, those of earlier versions too."""

import dataclasses

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.auditing import from_run
from lnl_sr_tf.experiment import label_noise


class CorruptedTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = lnl.datasets.load("digits")

    def given(self, config):
        return label_noise.corrupted(self.data, config).given_labels

    def settled(self, **settings):
        return configs.resolve({"loss": "ce", "seed": 1} | settings)

    def drawn(self, **more):
        data = self.data
        return noise.instance_noise(
            data.train_images, data.clean_labels, 0.1, 1, 10, **more
        )

    @parameterized.parameters(
        ({}, {}),
        ({"instance_rate": "mode"}, {"rate_is": "mode"}),
        ({"noise_draw": "published"}, {"published": True}),
    )
    def test_instance(self, settings, more):
        made = self.settled(noise="instance", rate=0.1, **settings)
        self.assertAllEqual(self.given(made), self.drawn(**more))

    def test_runs_of_earlier_versions_have_the_labels_that_they_had(self):
        made = self.settled(noise="instance", rate=0.1)
        # As a config.json without that setting is read.
        old = dataclasses.replace(made, instance_rate=None)
        self.assertAllEqual(self.given(old), self.drawn(rate_is="mode"))
        self.assertNotAllEqual(self.given(old), self.given(made))
        self.assertNotEqual(old.run_name, made.run_name)
        # So have the networks of folds.
        again = configs.resolve(from_run._settings(old) | {"fold": "1/2"})
        self.assertAllEqual(self.given(again), self.given(old))

    @parameterized.parameters("sym", "asym")
    def test_published(self, kind):
        data = dataclasses.replace(self.data, name="mnist")
        made = self.settled(
            dataset="mnist", noise=kind, rate=0.4, noise_draw="published"
        )
        given = label_noise.corrupted(data, made).given_labels
        self.assertAllEqual(
            given, noise.published_noise(data.clean_labels, "mnist", kind, 0.4, 1)
        )
        self.assertAllClose(
            label_noise.noise_matrix(made, data),
            noise.published_matrix("mnist", kind, 0.4),
        )
        exact = dataclasses.replace(made, noise_draw="exact")
        self.assertNotAllEqual(label_noise.corrupted(data, exact).given_labels, given)
        self.assertNotEqual(np.sum(given != data.clean_labels), 0)


if __name__ == "__main__":
    tf.test.main()
