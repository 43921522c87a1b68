"""How a report puts runs side by side."""

import types

from absl.testing import absltest

from lnl_sr_tf import config
from lnl_sr_tf.reporting import comparison

_SUMMARY = {"test_accuracy": 0.5, "best_test_accuracy": 0.75, "sparse_rate": 1.0}


def run(loss, **summary):
    return types.SimpleNamespace(
        config=config.resolve({"dataset": "digits", "loss": loss}),
        summary=_SUMMARY | summary,
        folder=types.SimpleNamespace(config=dict),
    )


class ComparedTest(absltest.TestCase):
    def test_kinds_of_labels_do_not_share_a_table(self):
        clean, held_out = comparison.compared(
            [run("ce"), run("gce", test_labels="held out"), run("ce_sr")]
        )
        self.assertEqual([row[2] for row in clean.rows], ["ce", "ce_sr"])
        self.assertEqual([row[2] for row in held_out.rows], ["gce"])
        self.assertStartsWith(clean.caption, "Accuracy on the clean test set.")
        self.assertIn("as noisy as the rest", held_out.caption)

    def test_one_kind_is_one_table(self):
        self.assertLen(comparison.compared([run("ce"), run("ce_sr")]), 1)


if __name__ == "__main__":
    absltest.main()
