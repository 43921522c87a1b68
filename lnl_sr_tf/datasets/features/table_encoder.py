"""Features of the rows of a table: its numbers, and its categories one-hot."""

import collections
import dataclasses
import functools
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.datasets import tensorflow_import
from lnl_sr_tf.datasets.features.column_kinds import Columns
from lnl_sr_tf.datasets.features.column_statistics import column_statistics
from lnl_sr_tf.datasets.features.table_cells import MISSING, is_missing
from lnl_sr_tf.datasets.memory import check_memory

MOST_VALUES = 100  # of a category
# The largest that a column of zeros and ones can have: rare values stay small.
_STD_OF_ONE_HOT = 0.5


@dataclasses.dataclass(frozen=True)
class NumberColumn:
    """A column of numbers as one of features, or as two.

    Args:
        name: of the column.
        input: its name in a SavedModel.
        mean: what stands for a missing value.
        indicated: whether a second column is 1 where the value is missing, else 0.
    """

    name: str
    input: str
    mean: float
    indicated: bool

    kind = "number"

    @property
    def width(self) -> int:
        """How many columns of features there are."""
        return 1 + self.indicated

    def encode(self, values: np.ndarray) -> np.ndarray:
        """float32 of shape (n, width) from float32 of shape (n,), NaN where missing."""
        missing = np.isnan(values)
        filled = np.where(missing, np.float32(self.mean), values)
        return np.stack([filled, missing.astype(np.float32)][: self.width], axis=1)

    def encoded(self, values: Any) -> Any:
        """The same of tensors."""
        tf = _tensorflow()
        missing = tf.math.is_nan(values)
        filled = tf.where(missing, tf.constant(self.mean, tf.float32), values)
        both = [filled, tf.cast(missing, tf.float32)]
        return tf.stack(both[: self.width], axis=1)

    def tracked(self) -> Sequence[Any]:
        """Nothing."""
        return []


@dataclasses.dataclass(frozen=True)
class CategoryColumn:
    """A column of categories, one-hot.

    Args:
        name: of the column.
        input: its name in a SavedModel.
        values: those that have a column of features each, in order.
        other: whether the next column is for all other values.
        missing: whether the last column is for a missing value.

    A value that has no column is a row of zeros.
    """

    name: str
    input: str
    values: tuple[str, ...]
    other: bool
    missing: bool

    kind = "category"

    @property
    def width(self) -> int:
        """How many columns of features there are."""
        return len(self.values) + self.other + self.missing

    def encode(self, cells: Sequence[str]) -> np.ndarray:
        """float32 of shape (n, width) from n texts."""
        index, missing, other = self._places
        places = [
            missing if is_missing(cell) else index.get(cell, other) for cell in cells
        ]
        return np.eye(self.width + 1, self.width, dtype=np.float32)[places]

    def encoded(self, values: Any) -> Any:
        """The same of a tensor of strings, shape (n,)."""
        tf = _tensorflow()
        _, missing, _ = self._places
        stripped = tf.strings.strip(values)
        lower = tf.strings.lower(stripped)
        absent = tf.reduce_any(lower[:, None] == tf.constant(MISSING), axis=1)
        places = tf.where(
            absent, tf.constant(missing, tf.int64), self._table.lookup(stripped)
        )
        return tf.one_hot(places, self.width, dtype=tf.float32)

    def tracked(self) -> Sequence[Any]:
        """The table of the values."""
        return [self._table]

    @property
    def _places(self):
        """(that of each value, of a missing one, of any other); `width` is nowhere."""
        count = len(self.values)
        index = {value: place for place, value in enumerate(self.values)}
        missing = count + self.other if self.missing else self.width
        return index, missing, count if self.other else self.width

    @functools.cached_property
    def _table(self) -> Any:
        tf = _tensorflow()
        index, _, other = self._places
        index = index or {"": other}  # a table must not be empty
        with tf.init_scope(), tf.device("CPU"):
            return tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(list(index), tf.string),
                    tf.constant(list(index.values()), tf.int64),
                ),
                default_value=other,
            )


