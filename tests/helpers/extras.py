"""Tests of what takes packages that the extra `test` does not bring."""

import importlib.util
import os

# Where it is set, as in `.ci/run`, a package that is missing is a failure.
WANTED = "LNL_SR_EXTRAS"


def need(test, *modules):
    """Skip a test where a module is missing, unless all of them have to be there."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            if os.environ.get(WANTED):
                test.fail(f"{module} is not installed, and {WANTED} asks for it")
            test.skipTest(f"{module} is not installed")
