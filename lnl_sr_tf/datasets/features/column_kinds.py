"""What each column of a table is: a number, a category, or nothing to learn from."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.config.column_kinds import CATEGORY, KINDS, NUMBER, SKIP
from lnl_sr_tf.datasets.features.table_cells import (
    NotNumbers,
    Numbers,
    checked_numbers,
    is_missing,
    numbers_in,
)
from lnl_sr_tf.errors import InputError, first_of

_NAMED = 12  # columns in a message
_FEWEST = 10  # rows of which it is no chance that a column counts them


class Columns(NamedTuple):
    """The columns that are learnt from, in the order of the table.

    Args:
        numbers: float32, NaN where missing, shape (n,), by name.
        categories: n texts each, by name.
        order: the names of both.
    """

    numbers: dict[str, np.ndarray]
    categories: dict[str, Sequence[str]]
    order: tuple[str, ...]


def columns_by_kind(
    source: object,
    columns: Mapping[str, Sequence[str]],
    kinds: Mapping[str, str],
    lines: Sequence[int],
    tell: Callable[[str], None],
) -> Columns:
    """The columns of a table, each as what it is.

    Of the kind number is a column whose cells are all numbers or missing, however few
    there are; of the kind category any other. Left out is one that holds one value, or
    as many different texts as rows, or counts the rows: it says nothing of examples
    that are to come.

    Args:
        source: where they are from, for messages.
        columns: n cells each, by name.
        kinds: of some of them, `"number"`, `"category"` or `"skip"`, from a person.
        lines: the number of each row's line.
        tell: called with a line that says what each column is, and with others on
            decimal commas and missing cells.

    Raises:
        InputError: if a kind is given for a column that is not there, a column that is
            to be of numbers holds text, or no column is left.
    """
    _check_names(source, columns, kinds)
    numbers, categories, left_out = {}, {}, {}
    commas: dict[str, int] = {}
    missing: dict[str, int] = {}
    for name, cells in columns.items():
        found = _found(source, name, cells, kinds.get(name), lines)
        if isinstance(found, str):
            left_out[name] = found
            continue
        if isinstance(found, Numbers):
            numbers[name] = found.values
            commas |= {name: found.commas} if found.commas else {}
            absent = int(np.isnan(found.values).sum())
        else:
            categories[name] = cells
            absent = sum(map(is_missing, cells))
        missing |= {name: absent} if absent else {}
    tell(_told(source, numbers, categories, left_out))
    if missing:
        counts = _few([f"{count} of {name}" for name, count in missing.items()])
        tell(f"{source}: missing values: {counts}")
    if commas:
        counts = _few([f"{count} of {name}" for name, count in commas.items()])
        tell(f"{source}: numbers with a decimal comma: {counts}")
    order = tuple(name for name in columns if name in numbers or name in categories)
    if not order:
        raise InputError(
            f"{source}: expected a column to learn from besides label and split; "
            + (
                f"left out are {_few([f'{n} ({why})' for n, why in left_out.items()])}"
                if left_out
                else "there is none"
            )
        )
    return Columns(numbers, categories, order)


def _check_names(source, columns, kinds):
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise InputError(
                f"{source}: columns: {name!r} is to be {kind!r}; expected one of "
                f"{', '.join(KINDS)}"
            )
        if name not in columns:
            close = difflib.get_close_matches(name, columns, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"{source}: --columns names {name!r}, which is no column to learn "
                f"from{hint or '; there are ' + _few(list(columns))}"
            )


def _found(source, name, cells, given, lines):
    """The `Numbers` of a column, None for categories, or why it is left out."""
    if given == SKIP:
        return "as asked for"
    if given == NUMBER:
        return checked_numbers(f"{source}: {name}", cells, lines)
    if given == CATEGORY:
        return None
    found = numbers_in(cells)
    different = {cell for cell in set(cells) if not is_missing(cell)}
    if not different:
        return "empty"
    if len(different) == 1 and not any(map(is_missing, cells)):
        return "one value"
    if isinstance(found, NotNumbers):
        if len(different) == len(cells):
            return "a text of its own in each row"
        return None
    if _counts_rows(found.values):
        return "the number of the row"
    return found


def _counts_rows(values):
    """Whether a column is that of a file's own index; sorted rows would tell labels."""
    return len(values) >= _FEWEST and bool((np.diff(values) == 1).all())


def _told(source, numbers, categories, left_out):
    parts = []
    if numbers:
        parts.append(f"numbers: {_few(list(numbers))}")
    if categories:
        counts = [
            f"{name} ({sum(not is_missing(cell) for cell in {*cells})} values)"
            for name, cells in categories.items()
        ]
        parts.append(f"categories: {_few(counts)}")
    if left_out:
        reasons = [f"{name} ({why})" for name, why in left_out.items()]
        parts.append(f"left out: {_few(reasons)}")
    if not parts:
        return f"{source}: no columns"
    return f"{source}: {'; '.join(parts)} (--columns says otherwise)"


def _few(names):
    return first_of(names, _NAMED)
