"""Cells of a table: which are missing, and which numbers stand in them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.errors import InputError

# In lower case.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")


class Numbers(NamedTuple):
    """What a column of numbers holds.

    Args:
        values: float32, shape (n,), NaN where a cell is missing.
        commas: how many cells have a decimal comma.
    """

    values: np.ndarray
    commas: int


class NotNumbers(NamedTuple):
    """Why a column is none of numbers.

    Args:
        row: the place of the first cell that is no number, from 0.
        reason: for messages.
    """

    row: int
    reason: str


def is_missing(cell: str) -> bool:
    """Whether there is nothing in a cell.

    Example:
        >>> is_missing("NaN"), is_missing("0")
        (True, False)
    """
    return cell.strip().lower() in MISSING


def numbers_in(cells: Sequence[str]) -> Numbers | NotNumbers:
    """The numbers in cells, if all that are not missing hold one.

    Args:
        cells: n texts.

    Example:
        >>> numbers_in(["1", "2,5", "NA"])
        Numbers(values=array([1. , 2.5, nan], dtype=float32), commas=1)
    """
    different = dict.fromkeys(cells)
    commas = {cell for cell in different if "," in cell}
    thousands = bool(commas) and all(map(_THOUSANDS.fullmatch, commas))
    values: dict[str, float] = {}
    for cell in different:
        if thousands and cell in commas:
            return NotNumbers(
                cells.index(cell),
                f"{cell!r} may be a thousand or a decimal comma; write numbers as "
                "1234 or 1.234",
            )
        value = _number(cell)
        if value is None:
            return NotNumbers(cells.index(cell), f"{cell!r:.60} is no number")
        values[cell] = value
    made = np.array([values[cell] for cell in cells], np.float64)
    with np.errstate(over="ignore"):
        made = made.astype(np.float32)
    if np.isinf(made).any():
        place = int(np.flatnonzero(np.isinf(made))[0])
        return NotNumbers(place, f"{cells[place]!r:.60} is beyond what float32 holds")
    return Numbers(made, sum(cell in commas for cell in cells) if commas else 0)


def _number(cell: str) -> float | None:
    if is_missing(cell):
        return float("nan")
    if _NUMBER.fullmatch(cell):
        return float(cell)
    if _DECIMAL_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    return None


def checked_numbers(where: str, cells: Sequence[str], lines: Sequence[int]) -> Numbers:
    """The numbers in cells that a person says are numbers.

    Args:
        where: they are from, for messages.
        cells: n texts.
        lines: the number of each cell's line.

    Raises:
        InputError: says which is the first that is none.
    """
    found = numbers_in(cells)
    if isinstance(found, NotNumbers):
        raise InputError(
            f"{where}, line {lines[found.row]}: expected a number; {found.reason}"
        )
    return found
