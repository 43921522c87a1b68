"""The value of a setting from text or Python, checked against its range."""

import difflib
import os

from lnl_sr_tf.config.data_kinds import ends_in
from lnl_sr_tf.config.settings import FIELDS
from lnl_sr_tf.errors import InputError


def parse(name, value):
    """The value of a setting, from text or Python, checked.

    Raises:
        InputError: says what was received and what would be right.
    """
    check_name(name)
    limits = FIELDS[name].metadata
    kind = limits["kind"]
    try:
        parsed = _PARSERS[kind](value)
    except (ValueError, TypeError, AttributeError):
        raise InputError(f"--{name}={value}: expected {_expected(name)}") from None
    of_file = limits["files"] and ends_in(parsed, *limits["files"])
    if limits["choices"] and parsed not in limits["choices"] and not of_file:
        close = difflib.get_close_matches(str(parsed), limits["choices"], n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"--{name}={value}: expected one of {', '.join(limits['choices'])}"
            f"{_or_file(limits['files'])}{hint}"
        )
    if parsed == "" and FIELDS[name].default != "":
        raise InputError(f"--{name}=: expected {_expected(name)}")
    if limits["interval"] and not _inside(parsed, limits["interval"]):
        raise InputError(f"--{name}={value}: expected {_expected(name)}")
    return parsed


def check_name(name):
    """Raise InputError if no setting has this name."""
    if name not in FIELDS:
        close = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"; did you mean --{close[0]}?" if close else ""
        raise InputError(f"unknown setting --{name}{hint}")


def _or_file(endings):
    return f", or a file that ends in {' or '.join(endings)}" if endings else ""


def _inside(value, interval):
    """Whether a number lies in an interval written as `"[0, 1)"`."""
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = low < value if interval[0] == "(" else low <= value
    below = value < high if interval[-1] == ")" else value <= high
    return above and below


def _expected(name):
    limits = FIELDS[name].metadata
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        dict: "name=value,name=value, each name once, with numbers, true or false",
        str: "text",
    }[limits["kind"]]
    return f"{words} in {limits['interval']}" if limits["interval"] else words


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
    value = os.fspath(value)  # a path is as good as text
    value.encode()  # not with bytes that are no UTF-8
    if "\0" in value:  # no file can have such a name
        raise ValueError
    return value


def _parse_scalar(text):
    if text.lower() in ("true", "false"):
        return _parse_bool(text)
    try:
        return int(text)
    except ValueError:
        return float(text)


def _parse_dict(value):
    pairs = {}
    if isinstance(value, dict):
        pairs, value = dict(value), ""
    for part in filter(None, str(value).split(",")):
        name, equals, text = part.partition("=")
        if not equals or not name.strip().isidentifier() or name.strip() in pairs:
            raise ValueError
        pairs[name.strip()] = _parse_scalar(text.strip())
    # What JSON can hold and a loss can take.
    if not all(isinstance(v, (bool, int, float)) for v in pairs.values()):
        raise ValueError
    return pairs


_PARSERS = {
    int: _parse_int,
    float: _parse_float,
    bool: _parse_bool,
    str: _parse_str,
    dict: _parse_dict,
}
