"""The Python of docs/python.md runs."""

import dataclasses
import pathlib
import re
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.experiment import experiment
from lnl_sr_tf.python import classifier

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


class PageTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*range(len(BLOCKS)))
    def test_block(self, number):
        """With two epochs, whatever it says."""
        whole = experiment.run_given

        def short(config, *args):
            return whole(dataclasses.replace(config, epochs=2), *args)

        names = {}
        with (
            mock.patch.object(experiment, "run_given", short),
            mock.patch.object(classifier, "run_given", short),
        ):
            exec(compile(BLOCKS[number], f"{PAGE.name} {number}", "exec"), names)
        if "run" in names:
            self.assertEqual(names["run"].history["epoch"], [1, 2])

    def test_settings_of_the_classifier_are_those_of_the_page(self):
        page = " ".join(PAGE.read_text("utf-8").split())
        for name in classifier.NoisyLabelClassifier().get_params():
            self.assertIn(f"{name}=", page.partition("`NoisyLabelClassifier(")[2])


if __name__ == "__main__":
    tf.test.main()
