"""Errors about settings as a Python program gives them: epochs=0, not --epochs=0."""

import contextlib
import re
from collections.abc import Iterator

from lnl_sr_tf.errors import InputError

_FLAG = re.compile(r"(?<![\w-])--(?=[a-z])")


@contextlib.contextmanager
def as_keywords() -> Iterator[None]:
    """Name settings in an InputError as keywords; it also decorates a function.

    Example:
        with as_keywords():
            config = lnl.config.resolve({"epochs": 0})
        # InputError: epochs=0: expected a whole number in [1, 1000000]
    """
    try:
        yield
    except InputError as error:
        raise InputError(_FLAG.sub("", str(error))) from None
