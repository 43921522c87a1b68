"""Texts and tables in memory: lists of strings, data frames, dicts of columns."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.config.column_kinds import CATEGORY, parse_columns
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.dataset_of_columns import dataset_of_columns
from lnl_sr_tf.datasets.sources.dataset_of_texts import dataset_of_texts
from lnl_sr_tf.datasets.sources.labelled_rows import LabelledRows
from lnl_sr_tf.datasets.sources.npz_labels import checked_labels
from lnl_sr_tf.datasets.sources.npz_names import array_names
from lnl_sr_tf.datasets.sources.split_rows import Splits, with_test_set
from lnl_sr_tf.errors import InputError

_SOURCE = "from_arrays"
_SPLITS = {"x_train": "train", "x_test": "test"}


def is_table(x: Any) -> bool:
    """Whether an object is a data frame, or a dict of columns."""
    return isinstance(x, Mapping) or (
        hasattr(x, "columns") and hasattr(x, "__getitem__")
    )


def are_texts(x: Any) -> bool:
    """Whether an object is a list of strings, or an array or column of them.

    Example:
        >>> are_texts(["good", None]), are_texts([["a"]]), are_texts([1.0])
        (True, False, False)
    """
    if isinstance(x, (list, tuple)):
        return any(isinstance(one, str) for one in x) and not any(
            isinstance(one, (list, tuple, np.ndarray)) for one in x
        )
    kind = getattr(np.asarray(x), "dtype", np.dtype(float)).kind
    return np.ndim(x) == 1 and kind in "UOT"


def dataset_of_raw_arrays(
    name: str,
    arrays: dict[str, Any],
    columns: str | Mapping[str, str] | None,
    test_share: float,
    tell: Callable[[str], None],
) -> Dataset:
    """The dataset of texts, or of a table, in memory.

    Args:
        name: of the dataset.
        arrays: `x_train`, `y_train` and others, as `from_arrays` names them.
        columns: as for `from_table`.
        test_share: as for `from_arrays`.
        tell: likewise.

    Raises:
        InputError: as `from_text`, `from_table` and `from_npz`.
    """
    of_table = is_table(arrays["x_train"])
    read: Callable[[str, Any], Any] = columns_of if of_table else texts_of
    parts = {key: read(key, arrays[key]) for key in _SPLITS if key in arrays}
    counts = {key: _count(part) for key, part in parts.items()}
    labelled = _labelled(arrays, counts, tell)

    def find_splits(contents: list[np.ndarray]) -> Splits:
        return with_test_set(
            labelled, contents, test_share, _SOURCE, where, "x_test and y_test",
            "rows" if of_table else "texts", tell,
        )  # fmt: skip

    def where(row: int) -> str:
        of_train = counts["x_train"]
        return f"x[{row}]" if row < of_train else f"x_test[{row - of_train}]"

    contents = _fingerprint(parts, labelled)
    if not of_table:
        texts = [text for part in parts.values() for text in part]
        return dataset_of_texts(
            _SOURCE, name, texts, find_splits, where, contents, tell
        )
    kinds = _given_kinds(arrays["x_train"], columns)
    return dataset_of_columns(
        _SOURCE, name, _joined(parts), kinds, range(sum(counts.values())), find_splits,
        contents, tell,
    )  # fmt: skip


def _labelled(
    arrays: dict[str, Any], counts: dict[str, int], tell: Callable[[str], None]
) -> LabelledRows:
    # Labels are checked beside examples, of which their number is all that counts.
    examples = {key: np.empty((count, 1)) for key, count in counts.items()}
    arrays = arrays | examples
    names = array_names(_SOURCE, list(arrays), tell)
    given, clean, class_names = checked_labels(
        _SOURCE,
        arrays,
        names,
        {_SPLITS[key]: rows for key, rows in examples.items()},
        tell,
    )
    rows, start = {}, 0
    for key, count in counts.items():
        rows[_SPLITS[key]] = np.arange(start, start + count)
        start += count
    return LabelledRows(class_names, rows, given, clean)


def texts_of(key: str, x: Any) -> list[str]:
    """Texts in a list, an array or a column of a data frame, with "" where none is.

    Args:
        key: what they are called, for messages.
        x: that.

    Raises:
        InputError: if it is something else.
    """
    if is_table(x) or not are_texts(x):
        raise InputError(
            f"{_SOURCE}: {key}: expected a list of texts, as x is; received {x!r:.60}"
        )
    return [_cell(f"{key}[{place}]", one) for place, one in enumerate(x)]


def columns_of(key: str, x: Any) -> dict[str, list[str]]:
    """The cells of each column of a data frame or dict, as texts.

    Args:
        key: what the table is called, for messages.
        x: that.

    Raises:
        InputError: if it is something else, or its columns differ in length.
    """
    if not is_table(x):
        raise InputError(
            f"{_SOURCE}: {key}: expected a table, as x is; received {x!r:.60}"
        )
    names = list(x.keys() if isinstance(x, Mapping) else x.columns)
    columns: dict[str, list[str]] = {}
    for name in names:
        if str(name) in columns:
            raise InputError(f"{_SOURCE}: {key} has two columns {str(name)!r}")
        columns[str(name)] = [
            _cell(f"{key}: {name}[{place}]", one) for place, one in enumerate(x[name])
        ]
    lengths = {name: len(cells) for name, cells in columns.items()}
    if not lengths or len({*lengths.values()}) > 1 or not max(lengths.values()):
        raise InputError(
            f"{_SOURCE}: {key}: expected columns of the same length; received "
            f"{lengths or 'none'!s:.160}"
        )
    return columns


def _cell(where: str, value: Any) -> str:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
            raise InputError(
                f"{_SOURCE}: {where} holds half of a character: {value!a:.60}"
            )
        return value.strip()
    if value is None or value != value or str(value) in ("<NA>", "NaT"):
        return ""
    if isinstance(value, (bool, int, float, np.generic)):
        return str(value)
    raise InputError(
        f"{_SOURCE}: {where} is a {type(value).__name__}; expected a text or a number"
    )


def _count(part: list[str] | dict[str, list[str]]) -> int:
    return len(next(iter(part.values())) if isinstance(part, dict) else part)


def _joined(parts: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The columns of x, those of x_test below them."""
    first, *others = parts.values()
    for other in others:
        if {*other} != {*first}:
            differing = ", ".join(sorted({*other} ^ {*first}))
            raise InputError(
                f"{_SOURCE}: x and x_test differ in the columns {differing:.160}; "
                "expected the same"
            )
    return {
        name: [cell for part in parts.values() for cell in part[name]] for name in first
    }


def _given_kinds(x: Any, columns: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """As a person says; else a data frame's own categories."""
    given = parse_columns(columns) if isinstance(columns, str) else columns or {}
    names: Sequence = list(x.keys() if isinstance(x, Mapping) else x.columns)
    own = {
        str(name): CATEGORY
        for name in names
        if str(getattr(x[name], "dtype", "")) == "category"
    }
    return own | {**given}


def _fingerprint(parts: dict[str, Any], labelled: LabelledRows) -> str:
    digest = hashlib.sha256()
    for key, part in parts.items():
        columns = part if isinstance(part, dict) else {"": part}
        for name, cells in columns.items():
            digest.update("\0".join([key, name, str(len(cells)), *cells]).encode())
    digest.update(repr(labelled.class_names).encode())
    for labels in (*labelled.given.values(), *labelled.clean.values()):
        digest.update(labels.tobytes())
    return digest.hexdigest()[:16]
