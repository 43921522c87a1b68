"""The grids of runs behind the paper's tables and figures, from `flags/paper/`.

`tables.toml` and `figures.toml` hold a block for each number, or several where it is no
single grid.
"""

from typing import Any

from lnl_sr_tf.config import recipes
from lnl_sr_tf.config.grid import AXES, grid
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.config.recipe_file import read_toml
from lnl_sr_tf.config.settings import Config, Settings
from lnl_sr_tf.errors import InputError

# What a person gives for these replaces what the paper has; of other axes it chooses.
_REPLACED = ("dataset", "seed")


def numbers(kind: str) -> list[str]:
    """Which there are.

    Args:
        kind: `"tables"` or `"figures"`.

    Returns:
        Their numbers, as text, in order.
    """
    return sorted(_read(kind))


def configs(kind: str, number: str, given: Settings) -> list[list[Config]]:
    """The runs behind a table or a figure.

    Args:
        kind: `"tables"` or `"figures"`.
        number: that of the paper, as text.
        given: settings of a person, as for `lnl_sr_tf.config.grid`: another dataset,
            other seeds or epochs; some of the paper's losses, noise rates and so on; or
            losses that the paper has not, to be compared.

    Returns:
        A list of lists of `lnl_sr_tf.config.Config`, one for each grid that is
        left.

    Raises:
        InputError: if there is no such table, a setting is wrong, or nothing is left.

    Example:
        >>> len(configs("tables", "1", {"dataset": "mnist", "seed": [1]})[0])
        45
    """
    grids = _grids(kind, number)
    known = {
        axis: {value for one in grids for value in one.get(axis, ())} for axis in AXES
    }
    narrowed = [_narrowed(one, given, known) for one in grids]
    made = [grid(settings) for settings in narrowed if settings]
    if not made:
        shown = " ".join(
            f"--{axis}={','.join(map(str, _listed(given[axis])))}"
            for axis in AXES
            if axis in given and axis not in _REPLACED
        )
        raise InputError(
            f"{kind[:-1]} {number} has no run with {shown}; leave some of it out"
        )
    return made


def _grids(kind: str, number: str) -> list[Settings]:
    """The settings of each grid, those of axes as lists of their values."""
    known = _read(kind)
    if number not in known:
        raise InputError(f"{kind[:-1]} {number}: the paper's are {', '.join(known)}")
    return [
        {
            name: [parse(name, one) for one in value] if name in AXES else value
            for name, value in block.items()
        }
        for block in known[number]
    ]


def _read(kind: str) -> dict[str, list[Settings]]:
    """The blocks of a file, by their numbers."""
    return read_toml(recipes.folder() / "paper" / f"{kind}.toml")


def _narrowed(
    own: Settings, given: Settings, known: dict[str, set[Any]]
) -> Settings | None:
    """A grid's settings with those that were given; None where nothing is left.

    What no grid knows goes to those of the standard method, so that another loss is
    not trained by Co-teaching as well.
    """
    settings = own | given
    for axis in AXES:
        if axis in _REPLACED or axis not in own or axis not in given:
            continue
        wanted = [parse(axis, value) for value in _listed(given[axis])]
        settings[axis] = [
            value
            for value in wanted
            if value in own[axis] or (value not in known[axis] and "method" not in own)
        ]
        if not settings[axis]:
            return None
    return settings


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
