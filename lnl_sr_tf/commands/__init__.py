"""What the command line can do, each in a module of its own.

A module has `USAGE`, `MEANING`, `OPTIONS` beside the settings of a run, the number of
`ARGUMENTS` it takes, and `run`, which does it; and `SETTINGS`, where it does not take
all of them.
"""

import importlib
from types import ModuleType

# By name, in the order of the help. The first is what is done where none is named.
NAMES = ("sweep", "table", "figure", "report", "tune", "audit", "clean")


def load(name: str) -> ModuleType:
    """The module of a command, one of `NAMES`."""
    return importlib.import_module(f"lnl_sr_tf.commands.{name}")
