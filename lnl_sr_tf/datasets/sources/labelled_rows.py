"""Rows of a file by their splits, with labels as numbers."""

import difflib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.split_names import split_of, taken_for
from lnl_sr_tf.datasets.sources.table_columns import Table
from lnl_sr_tf.errors import InputError

_SPLITS = ("train", "validation", "test")


class LabelledRows(NamedTuple):
    """Which rows are whose, and what they are labelled.

    Args:
        class_names: one name a class.
        rows: the places of each split's rows in the table, int64, by split, `"train"`
            first.
        given: their given labels, int64, by split.
        clean: their clean labels, by split, where they are known.
    """

    class_names: tuple[str, ...]
    rows: dict[str, np.ndarray]
    given: dict[str, np.ndarray]
    clean: dict[str, np.ndarray]


def labelled_rows(table: Table, tell: Callable[[str], None]) -> LabelledRows:
    """The rows of a table by split, and their labels.

    Args:
        table: with a column of labels, and perhaps of splits and of clean labels.
        tell: called with a line where several names are one class, or a split is called
            by another word.

    Raises:
        InputError: if a label or split is empty or unknown, no row is to train on, or a
            class has none there, or clean labels are known of a part of a split.
    """
    splits = _splits(table, tell)
    if "train" not in splits:
        raise InputError(
            f"{table.path}: no line is of the split train; found {', '.join(splits)}"
        )
    labels = table.columns[table.roles["label"]]
    for place, label in enumerate(labels):
        if not label:
            raise InputError(f"{_where(table, place)}: the label is empty")
    clean = table.columns[table.roles["clean_label"]] if "clean_label" in (
        table.roles) else [""] * len(labels)  # fmt: skip
    class_of = one_name_each(table.path, {*labels, *clean} - {""}, tell)
    class_names = sorted_names(class_of.values())
    check_classes(table.path, class_names)
    index = {spelling: class_names.index(name) for spelling, name in class_of.items()}

    def numbers(cells, rows):
        return np.array([index[cells[row]] for row in rows.tolist()], np.int64)

    given = {split: numbers(labels, rows) for split, rows in splits.items()}
    counts = np.bincount(given["train"], minlength=len(class_names))
    for missing in np.flatnonzero(counts == 0).tolist():
        raise InputError(
            f"{table.path}: no line to train on is of class {class_names[missing]!r}; "
            "expected at least one of each class"
        )
    known = {
        split: numbers(clean, rows)
        for split, rows in splits.items()
        if _all_known(table, clean, split, rows)
    }
    return LabelledRows(class_names, splits, given, known)


def _splits(table: Table, tell: Callable[[str], None]) -> dict[str, np.ndarray]:
    """The places of each split's rows."""
    if "split" not in table.roles:
        return {"train": np.arange(len(table.lines))}
    places: dict[str, list[int]] = {}
    words: dict[str, str] = {}
    for place, word in enumerate(table.columns[table.roles["split"]]):
        split = split_of(word) if word else None
        if split is None:
            close = difflib.get_close_matches(word.lower(), _SPLITS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(
                f"{_where(table, place)}: split {word!r}; expected train, validation "
                f"or test{hint}"
            )
        before = words.setdefault(split, word.lower())
        if before != word.lower():
            raise InputError(
                f"{_where(table, place)}: the splits {before!r} and {word.lower()!r} "
                f"both mean {split}; keep one, or give both the same name"
            )
        places.setdefault(split, []).append(place)
    if said := taken_for(words):
        tell(f"{table.path}: {said}")
    return {split: np.array(places[split]) for split in _SPLITS if split in places}


def _all_known(table: Table, clean: list[str], split: str, rows: np.ndarray) -> bool:
    known = [bool(clean[row]) for row in rows.tolist()]
    if any(known) and not all(known):
        place = int(rows[known.index(False)])
        raise InputError(
            f"{_where(table, place)}: {table.roles['clean_label']} is empty, and other "
            f"lines of the split {split} have one; fill it, or give those with one a "
            "split of their own, test"
        )
    return all(known)


def _where(table: Table, place: int) -> str:
    return f"{table.path}, line {table.lines[place]}"
