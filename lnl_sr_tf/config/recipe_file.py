"""Reads a file of `flags/`, and says in which section a mistake is."""

import difflib
import pathlib
import re
import tomllib
from collections.abc import Collection
from typing import Any

from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError

# Sections of which there are several, `[loss.ce]` and `[loss.fl]`.
KINDS = ("method", "imbalance", "noise", "loss", "lambda_schedule")
_OF_FILE = ("source", "like", "settings", *KINDS, "expect")
# What a section may have that is no setting.
_NO_SETTINGS = {"source", "cases", "when"}
_OF_CONDITION = ("noise", "rate")
_OF_EXPECTATION = ("loss", "noise", "rate", "test_accuracy", "seconds", "measured")
_INTERVAL = re.compile(r"[\[(][0-9.]+, [0-9.]+[\])]")


def load(path: pathlib.Path) -> dict[str, Any]:
    """The content of a recipe, in which every setting is parsed.

    Raises:
        InputError: that names the file and the section, if something is wrong.
    """
    content = read_toml(path)
    _check_names(content, _OF_FILE, str(path))
    _parse_section(content.get("settings", {}), f"{path}, [settings]")
    for kind in KINDS:
        sections = content.get(kind, {})
        _check_table(sections, f"{path}, [{kind}]")
        for name, section in sections.items():
            _parse_section(section, f"{path}, [{kind}.{name}]")
    for one in content.get("expect", ()):
        _check_names(one, _OF_EXPECTATION, f"{path}, [[expect]]")
    return content


def settings_of(section: dict[str, Any]) -> dict[str, Any]:
    """What of a section, or of one of its cases, are settings."""
    return {
        # A copy, since the file is read once for all runs.
        name: dict(value) if isinstance(value, dict) else value
        for name, value in section.items()
        if name not in _NO_SETTINGS
    }


def read_toml(path: pathlib.Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: if it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # no TOML, or no UTF-8
        raise InputError(f"{path}: {error}") from None


def _parse_section(section: Any, where: str) -> None:
    """Parse the settings of a section and of its cases, in place."""
    _check_table(section, where)
    cases = section.get("cases", [])
    if not isinstance(cases, list):
        raise InputError(f"{where}: cases = {cases!r}; expected a list of tables")
    for case in cases:
        _check_table(case, f"{where}, cases")
        _check_condition(case.get("when"), where)
    for part in (section, *cases):
        for name in settings_of(part):
            part[name] = _parsed(name, part[name], where)


def _check_condition(when: Any, where: str) -> None:
    if not when:
        raise InputError(
            f'{where}: a case without when; expected when = {{ noise = "sym", rate = '
            '"[0, 0.5)" }'
        )
    _check_table(when, f"{where}, when")
    _check_names(when, _OF_CONDITION, f"{where}, when")
    rate = when.get("rate", "[0, 1)")
    if not isinstance(rate, str) or not _INTERVAL.fullmatch(rate):
        raise InputError(
            f'{where}: rate = {rate!r}; expected an interval, such as "[0, 0.5)"'
        )
    if "noise" in when:
        _parsed("noise", when["noise"], where)


def _parsed(name: str, value: Any, where: str) -> Any:
    try:
        return parse(name, value)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _check_table(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise InputError(f"{where} = {value!r}; expected a table")


def _check_names(given: dict[str, Any], known: Collection[str], where: str) -> None:
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(
                f"{where}: no {name} here; expected {', '.join(known)}{hint}"
            )
