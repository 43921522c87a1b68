"""The grids of runs behind the paper's tables and figures, from `flags/`.

`flags/tables/` and `flags/figures/` hold a flagfile for each, such as `1.flags`, or
several, such as `4-sym.flags` and `4-asym.flags`, where it is no single grid.
"""

from lnl_sr_tf.config import recipes
from lnl_sr_tf.config.grid import AXES, grid
from lnl_sr_tf.config.parse import parse
from lnl_sr_tf.errors import InputError

# What a person gives for these replaces what the paper has; of other axes it chooses.
_REPLACED = ("dataset", "seed")


def numbers(kind):
    """Which there are.

    Args:
        kind: `"tables"` or `"figures"`.

    Returns:
        Their numbers, as text, in order.
    """
    files = (recipes.folder() / kind).glob("*.flags")
    return sorted({path.stem.partition("-")[0] for path in files})


def configs(kind, number, given):
    """The runs behind a table or a figure.

    Args:
        kind: `"tables"` or `"figures"`.
        number: that of the paper, as text.
        given: settings of a person, as for `lnl_sr_tf.config.grid`: another dataset,
            other seeds or epochs; some of the paper's losses, noise rates and so on; or
            losses that the paper has not, to be compared.

    Returns:
        A list of lists of `lnl_sr_tf.config.Config`, one for each flagfile that is
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


def _grids(kind, number):
    """The settings of each flagfile, those of axes as lists of their values."""
    if number not in numbers(kind):
        raise InputError(
            f"{kind[:-1]} {number}: the paper's are {', '.join(numbers(kind))}"
        )
    place = recipes.folder() / kind
    made = []
    for path in sorted(
        [*place.glob(f"{number}.flags"), *place.glob(f"{number}-*.flags")]
    ):
        settings = recipes.read_file(path)
        for axis in AXES:
            if axis in settings:
                values = settings[axis].split(",")
                settings[axis] = [parse(axis, value) for value in values]
        made.append(settings)
    return made


def _narrowed(own, given, known):
    """A flagfile's settings with those that were given; None where nothing is left.

    What no flagfile knows goes to those of the standard method, so that another loss is
    not trained by Co-teaching beside.
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


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]
