"""The commands of the command line, one a module.

A module has `USAGE`, `MEANING`, its own flags in `OPTIONS`, the least and the largest
number of `ARGUMENTS`, and `run`; and `SETTINGS` where it does not take those of a run.
"""

import importlib
from types import ModuleType

# By name, in the order of the help. The first is the default.
NAMES = (
    "sweep", "table", "figure", "report", "ledger", "tune", "audit", "clean", "crowd",
    "export",
)  # fmt: skip


def load(name: str) -> ModuleType:
    """The module of a command, one of `NAMES`."""
    return importlib.import_module(f"lnl_sr_tf.commands.{name}")
