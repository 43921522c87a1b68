"""The value of a setting from text or Python, checked against its range."""

import ast
import difflib
import math

from lnl_sr_tf.config.settings import FIELDS, meaning
from lnl_sr_tf.errors import InputError

# Ranges are closed except here.
_LOW_EXCLUDED = ("tau", "p", "rho", "tau_decay", "lr", "lr_decay")
_HIGH_EXCLUDED = ("rate", "momentum")


def parse(name, value):
    """The value of a setting, from text or Python, checked.

    Raises:
        InputError: says what was received and what would be right.
    """
    if name not in FIELDS:
        close = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"; did you mean --{close[0]}?" if close else ""
        raise InputError(f"unknown setting --{name}{hint}")
    limits = FIELDS[name].metadata
    kind = limits["kind"]
    try:
        parsed = _PARSERS[kind](value)
    except (ValueError, TypeError, SyntaxError):
        raise InputError(
            f"--{name}={value}: expected {_expected(name)}; {meaning(name)}"
        ) from None
    if limits["choices"] and parsed not in limits["choices"]:
        close = difflib.get_close_matches(str(parsed), limits["choices"], n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"--{name}={value}: expected one of {', '.join(limits['choices'])}{hint}"
        )
    if kind in (int, float) and not _in_range(name, parsed):
        raise InputError(f"--{name}={value}: expected {_expected(name)}")
    return parsed


def _in_range(name, value):
    low, high = FIELDS[name].metadata["low"], FIELDS[name].metadata["high"]
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    if value == low and name in _LOW_EXCLUDED:
        return False
    if value == high and name in _HIGH_EXCLUDED:
        return False
    return low <= value <= high and math.isfinite(value)


def _expected(name):
    limits = FIELDS[name].metadata
    low, high = limits["low"], limits["high"]
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        dict: "name=value,name=value",
        str: "text",
    }[limits["kind"]]
    if low is not None and high is not None:
        left = "(" if name in _LOW_EXCLUDED else "["
        right = ")" if name in _HIGH_EXCLUDED else "]"
        return f"{words} in {left}{low:g}, {high:.10g}{right}"
    if low is not None:
        return f"{words} {'above' if name in _LOW_EXCLUDED else 'of at least'} {low:g}"
    return words


def _parse_int(value):
    if isinstance(value, bool) or (isinstance(value, float) and value % 1):
        raise ValueError
    return int(value)


def _parse_float(value):
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _parse_bool(value):
    words = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError
    return words[str(value).lower()]


def _parse_str(value):
    if not isinstance(value, str):
        raise ValueError
    return value


def _parse_dict(value):
    if isinstance(value, dict):
        return dict(value)
    pairs = {}
    for part in filter(None, str(value).split(",")):
        name, equals, text = part.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ValueError
        text = {"true": "True", "false": "False"}.get(text.strip(), text.strip())
        pairs[name.strip()] = ast.literal_eval(text)
    return pairs


_PARSERS = {
    int: _parse_int,
    float: _parse_float,
    bool: _parse_bool,
    str: _parse_str,
    dict: _parse_dict,
}
