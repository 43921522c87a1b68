"""What is searched, and what a study is called. Without Optuna and without Keras."""

import random

from absl.testing import absltest, parameterized

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.tuning.space import LOSSES, Space

GEOMETRIC = {"lambda_schedule": "geometric"}
DIGITS = {"dataset": "digits", "noise": "sym", "rate": 0.4} | GEOMETRIC


class Drawing:
    """A trial that draws at random, as Optuna's do."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def suggest_categorical(self, name, choices):
        return self.random.choice(choices)

    def suggest_float(self, name, low, high, log):
        assert log and 0 < low < high
        return low * (high / low) ** self.random.random()


def drawn(space, count=50):
    """Methods that trials would have."""
    return [space.method_of(space.suggest(Drawing(seed))) for seed in range(count)]


class SpaceTest(parameterized.TestCase):
    def test_fixed_settings_stay(self):
        space = Space(DIGITS | {"tau": ["0.5"], "p": "0.2", "loss": ["ce", "fl_sr"]})
        self.assertEqual(set(space.ranges), {"strength"})
        methods = drawn(space)
        self.assertEqual({(m["loss"], m["p"], m["tau"]) for m in methods},
                         {("fl_sr", 0.2, 0.5)})  # fmt: skip
        self.assertGreater(len({m["lambda0"] for m in methods}), 40)
        for method in methods:
            made = space.config_of(method, "somewhere")
            self.assertEqual((made.p, made.tau), (0.2, 0.5))
            self.assertEqual(made.lambda0, method["lambda0"])

    def test_all_fixed_leaves_recipes(self):
        space = Space(DIGITS | {"tau": 0.5, "p": 0.2, "lambda0": 2})
        self.assertEqual((space.ranges, space.searched), ({}, []))
        self.assertEqual(list(space.recipes), list(LOSSES))
        self.assertEqual(space.parameters_of_recipe("ce_sr"), {})

    @parameterized.parameters(("digits", []), ("mnist", ["ce_sr", "fl_sr", "gce_sr"]))
    def test_an_adaptive_weight_leaves_nothing_to_search(self, dataset, searched):
        space = Space({"dataset": dataset})
        self.assertEqual(space.searched, searched)
        self.assertEqual(bool(space.ranges), bool(searched))
        adaptive = Space({"dataset": dataset, "lambda_schedule": "adaptive"})
        self.assertEqual((adaptive.ranges, adaptive.searched), ({}, []))
        self.assertEqual(adaptive.count(30), len(LOSSES))
        method = adaptive.method_of({"loss": "fl_sr"})
        found = config.resolve(adaptive.settings_of(method))
        self.assertEqual(found, config.resolve({
            "dataset": dataset, "lambda_schedule": "adaptive", "loss": "fl_sr"
        }))  # fmt: skip

    @parameterized.parameters("digits", "mnist", "cifar10", "cifar100", "photos/")
    def test_what_is_drawn(self, dataset):
        """λ0 stays below 1/p, as the paper wants it, and the recipes lie within."""
        space = Space({"dataset": dataset} | GEOMETRIC)
        for method in drawn(space):
            self.assertLess(method["lambda0"] * method["p"], 1.001)
            self.assertBetween(method["p"], 0.01, 1)
            self.assertBetween(method["tau"], 0.03, 1)
            space.config_of(method, "runs")
        for loss in space.searched:
            found = space.parameters_of_recipe(loss)
            for name, (least, most) in space.ranges.items():
                self.assertBetween(found[name], least, most)
                self.assertLess(least, most)

    @parameterized.parameters(*LOSSES)
    def test_a_recipe_is_that_of_the_loss(self, loss):
        space = Space(DIGITS | {"seed": 3})
        found = space.config_of(space.method_of({"loss": loss}), "runs")
        wanted = config.resolve(
            DIGITS | {"loss": loss, "seed": 3, "validation_share": 0.1}
        )
        self.assertEqual(found.run_name, wanted.run_name)
        # As the study has it, too.
        parameters = space.parameters_of_recipe(loss)
        if parameters:
            again = space.config_of(space.method_of(parameters), "runs")
            self.assertEqual(again.run_name, wanted.run_name)

    def test_name(self):
        name = Space(DIGITS).name
        self.assertStartsWith(name, "tune-digits-sym0.4-seed1-")
        self.assertEqual(Space(DIGITS | {"output_dir": "other"}).name, name)
        self.assertEqual(Space(DIGITS | {"seed": [1], "loss": LOSSES}).name, name)
        others = [
            {"seed": 2}, {"rate": 0.2}, {"noise": "none", "rate": 0}, {"tau": 0.1},
            {"loss": "ce_sr"}, {"epochs": 5}, {"validation_share": 0.2},
            {"dataset": "mnist"}, {"method": "co_teaching"}, {"p": 0.1},
        ]  # fmt: skip
        names = {Space(DIGITS | other).name for other in others}
        self.assertLen(names - {name}, len(others))

    def test_settings_of_a_method_give_its_run_again(self):
        given = DIGITS | {"epochs": 7, "loss_args": "gamma=0.7", "flip": True,
                          "loss": ["fl_sr"], "seed": [4]}  # fmt: skip
        space = Space(given)
        for method in drawn(space, 5):
            settings = space.settings_of(method)
            self.assertNotIn("validation_share", settings)
            run = space.config_of(method, "runs").as_dict()
            again = config.resolve(settings).as_dict()
            self.assertEqual(run | {"validation_share": None}, again)

    def test_each_loss_has_its_own_parameters(self):
        given = DIGITS | {"loss": ["ce", "fl", "gce_sr"], "loss_args": "gamma=2,q=0.5"}
        space = Space(given)
        for loss, expected in (
            ("ce", {}),
            ("fl", {"gamma": 2}),
            ("gce_sr", {"q": 0.5}),
        ):
            method = space.method_of({"loss": loss})
            made = space.config_of(method, "runs")
            self.assertEqual(made.loss_args, space.recipes[loss].loss_args)
            self.assertEqual({k: made.loss_args[k] for k in expected}, expected)
            again = config.resolve(space.settings_of(method))
            self.assertEqual(again.loss_args, made.loss_args)
            self.assertEqual("loss_args" in space.settings_of(method), bool(expected))

    @parameterized.parameters(
        ({"seed": ["1", "2"]}, "--seed=1,2: a search has one value for each setting"),
        ({"tau": [0.1, 0.5]}, "--tau=0.1,0.5: a search has one value"),
        ({"sweep_on": "processes"}, "start the same command several times"),
        ({"distribute": "multi_worker"}, "tune trains a trial on one machine"),
        ({"resume": False}, "--resume=false does not go with tune"),
        (
            {"backbone": "keras:A", "weights": "imagenet", "finetune": 2},
            "--finetune=2 does not go with tune",
        ),
        ({"loss": ["ce"], "tau": 0.1}, "--tau=0.1 has no effect with --loss=ce"),
        ({"rate": 2}, "--rate=2: expected a number in"),
    )
    def test_mistakes(self, settings, message):
        with self.assertRaisesRegex(InputError, message):
            Space(settings)


if __name__ == "__main__":
    absltest.main()
