"""Votes in a .csv: a line a vote, or a column an annotator."""

import collections
import os
import pathlib
import re
from collections.abc import Callable, Iterable

from lnl_sr_tf.config.file_kind import COLUMNS
from lnl_sr_tf.datasets.sources.checked_votes import checked_votes
from lnl_sr_tf.datasets.sources.csv_lines import csv_lines
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import Votes

# Columns of a long table, and the names that they may have; docs/annotators.md lists
# them, too.
_LONG = {
    "example": ("example", "item", "task", "unit", "index", "id", *COLUMNS["file"]),
    "annotator": ("annotator", "worker", "rater", "labeler", "labeller", "coder"),
    "label": ("vote", "answer", *COLUMNS["label"]),
}
_NAMES = {alias: name for name, aliases in _LONG.items() for alias in aliases}
# What is beside votes in a wide table, and no annotator.
_NO_VOTES = (*COLUMNS["clean_label"], *COLUMNS["split"])
_WANTED = "a header, example,annotator,label or example and a column an annotator"

_Header = list[str]
_Found = Iterable[tuple[int, str, str, str]]  # line, example, annotator, label


def votes_from_csv(
    path: os.PathLike | str, tell: Callable[[str], None] = print
) -> Votes:
    """A .csv of votes, in UTF-8, with a header.

    Either the header names `example`, `annotator` and `label`, in any order, and a line
    is a vote. Or every column but `example` is an annotator and a line an example;
    without a column `example`, examples have the numbers of their lines from 0. An
    empty label is no vote. Labels are any text, and classes are in the order of their
    names, numbers by their value; examples and annotators in that of the file. The same
    vote twice counts once.

    Args:
        path: the .csv.
        tell: called with each line about what was found.

    Raises:
        InputError: if a line is malformed, an annotator gave an example two different
            votes, or there are fewer than two classes.

    Example::

        votes = lnl.datasets.votes_from_csv("votes.csv")
    """
    path = pathlib.Path(os.path.expanduser(path))
    lines = csv_lines(path, _WANTED)
    number, first = next(lines)
    header = [cell.strip() for cell in first]
    names = [_NAMES.get(_plain(cell)) for cell in header]
    rows = _checked_rows(path, len(header), lines)
    if "annotator" in names or "label" in names:
        return _from_long(path, header, names, rows, tell)
    return _from_wide(path, number, header, names, rows, tell)


def _plain(cell: str) -> str:
    return "_".join(re.findall(r"\w+", cell.lower())).removesuffix("_id")


def _checked_rows(
    path: pathlib.Path, width: int, lines: Iterable[tuple[int, list[str]]]
) -> Iterable[tuple[int, list[str]]]:
    for number, cells in lines:
        if len(cells) != width:
            raise InputError(
                f"{path}, line {number}: expected {width} columns; received "
                f"{len(cells)} in {','.join(cells)!r:.80}"
            )
        yield number, cells


def _from_long(
    path: pathlib.Path,
    header: _Header,
    names: list[str | None],
    rows: Iterable[tuple[int, list[str]]],
    tell: Callable[[str], None],
) -> Votes:
    """The votes of a table with a line a vote."""
    places = []
    for name in _LONG:
        meant = [i for i, known in enumerate(names) if known == name]
        if len(meant) > 1:
            named = " and ".join(header[i] for i in meant)
            raise InputError(
                f"{path}, line 1: the columns {named} could all be {name}; expected "
                "one of them: rename or remove the others"
            )
        if not meant:
            raise InputError(
                f"{path}, line 1: expected a column {name} beside "
                f"{' and '.join(other for other in _LONG if other in names)}; the "
                f"header is {','.join(header):.80}"
            )
        places += meant
    _tell_unused(path, [h for h, name in zip(header, names, strict=True) if not name],
                 tell)  # fmt: skip
    numbers: list[int] = []
    columns: tuple[list[int], list[int], list[int]] = ([], [], [])
    codes: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
    for number, cells in rows:
        for name, place, code, column in zip(
            _LONG, places, codes, columns, strict=True
        ):
            text = cells[place].strip()
            if not text and name != "label":
                raise InputError(f"{path}, line {number}: the {name} is empty")
            column.append(code.setdefault(text, len(code)))
        numbers.append(number)
    return checked_votes(path, numbers, columns, codes, tell)


def _from_wide(
    path: pathlib.Path,
    number: int,
    header: _Header,
    names: list[str | None],
    rows: Iterable[tuple[int, list[str]]],
    tell: Callable[[str], None],
) -> Votes:
    """The votes of a table with a column an annotator."""
    meant = [i for i, name in enumerate(names) if name == "example"]
    if not meant and not header[0]:
        meant = [0]  # as pandas writes an index
    if len(meant) > 1:
        raise InputError(
            f"{path}, line {number}: the columns "
            f"{' and '.join(header[i] for i in meant)} could all be example; expected "
            "one of them: rename or remove the others"
        )
    if not meant and all(re.fullmatch(r"[-+\d.]*", cell) for cell in header):
        raise InputError(
            f"{path}, line {number}: expected {_WANTED}; received "
            f"{','.join(header)!r:.80}"
        )
    beside = [i for i in range(len(header)) if _plain(header[i]) in _NO_VOTES]
    _tell_unused(path, [header[i] for i in beside], tell)
    columns = [i for i in range(len(header)) if i not in (*meant, *beside)]
    if not columns:
        raise InputError(
            f"{path}, line {number}: expected {_WANTED}; the header is "
            f"{','.join(header):.80}"
        )
    for name, count in collections.Counter(header[i] for i in columns).items():
        if count > 1 or not name:
            said = f"{count} columns have the name {name!r}" if name else "one has none"
            raise InputError(
                f"{path}, line {number}: expected a different name of each annotator; "
                f"{said}"
            )
    annotators = {header[i]: place for place, i in enumerate(columns)}
    numbers: list[int] = []
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    examples: dict[str, int] = {}
    labels: dict[str, int] = {}
    lines_of: list[int] = []
    for number, cells in rows:
        name = cells[meant[0]].strip() if meant else str(len(examples))
        if not name:
            raise InputError(f"{path}, line {number}: the example is empty")
        if name in examples:
            raise InputError(
                f"{path}, line {number}: example {name!r} is in line "
                f"{lines_of[examples[name]]}, too; expected one line an example"
            )
        examples[name] = len(examples)
        lines_of.append(number)
        for place, i in enumerate(columns):
            if text := cells[i].strip():
                found[0].append(examples[name])
                found[1].append(place)
                found[2].append(labels.setdefault(text, len(labels)))
                numbers.append(number)
    return checked_votes(path, numbers, found, (examples, annotators, labels), tell)


def _tell_unused(
    path: pathlib.Path, names: list[str], tell: Callable[[str], None]
) -> None:
    if names:
        named = ", ".join(map(repr, names))
        tell(f"{path}: columns that are not used: {named:.200}")