@dataclasses.dataclass(frozen=True)
class TableEncoder:
    """From the rows of a table to features: all of one column, then of the next.

    Args:
        columns: what becomes of each.
    """

    columns: tuple[NumberColumn | CategoryColumn, ...]

    kind = "table"

    def encode(self, columns: Columns) -> np.ndarray:
        """Features of a table, float32 of shape (n, width)."""
        values: dict[str, Any] = {**columns.numbers, **columns.categories}
        width = sum(column.width for column in self.columns)
        count = len(next(iter(values.values())))
        check_memory(
            4 * count * width,
            f"{count} rows of {width} features take",
            "leave out columns with --columns=NAME:skip",
        )
        rows = np.empty((count, width), np.float32)
        start = 0
        for column in self.columns:
            end = start + column.width
            rows[:, start:end] = column.encode(values[column.name])
            start = end
        return rows

    def statistics(
        self, rows: np.ndarray
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation by which features are normalised.

        Args:
            rows: those to train on, shape (n, width).
        """
        mean, std = column_statistics(rows)
        of_number = np.concatenate(
            [np.arange(c.width) < (c.kind == "number") for c in self.columns]
        )
        return mean, tuple(np.where(of_number, std, _STD_OF_ONE_HOT).tolist())

    def signature(self) -> dict[str, Any]:
        """A tensor of shape (batch,) a column: float32, NaN where missing, or text."""
        tf = _tensorflow()
        kinds = {"number": tf.float32, "category": tf.string}
        return {
            column.input: tf.TensorSpec([None], kinds[column.kind], name=column.input)
            for column in self.columns
        }

    def encoded(self, **raw: Any) -> Any:
        """Features of a tensor a column, float32 of shape (batch, width)."""
        tf = _tensorflow()
        parts = [column.encoded(raw[column.input]) for column in self.columns]
        return tf.concat(parts, axis=1)

    def tracked(self) -> Sequence[Any]:
        """The tables of the categories."""
        return [table for column in self.columns for table in column.tracked()]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        columns = [{"kind": c.kind} | dataclasses.asdict(c) for c in self.columns]
        return {"kind": self.kind, "columns": columns}


def table_encoder_from_dict(content: dict[str, Any]) -> TableEncoder:
    """The encoder that `as_dict` tells of."""
    columns: list[NumberColumn | CategoryColumn] = []
    for column in content["columns"]:
        column = dict(column)
        if column.pop("kind") == NumberColumn.kind:
            columns.append(NumberColumn(**column))
        else:
            values = tuple(column.pop("values"))
            columns.append(CategoryColumn(**column, values=values))
    return TableEncoder(tuple(columns))


def fit_table_encoder(
    columns: Columns, train: np.ndarray, tell: Callable[[str], None]
) -> TableEncoder:
    """An encoder of the columns of a table.

    Args:
        columns: all rows, of the test set, too.
        train: the places of the rows to train on, integers, shape (m,): means, values
            and whether any are missing are theirs.
        tell: called with a line where a category has too many values.
    """
    inputs = input_names(columns.order)
    made: list[NumberColumn | CategoryColumn] = []
    for name in columns.order:
        if name in columns.numbers:
            values = columns.numbers[name][train]
            known = values[~np.isnan(values)]
            mean = (
                float(np.float32(known.mean(dtype=np.float64))) if len(known) else 0.0
            )
            indicated = len(known) < len(values)
            made.append(NumberColumn(name, inputs[name], mean, indicated))
        else:
            cells = columns.categories[name]
            made.append(_fit_category(name, inputs[name], [cells[i] for i in train]))
    cut = [c.name for c in made if isinstance(c, CategoryColumn) and c.other]
    if cut:
        tell(
            f"of {', '.join(cut):.160} the {MOST_VALUES} commonest values count, all "
            "others as one"
        )
    return TableEncoder(tuple(made))


def _fit_category(name: str, input_name: str, cells: list[str]) -> CategoryColumn:
    counts = collections.Counter(cells)
    missing = [value for value in counts if is_missing(value)]
    for value in missing:
        del counts[value]
    # Of values that are as common, the first by name.
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    return CategoryColumn(
        name,
        input_name,
        tuple(ordered[:MOST_VALUES]),
        other=len(ordered) > MOST_VALUES,
        missing=bool(missing),
    )


def input_names(names: Sequence[str]) -> dict[str, str]:
    """A name for each column that TensorFlow and Python take as that of an argument.

    Example:
        >>> input_names(["mean radius", "mean-radius", "1st"])
        {'mean radius': 'mean_radius', 'mean-radius': 'mean_radius_2', '1st': 'c_1st'}
    """
    made: dict[str, str] = {}
    for name in names:
        ascii_letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore")
        plain = re.sub(r"\W+", "_", ascii_letters.decode()).strip("_") or "column"
        plain = plain if plain[0].isalpha() else f"c_{plain}"
        number, unused = 2, plain
        while unused in made.values():
            number, unused = number + 1, f"{plain}_{number}"
        made[name] = unused
    return made


def _tensorflow() -> Any:
    return tensorflow_import.import_tensorflow()
