"""The audit of multi-label data as a table and as a page."""

import csv
import io
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnl_sr_tf.auditing import review_page, review_table, tool_examples
from lnl_sr_tf.auditing.audit_files import probability_text, utf8_safe, write_text
from lnl_sr_tf.auditing.shown_texts import ShownTexts
from lnl_sr_tf.errors import InputError

if TYPE_CHECKING:
    from lnl_sr_tf.auditing.multi_label import MultiLabelAudit

_BETWEEN = "; "  # the names of an example's labels


def write_csv(
    audit: "MultiLabelAudit",
    path: pathlib.Path | str,
    texts: Sequence[str] | None = None,
    rows: Sequence[Mapping[str, Any]] | None = None,
    number: int = 0,
) -> None:
    """Write a row an example, the most suspect first.

    Columns: `index`; `file`, `text` or `data.NAME` as of `review_table.write`; `given`
    and `suggested`, the names of the labels with "; " between them; `missing` and
    `extra`, in which they differ, each with the probability that it is wrong;
    `probability` that any label is wrong, `score`, `rank`.

    Args:
        audit: what was found.
        path: the .csv; its folder must exist.
        texts: n texts, or None.
        rows: n mappings from columns to cells, or None.
        number: of the most suspect examples; 0 for all.

    Raises:
        InputError: if there are other than n texts or rows.
        RunError: if it cannot be written; what stood there stays.
    """
    examples = None
    if texts is not None or rows is not None:
        examples = tool_examples.given_examples(
            len(audit.given), None, texts=texts, rows=rows
        )
    order = audit.order[:number] if number else audit.order
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for rank, (i, shown) in enumerate(
        zip(
            order.tolist(),
            review_table.shown_cells(audit, examples, order),
            strict=True,
        ),
        start=1,
    ):
        given, suggested = audit.given[i], audit.suggested[i]
        row = shown | {
            "given": _joined(audit, given == 1),
            "suggested": _joined(audit, suggested == 1),
            "missing": _joined(audit, suggested > given, i),
            "extra": _joined(audit, suggested < given, i),
            "probability": probability_text(audit.probability[i]),
            "score": f"{audit.score[i]:.6g}",
            "rank": str(rank),
        }
        if rank == 1:
            writer.writerow(row)
        writer.writerow(row.values())
    write_text(path, text.getvalue())


def write_page(
    audit: "MultiLabelAudit",
    path: pathlib.Path | str,
    images: np.ndarray | None = None,
    texts: Sequence[str] | None = None,
    title: str = "Labels",
    number: int = 10_000,
) -> None:
    """Write the page of an audit, on which each card is one label of one example.

    It is given as "with dog" or "without dog", and the other one is suggested where it
    is more likely. In `decisions.csv` an example's `index` is its position times k,
    plus the class.

    Args:
        audit: what was found.
        path: the .html; its folder must exist.
        images: uint8, shape (n, height, width, 1 or 3), or None.
        texts: n texts, or None.
        title: its heading.
        number: of the most suspect labels, of classes with evidence.

    Raises:
        InputError: if there are neither images nor texts, both, or other than n, or
            there is no evidence about any label.
        RunError: if it cannot be written; what stood there stays.
    """
    count, classes = audit.given.shape
    if (images is None) == (texts is None):
        raise InputError("expected either images or texts to show on the page")
    shown = np.asarray(images) if texts is None else np.array([*texts], object)
    if len(shown) != count:
        raise InputError(
            f"{'texts' if images is None else 'images'}: expected {count}; received "
            f"{len(shown)}"
        )
    if audit.no_evidence:
        raise InputError(f"there is nothing to show; {audit.words}")
    scores = audit.label_score[:, audit.told].ravel()
    first = np.argsort(-scores, kind="stable")[:number]
    told = np.flatnonzero(audit.told)
    i, of_told = first // len(told), first % len(told)
    j = told[of_told]
    names = [
        f"{word} {audit.class_names[c]}" for c in told for word in ("without", "with")
    ]
    matrix = np.zeros((2 * len(told), 2 * len(told)))
    for place, c in enumerate(told):
        matrix[2 * place : 2 * place + 2, 2 * place : 2 * place + 2] = audit.counts[c]
    called = (
        [f"example {index}" for index in audit.index[i]]
        if audit.names is None
        else [audit.names[place] for place in i]
    )
    items = review_page.Items(
        images=shown[i] if texts is None else None,
        index=i * classes + j,
        names=tuple(called),
        given=2 * of_told + audit.given[i, j],
        suggested=2 * of_told + audit.suggested[i, j],
        probability=audit.label_probability[i, j],
        score=audit.label_score[i, j],
        clean=None,
        class_names=tuple(names),
        texts=None if texts is None else ShownTexts(shown[i]),
    )
    facts = [
        ("Labels", f"{count} examples of {classes} classes"),
        ("More likely wrong than right", f"{len(audit.suspect_labels)}"),
        ("Estimated noise rate", f"{audit.noise_rate:.3f}"),
        ("On this page", f"the {len(first):,} most suspect labels"),
    ]
    review_page.write(pathlib.Path(path), title, items, matrix, facts)


def _joined(audit, which, example=None):
    """The names of some labels in a cell; of an example, with their probabilities."""
    names = []
    for j in np.flatnonzero(which):
        name = utf8_safe(audit.class_names[j])
        if example is not None:
            name += f" ({audit.label_probability[example, j]:.2f})"
        names.append(name)
    return review_table.as_cell(_BETWEEN.join(names))
