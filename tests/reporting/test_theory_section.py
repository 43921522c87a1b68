"""What a report says of the theory, by the loss without what is added to it."""

import types

import numpy as np
import tensorflow as tf

from lnl_sr_tf import config
from lnl_sr_tf.datasets import load
from lnl_sr_tf.reporting import theory_section


class TheoryTest(tf.test.TestCase):
    def row(self, **settings):
        made = config.resolve({"dataset": "digits", "rate": 0.6} | settings)
        dataset = load("digits").with_imbalance(
            made.imbalance, made.imbalance_factor, made.seed
        )
        run = types.SimpleNamespace(
            config=made,
            dataset=dataset,
            test_probabilities=np.random.default_rng(0).dirichlet(
                np.ones(10), len(dataset.test_labels)
            ),
            name="run",
        )
        return theory_section.row_of(run, [])

    def test_terms_are_left_out(self):
        plain = self.row(loss="ce")
        self.assertNotEqual(plain, self.row(loss="gce"))
        for settings in (
            {"loss": "ce_sr"},
            {"loss": "ce", "prior_weight": 10},
            {"loss": "ce_sr", "prior_weight": 10},
        ):
            self.assertEqual(self.row(**settings), plain)

    def test_a_balanced_loss_stays_one(self):
        """It is another loss, not one with an added term."""
        balanced = {"balance": "class_balanced", "imbalance": "lt"}
        found = self.row(loss="ce", **balanced)
        self.assertEqual(found, self.row(loss="ce_sr", **balanced))
        self.assertNotEqual(found, self.row(loss="ce"))

    def test_none_of_what_takes_the_logits(self):
        self.assertIsNone(self.row(loss="ce_logitclip"))


if __name__ == "__main__":
    tf.test.main()
