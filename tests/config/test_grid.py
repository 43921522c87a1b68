"""Settings of several runs: products, and loss_args that go to some of the losses."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, loss_names, losses
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.training import build


class GridTest(tf.test.TestCase, parameterized.TestCase):
    def test_product(self):
        made = config.grid({"loss": ["ce", "ce_sr"], "seed": ["1", "2"], "epochs": 3})
        self.assertEqual(
            [(c.loss, c.seed) for c in made],
            [("ce", 1), ("ce_sr", 1), ("ce", 2), ("ce_sr", 2)],
        )

    def test_rate_is_for_noise_alone(self):
        made = config.grid({"noise": ("none", "sym"), "rate": 0.4, "loss": "ce"})
        self.assertEqual(
            [(c.noise, c.rate) for c in made], [("none", 0.0), ("sym", 0.4)]
        )

    def test_loss_args_go_to_losses_that_have_them(self):
        settings = {
            "dataset": "mnist",
            "loss": ["ce", "fl", "gce_sr", "nfl_mae"],
            "loss_args": "gamma=3,q=0.25,epsilon=1e-6",
        }
        made = {c.loss: c.loss_args for c in config.grid(settings)}
        self.assertEqual(
            made,
            {
                "ce": {"epsilon": 1e-6},
                "fl": {"gamma": 3, "constant_factor": True, "epsilon": 1e-6},
                "gce_sr": {"q": 0.25, "epsilon": 1e-6},
                "nfl_mae": {"gamma": 3, "epsilon": 1e-6}
                | config.resolve({"dataset": "mnist", "loss": "nfl_mae"}).loss_args
                | {"gamma": 3},
            },
        )
        for one in config.grid(settings):
            build.build_loss(one)
        self.assertEqual(
            config.loss_args.told(settings, config.grid(settings)),
            [
                "--loss_args: gamma=3 is for fl, nfl_mae, and not for ce, gce_sr",
                "--loss_args: q=0.25 is for gce_sr, and not for ce, fl, nfl_mae",
            ],
        )
        # What is not for a loss makes no other run of it.
        self.assertIn(
            config.resolve(
                {"dataset": "mnist", "loss": "ce", "loss_args": "epsilon=1e-6"}
            ).run_name,
            [one.run_name for one in config.grid(settings)],
        )

    @parameterized.parameters(
        (
            "gama=2",
            "--loss_args=gama=2: none of --loss=ce,fl has .* did you mean gamma",
        ),
        ("q=0.5", "--loss_args=q=0.5: none of --loss=ce,fl has this parameter"),
        ("gamma=2,q=0.5", "--loss_args=q=0.5: none"),
    )
    def test_loss_args_of_no_loss(self, given, message):
        with self.assertRaisesRegex(InputError, message):
            config.grid({"loss": ["ce", "fl"], "loss_args": given})

    def test_parameters_are_those_of_the_classes(self):
        for name in losses.names():
            entry = loss_names.LOSSES[name.removesuffix("_sr")]
            outer, inner, _ = losses._classes(entry)
            classes = [outer, *inner]
            if name.endswith("_sr"):
                classes.append(losses.SparseRegularization)
            self.assertEqual(
                set(loss_names.parameters(name)),
                {*losses._SHARED, *(p for one in classes for p in one.parameters)},
                name,
            )

    def test_no_repetition(self):
        self.assertLen(config.grid({"loss": ["ce", "ce"]}), 1)

    def test_settings_without_effect(self):
        with self.assertRaisesRegex(
            InputError, "--tau=0.1 has no effect.*--loss=ce,fl; it"
        ):
            config.grid({"loss": ["ce", "fl"], "tau": 0.1})
        self.assertLen(config.grid({"loss": ["ce", "fl_sr"], "tau": 0.1}), 2)
        with self.assertRaisesRegex(InputError, "--asym_map=1>2 has no .*--noise=sym"):
            config.grid({"noise": ["sym", "none"], "asym_map": "1>2"})


if __name__ == "__main__":
    tf.test.main()
