"""The lines of a .csv in UTF-8, with their numbers."""

import csv
import pathlib
from collections.abc import Iterator

from lnl_sr_tf.errors import InputError

_LONGEST_CELL = 2**27  # characters: a cell may be a whole text
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def csv_lines(path: pathlib.Path, wanted: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, as (number from 1, cells).

    Args:
        path: the .csv.
        wanted: what it should hold, for messages.

    Raises:
        InputError: if it cannot be read, is empty, or is not of UTF-8 text with commas
            between the columns.
    """
    first = True
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            try:
                for cells in reader:
                    if not cells:
                        continue
                    if first:
                        _check_commas(path, reader.line_num, cells)
                        first = False
                    yield reader.line_num, cells
            except csv.Error as error:
                raise InputError(f"{path}: {error} (line {reader.line_num})") from None
    except UnicodeDecodeError:
        raise InputError(
            f"{path} is not UTF-8 text; save it as UTF-8{_first_bad_line(path)}"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    finally:
        csv.field_size_limit(before)
    if first:
        raise InputError(f"{path} is empty; expected {wanted}")


def _first_bad_line(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8-sig")
            except UnicodeDecodeError:
                return f" (line {number} is not)"
    return ""


def _check_commas(path: pathlib.Path, number: int, cells: list[str]) -> None:
    for delimiter, words in _OTHER_DELIMITERS.items():
        if len(cells) == 1 and delimiter in cells[0]:
            raise InputError(
                f"{path}, line {number}: expected commas between the columns; there "
                f"are {words} in {cells[0][:60]!r}"
            )
