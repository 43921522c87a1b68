"""Rows of a file by their splits, with labels as numbers."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.split_column import all_known, by_split
from lnl_sr_tf.datasets.sources.table_columns import Table
from lnl_sr_tf.errors import InputError


class LabelledRows(NamedTuple):
    """Which rows are whose, and what they are labelled.

    Args:
        class_names: one name a class.
        rows: the places of each split's rows in the table, int64, by split, `"train"`
            first.
        given: their given labels, int64, by split.
        clean: their clean labels, by split, where they are known.
        held_out: whether the test set is said to be as noisy as what is trained on.
    """

    class_names: tuple[str, ...]
    rows: dict[str, np.ndarray]
    given: dict[str, np.ndarray]
    clean: dict[str, np.ndarray]
    held_out: bool = False


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

    def where(place):
        return f"{table.path}, line {table.lines[place]}"

    splits, held_out = {"train": np.arange(len(table.lines))}, False
    if "split" in table.roles:
        words = table.columns[table.roles["split"]]
        splits, held_out, told = by_split(table.path, words, where)
        if told:
            tell(f"{table.path}: {told}")
    labels = table.columns[table.roles["label"]]
    for place, label in enumerate(labels):
        if not label:
            raise InputError(f"{where(place)}: the label is empty")
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
        if all_known(clean, rows, split, table.roles.get("clean_label", ""), where)
    }
    return LabelledRows(class_names, splits, given, known, held_out)
