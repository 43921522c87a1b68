"""The name of a run: what is part of it, and what is not."""

import pathlib

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config


class RunNameTest(tf.test.TestCase, parameterized.TestCase):
    def test_files_are_told_apart(self):
        """Runs on the same name in other folders are other runs."""
        names = {
            config.resolve({"dataset": path}).run_name
            for path in ("a/x.csv", "b/x.csv")
        }
        self.assertLen(names, 2)
        names = {
            config.resolve({"dataset": path}).run_name
            for path in ("a/x.csv", "./a//x.csv", "a/../a/x.csv")
        }
        self.assertLen(names, 1)

    def test_folds_are_different_runs(self):
        names = {
            config.resolve(settings).run_name
            for settings in ({}, {"fold": "1/5"}, {"fold": "2/5"}, {"fold": "1/4"})
        }
        self.assertLen(names, 4)
        self.assertIsNone(config.resolve({}).part_of_parts)

    def test_devices_are_no_part_of_the_name(self):
        one = config.resolve({"distribute": "mirrored", "devices": 4})
        self.assertEqual(one.run_name, config.resolve({}).run_name)

    @parameterized.parameters(
        {"loss": "ce"}, {"loss": "ce_sr", "lambda_schedule": "geometric"}
    )
    def test_no_class_prior_is_no_other_run(self, **given):
        """Runs that were made before it was a setting keep their names."""
        names = [
            config.resolve(
                given | ({"prior_weight": weight} if weight is not None else {})
            ).run_name
            for weight in (None, 0, "0.0", 10)
        ]
        self.assertLen(set(names), 2)
        self.assertEqual(names[0], names[1])
        self.assertEqual(names[1], names[2])

    def test_readable(self):
        name = config.resolve({"dataset": "mnist", "rate": 0.8, "seed": 3}).run_name
        self.assertStartsWith(name, "mnist-ce_sr-sym0.8-seed3-")
        made = config.resolve({"noise": "/a b/given.csv", "imbalance": "lt"})
        self.assertStartsWith(made.run_name, "digits-ce_sr-given-lt0.1-seed1-")
        self.assertEqual(made.noise_words, "given.csv, lt 0.1")
        self.assertEqual(made.loss_words, "ce_sr")
        other = config.resolve({"method": "co_teaching", "loss": "gce"})
        self.assertEqual(other.loss_words, "gce by co_teaching")
        name = config.resolve({"dataset": "tfds:a/b", "noise": "none"}).run_name
        self.assertStartsWith(name, "a_b-ce_sr-none-seed1-")

    def test_differs_with_what_matters_alone(self):
        base = config.resolve({}).run_name
        for name, value in (("epochs", 3), ("tau", 0.3), ("precision", "float32")):
            self.assertNotEqual(config.resolve({name: value}).run_name, base)
        for name, value in (("output_dir", "x"), ("resume", False), ("data_dir", "y")):
            self.assertEqual(config.resolve({name: value}).run_name, base)

    def test_plain_loss_does_not_depend_on_regularization(self):
        plain = config.resolve({"loss": "ce"})
        self.assertEqual(
            config.resolve({"loss": "ce", "lambda0": 9}).run_name, plain.run_name
        )

    def test_settings_without_effect_are_no_part_of_it(self):
        self.assertNotIn("forget_rate", config.resolve({}).identity())
        self.assertIn("mixup", config.resolve({}).identity())

    def test_stages_come_in_their_order(self):
        made = config.resolve(
            {
                "loss": "nlnl",
                "method": "nlnl",
                "stages": "selective_positive=1,negative=2",
            }
        )
        self.assertEqual(list(made.stages), ["negative", "selective_positive"])

    @parameterized.parameters("rows.csv", "rows.CSV")
    def test_what_a_file_holds_counts(self, name):
        path = pathlib.Path(self.get_temp_dir()) / name
        names = set()
        for text in ("1,0\n0,1\n", "0.5,0.5\n0,1\n"):
            path.write_text(text)
            for settings in (
                {"noise": str(path)},
                {"loss": "forward", "transition_matrix": str(path)},
            ):
                names.add(config.resolve(settings).run_name)
        self.assertLen(names, 4)


if __name__ == "__main__":
    tf.test.main()
