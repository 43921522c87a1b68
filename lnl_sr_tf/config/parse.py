"""The value of a setting by its name."""

import difflib
from typing import Any

from lnl_sr_tf.config.settings import FIELDS
from lnl_sr_tf.errors import InputError


def parse(name: str, value: Any) -> Any:
    """The value of a setting, from text or Python, checked.

    Raises:
        InputError: says what was received and what would be right.
    """
    check_name(name)
    return FIELDS[name].parse(value)


def check_name(name: str) -> None:
    """Raise InputError if no setting has this name."""
    if name not in FIELDS:
        close = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"; did you mean --{close[0]}?" if close else ""
        raise InputError(f"unknown setting --{name}{hint}")
