"""What a setting is: a field with its meaning, its range, and when it counts."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

RECIPE = None  # the default of a setting that the recipe fills in


class Only(NamedTuple):
    """When a setting has an effect: where another one, `setting`, passes `test`."""

    setting: str
    test: Callable
    words: str


def only_for(setting, *values):
    """An `Only` for a setting that has one of these values."""
    words = " or ".join(f"--{setting}={value}" for value in values)
    return Only(setting, lambda value: value in values, words)


def setting(
    default,
    kind,
    group,
    meaning,
    *,
    choices=None,
    interval=None,
    only=None,
    files=(),
    identifies=True,
):
    """A field of `Config`.

    Args:
        default: its value where neither a person nor a recipe gives one.
        kind: its type.
        group: its heading in the help.
        meaning: what it is, with its unit.
        choices: the texts it may be.
        interval: the numbers it may be, as `"[0, 1)"`.
        files: endings of files whose paths it may be beside the choices.
        only: an `Only`, where it has an effect beside some settings alone.
        identifies: whether runs that differ in it are different runs.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "kind": kind,
            "group": group,
            "meaning": meaning,
            "choices": choices,
            "interval": interval,
            "only": only,
            "files": files,
            "identifies": identifies,
        },
    )
