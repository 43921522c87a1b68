"""What is to become of each suspect label: by probability, by number, or by people."""

import csv
import dataclasses
import difflib
import pathlib

import numpy as np

from lnl_sr_tf.auditing.files import sayable
from lnl_sr_tf.errors import InputError

RELABEL = "relabel"
_DECISIONS = ("wrong", "right", "unsure")
_MOST_DIGITS = 18  # of an index; int64 holds more


@dataclasses.dataclass(frozen=True)
class Changes:
    """Labels that are changed, and examples that are left out.

    Args:
        index: numbers of the examples in their source, int64, shape (m,).
        label: the new class of each, -1 for one that is left out.
        probability: that the given label is wrong, shape (m,); NaN where the audit had
            no evidence.
        reason: why, m texts.
    """

    index: np.ndarray
    label: np.ndarray
    probability: np.ndarray
    reason: tuple


@dataclasses.dataclass(frozen=True)
class Judged:
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


def read_audit(path, class_names):
    """Read an `audit.csv`.

    Args:
        path: the file, a `pathlib.Path`.
        class_names: k texts.

    Returns:
        A `Judged`.

    Raises:
        InputError: if it is not there, or no audit of these classes.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no audit; lnl-sr audit RUN makes one")
    number = {sayable(name): i for i, name in enumerate(class_names)}
    columns = ("index", "given", "suggested", "probability")
    rows = _rows(path, columns)
    try:
        judged = Judged(
            np.array([_index(row) for row in rows], np.int64),
            np.array([number[row["given"]] for row in rows], np.int64),
            np.array([number[row["suggested"]] for row in rows], np.int64),
            np.array([_probability(row) for row in rows]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"{path}: {error} is of another run, or the file is damaged; lnl-sr audit "
            "makes it anew"
        ) from error
    numbers, often = np.unique(judged.index, return_counts=True)
    if len(numbers) < len(judged.index):
        raise InputError(
            f"{path}: example {numbers[often > 1][0]} stands in more than one row; "
            "lnl-sr audit makes it anew"
        )
    return judged


def by_probability(judged, threshold, do):
    """Changes of all labels that are wrong with at least a probability.

    Args:
        judged: a `Judged`.
        threshold: in (0, 1].
        do: `"drop"` or `"relabel"`.

    Raises:
        InputError: if the audit had no evidence.
    """
    _check_evidence(judged)
    chosen = np.flatnonzero(judged.probability >= threshold)
    return _changes(judged, chosen, do, f"probability of at least {threshold:g}")


def by_number(judged, number, do):
    """Changes of the most suspect labels.

    Args:
        judged: a `Judged`.
        number: how many, from 1.
        do: `"drop"` or `"relabel"`.

    Raises:
        InputError: if there are fewer examples, or fewer that the audit had evidence
            about.
    """
    _check_evidence(judged)
    known = int(np.count_nonzero(~np.isnan(judged.probability)))
    if number > known:
        some = (
            " about which the audit has evidence" if known < len(judged.index) else ""
        )
        raise InputError(
            f"--number={number}: expected at most {known}, which is how many examples "
            f"there are{some}"
        )
    return _changes(judged, np.arange(number), do, f"{number} most suspect")


def by_decisions(judged, path, class_names, do):
    """Changes of the labels that people called wrong on the page.

    Args:
        judged: a `Judged`.
        path: the `decisions.csv` that the page exported.
        class_names: k texts.
        do: `"drop"` or `"relabel"`; with the latter, one that is called wrong without
            a better label is left out too.

    Raises:
        InputError: if the file is not there, malformed, or of another run.
    """
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"--decisions={path}: there is no such file")
    names = [sayable(name) for name in class_names]
    number = {name: i for i, name in enumerate(names)}
    place = {index: i for i, index in enumerate(judged.index.tolist())}
    seen, chosen, labels = set(), [], []
    for line, row in enumerate(
        _rows(path, ("index", "given", "decision", "label")), start=2
    ):
        where = f"{path}, decision {line - 1}"
        try:
            i = place.get(_index(row))
        except ValueError:
            i = None
        if i is None or names[judged.given[i]] != row["given"]:
            raise InputError(
                f"{where}: example {row['index']:.20} with the label "
                f"{row['given']!r} is not of this run; expected decisions about its "
                "audit"
            )
        if i in seen:
            raise InputError(
                f"{where}: there is more than one of example {row['index']}; expected "
                "one of each"
            )
        seen.add(i)
        if row["decision"] not in _DECISIONS:
            raise InputError(
                f"{where}: decision {row['decision']!r}; expected one of "
                f"{', '.join(_DECISIONS)}"
            )
        if row["decision"] != "wrong":
            continue
        if row["label"] and row["label"] not in number:
            close = difflib.get_close_matches(row["label"], names, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"{where}: label {row['label']!r} is none of the classes{hint}"
            )
        if row["label"] == row["given"]:
            raise InputError(
                f"{where}: label {row['label']!r} is called wrong, and is the one to "
                "use; expected another, or none"
            )
        chosen.append(i)
        labels.append(number.get(row["label"], -1) if do == RELABEL else -1)
    chosen = np.array(chosen, np.int64)
    return Changes(
        judged.index[chosen],
        np.array(labels, np.int64),
        judged.probability[chosen],
        ("called wrong",) * len(chosen),
    )


def check_of(judged, dataset, path):
    """Raise InputError unless an audit is of a dataset and its given labels.

    Args:
        judged: a `Judged`.
        dataset: a `lnl_sr_tf.datasets.Dataset`.
        path: of the audit, for the message.
    """
    order = np.argsort(judged.index, kind="stable")
    own = np.argsort(dataset.index, kind="stable")
    if not (
        np.array_equal(judged.index[order], dataset.index[own])
        and np.array_equal(judged.given[order], dataset.given_labels[own])
    ):
        raise InputError(
            f"{path} is of other examples or labels than this run was trained on, or "
            "is cut off; lnl-sr audit makes it anew"
        )


def _check_evidence(judged):
    """Where nothing is known of any label, none is to be changed."""
    if np.isnan(judged.probability).all():
        raise InputError(
            "the audit has no evidence about any label, so that nothing is to be "
            "changed; audit a run that has learned something, or give --decisions"
        )


def _probability(row):
    """That in a row; NaN where it is empty, ValueError if it is none."""
    text = row["probability"]
    if text == "":
        return np.nan
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text[:20])
    return value


def _index(row):
    """The index in a row; ValueError if it is none."""
    text = row["index"]
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise ValueError(text[:20])
    return int(text)


def _changes(judged, chosen, do, reason):
    if do == RELABEL:
        # The most suspect ones may still be rather right than wrong.
        differ = judged.suggested[chosen] != judged.given[chosen]
        chosen = chosen[differ]
    labels = judged.suggested[chosen] if do == RELABEL else np.full(len(chosen), -1)
    return Changes(
        judged.index[chosen],
        labels,
        judged.probability[chosen],
        (reason,) * len(chosen),
    )


def _rows(path, columns):
    """The rows of a .csv as dicts, with at least these columns."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows, header = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
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
