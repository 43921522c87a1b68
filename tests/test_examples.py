"""Examples in docstrings, after `>>>`, give what stands below them."""

import doctest
import importlib
import pathlib
import re

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lnl_sr_tf"
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>>" in path.read_text("utf-8")
)
_NUMBER = re.compile(r"-?\d+\.\d*(?:e[+-]?\d+)?")


def as_exact(got, want):
    """`got`, with each of its numbers rounded as the one in its place in `want` is."""
    wanted = iter(_NUMBER.findall(want))

    def rounded(match):
        number = next(wanted, match[0])
        decimals = len(number.partition(".")[2])
        same = round(float(match[0]), decimals) == float(number)
        return number if same else match[0]

    return _NUMBER.sub(rounded, got)


class Checker(doctest.OutputChecker):
    """Numbers agree to the digits that the docstring gives."""

    def check_output(self, want, got, optionflags):
        return super().check_output(want, as_exact(got, want), optionflags)


class ExamplesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("0.69314718", "0.693", True),
        ("0.69414718", "0.693", False),
        ("[1.0, -0.4142]", "[1.0, -0.41]", True),
        ("[1.0]", "[1.0, 2.0]", False),
        ("{'a': 3}", "{'a': 3}", True),
        ("3", "4", False),
    )
    def test_numbers_agree_to_the_digits_given(self, got, want, same):
        self.assertEqual(Checker().check_output(want, got, 0), same)

    @parameterized.parameters(*MODULES)
    def test_examples(self, name):
        module = importlib.import_module(name)
        names = {"np": np, "lnl": lnl, **vars(module)}
        runner = doctest.DocTestRunner(Checker())
        ran = 0
        for test in doctest.DocTestFinder().find(module, globs=names):
            failed = []
            ran += runner.run(test, out=failed.append).attempted
            if failed:
                self.fail("".join(failed))
        self.assertGreater(ran, 0, f"{name} has >>> where doctest does not look")


if __name__ == "__main__":
    tf.test.main()
