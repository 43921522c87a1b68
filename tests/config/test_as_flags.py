"""A run's settings as flags: what its recipe has is left out."""

import shlex

from absl.testing import absltest, parameterized

from lnl_sr_tf import config
from lnl_sr_tf.config import as_flags


class AsFlagsTest(parameterized.TestCase):
    @parameterized.parameters(
        ({"dataset": "mnist", "loss": "gce_sr", "rate": 0.8}, ""),
        ({"loss": "ce_sr", "epochs": 3}, "--epochs=3"),
        ({"loss": "ce_sr", "lambda_schedule": "geometric"}, "--lambda_schedule=geom"),
        ({"dataset": "mnist", "loss": "fl", "loss_args": "gamma=2"}, "gamma=2,"),
        ({"dataset": "cifar10", "loss": "ce_sr", "lambda0": 1.3}, "--lambda0=1.3"),
        ({"dataset": "cifar10", "loss": "ce", "flip": False}, "--flip=false"),
        ({"loss": "ce", "noise": "none"}, ""),
        ({"loss": "ce", "rate": 0.0}, ""),
        ({"dataset": "cifar10_n", "loss": "ce", "noise": "worse"}, ""),
        ({"loss": "ce", "method": "co_teaching", "rate": 0.4}, ""),
        (
            {"loss": "ce", "noise": "none", "imbalance": "lt", "imbalance_factor": 0.1},
            "",
        ),
        ({"loss": "ce", "noise": "maps/my noise.csv"}, ""),
    )
    def test_the_command_gives_the_run(self, given, differing):
        made = config.resolve(given)
        found = as_flags.differing(made.as_dict())
        self.assertIn(differing, " ".join(as_flags.flags(found)))
        self.assertEqual(found == {}, differing == "")
        words = shlex.split(as_flags.command(made.as_dict()))
        self.assertEqual(words[:2], ["python", "main.py"])
        again = dict(word[2:].split("=", 1) for word in words[2:])
        self.assertEqual(config.resolve(again).identity(), made.identity())

    def test_runs_of_before_the_adaptive_schedule(self):
        """Their `config.json` has no schedule; theirs was the geometric one."""
        record = config.resolve({"loss": "ce_sr", "lambda_schedule": "geometric"})
        record = record.identity()
        self.assertNotIn("lambda_schedule", record)
        self.assertEqual(as_flags.differing(record), {"lambda_schedule": "geometric"})
        record |= {"dataset": "mnist", "epochs": 50}
        self.assertNotIn("lambda_schedule", as_flags.differing(record))

    def test_settings_that_are_no_longer_allowed(self):
        record = config.resolve({"loss": "ce"}).as_dict() | {"noise": "gone"}
        self.assertIsNone(as_flags.differing(record))
        self.assertIsNone(as_flags.command(record))


if __name__ == "__main__":
    absltest.main()
