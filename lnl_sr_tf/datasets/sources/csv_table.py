"""A .csv of file and label as rows, by the columns that its header names."""

import pathlib
from collections.abc import Callable
from typing import NamedTuple

from lnl_sr_tf.config import file_kind
from lnl_sr_tf.config.file_kind import plain
from lnl_sr_tf.datasets.sources.csv_lines import csv_lines
from lnl_sr_tf.datasets.sources.split_names import split_of
from lnl_sr_tf.errors import InputError

# Columns that are used.
COLUMNS = ("file", "label", "split", "clean_label")
_NAMES = {alias: name for name in COLUMNS for alias in file_kind.COLUMNS[name]}

_Lines = list[tuple[int, list[str]]]  # line number and cells


class Row(NamedTuple):
    """One line.

    Args:
        line: its number, from 1.
        cells: its text by column, "" where there is no such column.
        has_split: whether there is a column of splits.
    """

    line: int
    cells: dict[str, str]
    has_split: bool


def read_rows(path: pathlib.Path, tell: Callable[[str], None]) -> list[Row]:
    """The lines of a .csv with a header, or of two columns, file and label.

    Args:
        path: the .csv.
        tell: called with a line where there are columns that are not used.

    Raises:
        InputError: if it cannot be read, two columns could be meant, or a line has
            another number of columns.
    """
    lines = lines_of(path)
    first = [cell.strip() for cell in lines[0][1]]
    header = [_NAMES.get(plain(cell)) for cell in first]
    if "label" in header or "file" in header:
        lines = lines[1:]
        _check_header(path, first, header)
        _tell_unused(path, first, header, lines, tell)
        position = {name: i for i, name in enumerate(header) if name}
    elif len(first) == 2:
        position = {"file": 0, "label": 1}
    else:
        raise InputError(
            f"{path}, line 1: expected file,label, or a header that names the columns "
            f"file, label, split, clean_label; received {first!r:.80}"
        )
    rows = []
    for number, cells in lines:
        if len(cells) != len(first):
            raise InputError(
                f"{path}, line {number}: expected {len(first)} columns; received "
                f"{len(cells)} in {','.join(cells)!r:.80}"
            )
        by_name = {
            name: cells[position[name]].strip() if name in position else ""
            for name in COLUMNS
        }
        rows.append(Row(number, by_name, "split" in position))
    return rows


def lines_of(path: pathlib.Path) -> _Lines:
    """The lines that are not empty; at least one."""
    wanted = "lines of file,label, of text,label or of a table"
    lines = [line for line in csv_lines(path, wanted) if any(line[1])]
    if not lines:
        raise InputError(f"{path} is empty; expected {wanted}")
    return lines


def _check_header(
    path: pathlib.Path, first: list[str], header: list[str | None]
) -> None:
    """Raise InputError unless one column is file, one label, and others at most one."""
    for name in COLUMNS:
        meant = [cell for cell, known in zip(first, header, strict=True)
                 if known == name]  # fmt: skip
        if len(meant) > 1:
            raise InputError(
                f"{path}, line 1: the columns {' and '.join(meant)} could all be "
                f"{name}; expected one of them: rename or remove the others"
            )
        if not meant and name in ("file", "label"):
            raise InputError(
                f"{path}, line 1: expected one column {name}; the header is "
                f"{','.join(first):.80}"
            )


def _tell_unused(
    path: pathlib.Path,
    names: list[str],
    header: list[str | None],
    lines: _Lines,
    tell: Callable[[str], None],
) -> None:
    """Say which columns are not used; refuse one that looks like a split."""
    unused = [i for i, known in enumerate(header) if not known]
    for i in unused:
        values = {cells[i].strip() for _, cells in lines if i < len(cells)}
        splits = {split_of(value) for value in values} - {None}
        if len(splits) > 1 and all(map(split_of, values)) and "split" not in header:
            raise InputError(
                f"{path}, line 1: the column {names[i]!r} looks like the split "
                f"({', '.join(sorted(values)):.80}); call it split, or remove it"
            )
    if unused:
        named = ", ".join(repr(names[i]) for i in unused)
        tell(f"{path}: columns that are not used: {named:.200}")
