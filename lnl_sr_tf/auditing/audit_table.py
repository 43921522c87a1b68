"""The table of an audit, `audit.csv`, read back, and rows of other tables like it."""

import csv
import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from lnl_sr_tf.auditing.audit_files import utf8_safe
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError

_MOST_DIGITS = 18  # of an index; int64 holds more
_LONGEST_CELL = 2**27  # characters: a cell may be a whole text


@dataclasses.dataclass(frozen=True)
class AuditTable:
    """The rows of an `audit.csv`, most suspect first.

    Args:
        index: int64, shape (n,).
        given: classes, int64, shape (n,).
        suggested: likewise.
        probability: shape (n,); NaN where the audit had no evidence.
    """

    index: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    probability: np.ndarray


def read_audit(path: pathlib.Path, class_names: Sequence[str]) -> AuditTable:
    """Read an `audit.csv`.

    Args:
        path: the file.
        class_names: k names.

    Raises:
        InputError: if it is missing, or not an audit of these classes.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no audit; lnl-sr audit RUN writes it")
    number = {utf8_safe(name): i for i, name in enumerate(class_names)}
    columns = ("index", "given", "suggested", "probability")
    rows = read_rows(path, columns)
    try:
        judged = AuditTable(
            np.array([index_of(row) for row in rows], np.int64),
            np.array([number[row["given"]] for row in rows], np.int64),
            np.array([number[row["suggested"]] for row in rows], np.int64),
            np.array([_probability(row) for row in rows]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: {error} belongs to another run, or the file is damaged; lnl-sr "
            "audit writes it again"
        ) from error
    numbers, often = np.unique(judged.index, return_counts=True)
    if len(numbers) < len(judged.index):
        raise InputError(
            f"{path}: example {numbers[often > 1][0]} is in more than one row; "
            "lnl-sr audit writes the file again"
        )
    return judged


def check_of(judged: AuditTable, dataset: Dataset, path: pathlib.Path | str) -> None:
    """Raise InputError unless an audit lists the examples and labels of a dataset.

    Args:
        judged: the rows of `audit.csv`.
        dataset: with the labels that were given.
        path: of the audit, for the message.
    """
    order = np.argsort(judged.index, kind="stable")
    own = np.argsort(dataset.index, kind="stable")
    if not (
        np.array_equal(judged.index[order], dataset.index[own])
        and np.array_equal(judged.given[order], dataset.given_labels[own])
    ):
        raise InputError(
            f"{path} has other examples or labels than this run was trained on, or is "
            "cut off; lnl-sr audit writes it again"
        )


def _probability(row):
    """The probability in a row; NaN where it is empty, ValueError if it is not one."""
    text = row["probability"]
    if text == "":
        return np.nan
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text[:20])
    return value


def index_of(row: Mapping[str, str]) -> int:
    """The index in a row; ValueError if it is not one."""
    text = row["index"]
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise ValueError(text[:20])
    return int(text)


def read_rows(
    path: pathlib.Path | str, columns: Sequence[str], delimiter: str = ","
) -> list[dict[str, str]]:
    """The rows of a .csv as dicts, with at least these columns."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            rows, header = list(reader), list(reader.fieldnames or [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    finally:
        csv.field_size_limit(before)
    missing = [column for column in columns if column not in header]
    if missing:
        raise InputError(
            f"{path}: expected the columns {', '.join(columns)}; received "
            f"{', '.join(header)[:200] or 'an empty file'}"
        )
    for number, row in enumerate(rows, 1):
        if any(row[column] is None for column in columns):
            raise InputError(
                f"{path}, row {number}: expected {', '.join(header)[:200]}; received "
                f"{', '.join(str(value) for value in row.values() if value)[:200]}"
            )
    return rows
