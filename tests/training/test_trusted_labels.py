"""How many labels are trusted, and how many of those are right, epoch by epoch."""

import types

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment
from lnl_sr_tf.training.callbacks import trusted_labels


def data(given, clean, rate=0.5):
    return types.SimpleNamespace(
        given_labels=np.array(given),
        clean_labels=None if clean is None else np.array(clean),
        noise_rate=rate,
    )


class PrecisionTest(tf.test.TestCase):
    def test_by_hand(self):
        noisy = data([0, 1, 1, 0, 0], [0, 1, 0, 1, -1])
        first = np.array([True, True, False, False, True])
        second = np.array([True, False, True, True, False])
        found = trusted_labels.precision([first, second], noisy)
        # Of the last example the clean label is not known.
        expected = {"trusted_share": 6 / 10, "trusted_precision": (1 + 1 / 3) / 2}
        self.assertAllClose(found, expected)

    def test_where_nothing_is_known(self):
        every = np.ones(2, bool)
        self.assertEqual(trusted_labels.precision([], data([0], [0])), {})
        for noisy in (data([0, 1], None), data([0, 1], [0, 1], rate=0.0)):
            found = trusted_labels.precision([every], noisy)
            self.assertEqual(found, {"trusted_share": 1.0})


class RunsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ({"loss": "ce", "method": "dividemix", "warmup_epochs": 1}, 1),
        ({"loss": "ce", "method": "promix", "warmup_epochs": 1}, 1),
        ({"loss": "mda_ce", "loss_args": "warmup=1"}, 1),
        ({"loss": "rrm_ce", "loss_args": "contamination=0.4,every=2"}, 2),
        ({"loss": "ce"}, 3),
    )
    def test_columns(self, given, begin):
        """They are there from the first epoch that trusts some and not others."""
        self.enterContext(quick_runs())
        noise = {"noise": "sym", "rate": 0.4, "epochs": 3}
        made = config.resolve(given | noise | {"output_dir": self.get_temp_dir()})
        rows = experiment.run(made, lambda line: None).rows()
        for name, least in (("trusted_share", 0.01), ("trusted_precision", 0.55)):
            values = [row[name] for row in rows]
            self.assertEqual(values[:begin], [None] * begin)
            for value in values[begin:]:
                self.assertBetween(value, least, 1.0)


if __name__ == "__main__":
    tf.test.main()
