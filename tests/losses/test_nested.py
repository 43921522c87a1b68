"""Losses in losses: what is found, however deep."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import losses
from lnl_sr_tf.losses import nested
from lnl_sr_tf.training import build, indexed_targets
from lnl_sr_tf.training.callbacks import epoch_log


def around(loss):
    """Each way of adding terms to a loss."""
    prior = losses.ClassPrior(loss)
    return {
        "plain": loss,
        "regularized": losses.SparseRegularization(loss),
        "prior": prior,
        "both": losses.SparseRegularization(prior),
    }


class NestedTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*around(losses.CrossEntropy()))
    def test_terms_and_parts(self, kind):
        balanced = losses.ClassBalanced(losses.get("nce_rce"), [3, 1])
        loss = around(balanced)[kind]
        self.assertIs(nested.without_terms(loss), balanced)
        kinds = [type(one) for one in nested.with_parts(loss)]
        self.assertIs(kinds[-1], losses.ReverseCrossEntropy)
        self.assertLen(kinds, 4 + {"plain": 0, "both": 2}.get(kind, 1))

    @parameterized.parameters(*around(losses.CrossEntropy()))
    def test_what_is_remembered(self, kind):
        elr = losses.get("elr", num_examples=6, num_classes=3)
        loss = around(elr)[kind]
        self.assertTrue(nested.needs_index(loss))
        self.assertTrue(indexed_targets.nothing_remembered(loss))
        with self.assertRaisesRegex(ValueError, r"in \[0, 6\)"):
            indexed_targets.checked({"label": [0], "index": tf.constant([6])}, loss)
        served = build._without_memory(loss)
        self.assertFalse(nested.needs_index(served))
        self.assertIs(type(served), type(loss))
        self.assertEqual(build.used_parameters(loss)["num_examples"], 6)
        plain = losses.CrossEntropy()
        self.assertIs(build._without_memory(plain), plain)

    @parameterized.parameters(*around(losses.CrossEntropy()))
    def test_stage(self, kind):
        loss = losses.SelectiveNegativePositiveLearning(seed=1)
        loss.stage = "selective_positive"
        self.assertEqual(epoch_log._stage(around(loss)[kind]), "selective_positive")
        self.assertIsNone(epoch_log._stage(around(losses.CrossEntropy())[kind]))


if __name__ == "__main__":
    tf.test.main()
