"""Which labels to change or drop: by probability, by number, or by decisions."""

import dataclasses
import difflib
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from lnl_sr_tf.auditing import label_studio_export
from lnl_sr_tf.auditing.audit_files import AuditTable, index_of, read_rows, utf8_safe
from lnl_sr_tf.auditing.review_table import as_cell, cell_names
from lnl_sr_tf.errors import InputError

RELABEL = "relabel"
_RANK = "rank"  # a column of review.csv, and not of decisions.csv
_DECISIONS = ("wrong", "right", "unsure")


@dataclasses.dataclass(frozen=True)
class Changes:
    """Labels that are changed, and examples that are left out.

    Args:
        index: numbers of the examples in their source, int64, shape (m,).
        label: the new class of each, -1 for one that is left out.
        probability: that the given label is wrong, shape (m,); NaN where the audit had
            no evidence.
        reason: why, m entries.
    """

    index: np.ndarray
    label: np.ndarray
    probability: np.ndarray
    reason: tuple[str, ...]


def by_probability(judged: AuditTable, threshold: float, do: str) -> Changes:
    """Changes of all labels from a probability of being wrong on.

    Args:
        judged: the rows of `audit.csv`.
        threshold: in (0, 1].
        do: `"drop"` or `"relabel"`.

    Raises:
        InputError: if the audit had no evidence.
    """
    _check_evidence(judged)
    chosen = np.flatnonzero(judged.probability >= threshold)
    return _changes(judged, chosen, do, f"probability of at least {threshold:g}")


def by_number(judged: AuditTable, number: int, do: str) -> Changes:
    """Changes of the most suspect labels.

    Args:
        judged: the rows of `audit.csv`.
        number: how many, from 1.
        do: `"drop"` or `"relabel"`.

    Raises:
        InputError: if there are fewer examples with evidence.
    """
    _check_evidence(judged)
    known = int(np.count_nonzero(~np.isnan(judged.probability)))
    if number > known:
        some = " with evidence" if known < len(judged.index) else ""
        raise InputError(
            f"--number={number}: expected at most {known}, the number of examples{some}"
        )
    return _changes(judged, np.arange(number), do, f"{number} most suspect")


def by_decisions(
    judged: AuditTable,
    path: pathlib.Path | str,
    class_names: Sequence[str],
    do: str,
    tell: Callable[[str], None] = lambda line: None,
) -> Changes:
    """Changes of the labels that a person called wrong.

    Args:
        judged: the rows of `audit.csv`.
        path: the `decisions.csv` that the page exported, a filled-in `review.csv`, or
            an export of Label Studio.
        class_names: k names.
        do: `"drop"` or `"relabel"`; with the latter, examples marked wrong without a
            better label are dropped too.
        tell: called with a line about examples that annotators left undecided.

    Raises:
        InputError: if the file is not there, malformed, or of another run.
    """
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"--decisions={path}: there is no such file")
    names = [utf8_safe(name) for name in class_names]
    number = {name: i for i, name in enumerate(names)}
    in_table = cell_names(class_names)
    place = {index: i for i, index in enumerate(judged.index.tolist())}
    seen: set[int] = set()
    chosen: list[int] = []
    labels: list[int] = []
    for where, row in _decisions(path, class_names, tell):
        try:
            i = place.get(index_of(row))
        except ValueError:
            i = None
        if _RANK in row:
            row = _of_table(row, names, in_table, i, judged)
        if i is None or names[judged.given[i]] != row["given"]:
            raise InputError(
                f"{where}: example {row['index']:.20} with the label "
                f"{row['given']!r} is not of this run; expected decisions about its "
                "audit"
            )
        if i in seen:
            raise InputError(
                f"{where}: there is more than one about example {row['index']}; "
                "expected one an example"
            )
        seen.add(i)
        if not row["decision"] and not row["label"]:
            continue  # not looked at yet
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
                f"{where}: label {row['label']!r} is not one of the classes{hint}"
            )
        if row["label"] == row["given"]:
            raise InputError(
                f"{where}: label {row['label']!r} is marked wrong and is also the "
                "label to use; expected another label to use, or none"
            )
        chosen.append(i)
        labels.append(number.get(row["label"], -1) if do == RELABEL else -1)
    places = np.array(chosen, np.int64)
    return Changes(
        judged.index[places],
        np.array(labels, np.int64),
        judged.probability[places],
        ("called wrong",) * len(chosen),
    )


def _decisions(path, class_names, tell):
    """(where it stands, row) of each decision in a file of any of these kinds."""
    if label_studio_export.is_export(path):
        return label_studio_export.decisions(path, class_names, tell)
    rows = read_rows(path, ("index", "given", "decision", "label"))
    return ((f"{path}, decision {i}", row) for i, row in enumerate(rows, start=1))


def _of_table(row, names, in_table, i, judged):
    """A row of `review.csv` with the names of classes as they are."""
    row = dict(row)
    if i is not None and row["given"] == as_cell(names[judged.given[i]]):
        row["given"] = names[judged.given[i]]
    if row["label"] in in_table:
        row["label"] = names[in_table[row["label"]]]
    return row


def _check_evidence(judged):
    """Raise InputError where the audit had no evidence about any label."""
    if np.isnan(judged.probability).all():
        raise InputError(
            "the audit has no evidence about any label, so it calls none wrong; audit "
            "a run that has learned something, or give --decisions"
        )


def _changes(judged, chosen, do, reason):
    if do == RELABEL:
        # Even the most suspect labels may be more likely right than wrong.
        differ = judged.suggested[chosen] != judged.given[chosen]
        chosen = chosen[differ]
    labels = judged.suggested[chosen] if do == RELABEL else np.full(len(chosen), -1)
    return Changes(
        judged.index[chosen],
        labels,
        judged.probability[chosen],
        (reason,) * len(chosen),
    )
