"""An audit as files: `audit.csv`, a row an example, and `audit.json`, the whole."""

import csv
import dataclasses
import io
import json
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.files import whole_file

# The label of an example that is of none of the classes.
FOREIGN = "none of them"
_MOST_DIGITS = 18  # of an index; int64 holds more
_LONGEST_CELL = 2**27  # characters: a cell may be a whole text


def write(
    audit: Audit, folder: pathlib.Path | str, more: Mapping[str, Any] | None = None
) -> tuple[pathlib.Path, pathlib.Path]:
    """Write `audit.csv` and `audit.json`.

    Args:
        audit: what was found.
        folder: where to write; it must exist.
        more: what else `audit.json` holds.

    Returns:
        The paths of both.

    Raises:
        RunError: if a file cannot be written; what stood there stays.

    Example:
        write(lnl.audit(run), run)  # run/audit.csv, run/audit.json
    """
    folder = pathlib.Path(folder)
    table, whole = folder / "audit.csv", folder / "audit.json"
    write_text(table, _table(audit))
    write_text(whole, json.dumps(summary(audit) | dict(more or {}), indent=2) + "\n")
    return table, whole


def summary(audit: Audit) -> dict[str, Any]:
    """What `audit.json` holds; what is unknown is None."""
    matrix, low, high = audit.matrix
    shares, least, most = audit.class_rates
    found = {
        "words": audit.words,
        "evidence": audit.evidence,
        "examples": len(audit.given),
        "suspects": len(audit.suspects),
        "noise_rate": audit.noise_rate,
        "noise_rate_interval": audit.noise_rate_interval,
        "noise_rate_is_a_lower_bound": audit.lower_bound,
        "no_sign_of_noise": bool(audit.no_sign),
        "no_evidence": audit.no_evidence,
        "classes_without_evidence": [
            audit.class_names[i] for i in audit.classes_without_evidence
        ],
        "agreement": None
        if audit.agreement is None
        else {
            "hits": audit.agreement.hits,
            "by_chance": audit.agreement.expected,
            "p_value": audit.agreement.chance,
            "class_p_values": audit.agreement.class_chances.tolist(),
        },
        "outputs": None
        if audit.kind is None
        else {
            "sharp": bool(audit.kind.sharp),
            "undecided": audit.kind.undecided,
            "temperature": audit.kind.temperature,
        },
        "information": None
        if audit.information is None
        else {
            "total": audit.information.total,
            "classes": audit.information.classes.tolist(),
        },
        "memorisation": None
        if audit.memorisation is None
        else audit.memorisation._asdict(),
        "yield_curve": _yield(audit),
        "class_names": list(audit.class_names),
        "class_rates": [
            {"class": name, "given": int(count), "wrong": share, "interval": [a, b]}
            for name, count, share, a, b in zip(
                audit.class_names,
                np.bincount(audit.given, minlength=len(audit.class_names)),
                shares.tolist(),
                least.tolist(),
                most.tolist(),
                strict=True,
            )
        ],
        "transition_matrix": matrix.tolist(),
        "transition_matrix_low": low.tolist(),
        "transition_matrix_high": high.tolist(),
    }
    if audit.features is not None:
        found["from_features"] = _from_features(audit.features, audit.index)
    if audit.clean is not None:
        found["against_clean"] = against_clean(audit)
    return _without_nan(found)


def _from_features(told, index):
    """Near copies and examples of no class, by their numbers in the source."""
    return {
        "source": told.source,
        "near_copies": told.pairs,
        "near_copies_with_differing_labels": index[told.conflicts].tolist(),
        "perhaps_of_no_class": index[np.flatnonzero(told.outliers.told)].tolist(),
    }


def _yield(audit):
    """How many of the first m are wrong; None without evidence."""
    if audit.no_evidence:
        return None
    curve = audit.yield_curve
    return {
        "looked_at": curve.looked_at.tolist(),
        "wrong": curve.wrong.tolist(),
        "low": curve.low.tolist(),
        "high": curve.high.tolist(),
        "worth_it": curve.worth_it,
    }


def _without_nan(value):
    """The same value with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _without_nan(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _table(audit):
    """The text of `audit.csv`, the most suspect label first."""
    names = np.array([*audit.class_names, FOREIGN], object)
    columns = {
        "index": audit.index,
        "file": audit.names,
        "given": names[audit.given],
        "suggested": names[audit.suggested],
        "score": [f"{score:.6g}" for score in audit.score],
        "probability": list(map(probability_text, audit.probability)),
        "rank": audit.rank,
        "clean": None if audit.clean is None else names[audit.clean],
    }
    if audit.features is not None:
        columns |= _feature_columns(audit, names)
    columns = {name: values for name, values in columns.items() if values is not None}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([column[i] for column in columns.values()] for i in audit.order)
    return text.getvalue()


def _feature_columns(audit, names):
    """Of each example the number and label of its near copy, and how far it lies."""
    of, outliers = audit.features.copies.of, audit.features.outliers
    return {
        "copy_of": np.where(of >= 0, audit.index[of].astype(object), ""),
        "copy_given": np.where(of >= 0, names[audit.given[of]], ""),
        "outlier_score": [f"{score:.4g}" for score in outliers.score],
        "of_no_class": np.where(outliers.told, "perhaps", ""),
    }


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


def probability_text(value: float) -> str:
    """A probability as tables have it: empty where it is unknown."""
    return "" if math.isnan(value) else f"{value:.6f}"


def utf8_safe(name: object) -> str:
    """A name as tables have it: bytes of file names that are not UTF-8 as escapes."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def write_text(path: pathlib.Path | str, text: str) -> None:
    """Write a file whole or not at all, as `utf8_safe` text.

    Raises:
        RunError: if it cannot be written; an older file then stays.
    """
    with whole_file(path) as file:
        file.write(utf8_safe(text).encode())
