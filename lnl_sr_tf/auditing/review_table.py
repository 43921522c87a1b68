"""An audit as one plain table, for spreadsheets and tools that read CSV.

Who fills in its last two columns has a file of decisions.
"""

import csv
import io
import pathlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnl_sr_tf.auditing.audit_files import probability_text, utf8_safe, write_text
from lnl_sr_tf.auditing.tool_examples import ROW, TEXT, ToolExamples

if TYPE_CHECKING:
    from lnl_sr_tf.auditing.findings import Audit
    from lnl_sr_tf.auditing.multi_label import MultiLabelAudit

# Where a cell begins like this, a spreadsheet would compute it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARK = "'"
_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


def write(
    audit: "Audit",
    path: pathlib.Path | str,
    examples: ToolExamples | None = None,
    number: int = 0,
) -> pathlib.Path:
    """Write a row an example, the most suspect first.

    Columns: `index`; `file`, the whole path of an image, where there are paths; `text`,
    or `data.NAME` for each column of a table; `given`, `suggested`, `probability` that
    the given label is wrong (empty without evidence), `score`, `rank`; and, empty,
    `decision` and `label`, for a person to fill in.

    Names and texts that a spreadsheet would take for a formula get an apostrophe
    before them, as do those that begin with one.

    Args:
        audit: what was found.
        path: the .csv; its folder must exist.
        examples: the texts or rows; images are named by their files alone.
        number: of the most suspect labels; 0 for all.

    Raises:
        RunError: if it cannot be written; what stood there stays.
    """
    order = audit.order[:number] if number else audit.order
    names = [as_cell(name) for name in audit.class_names]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for rank, (i, example) in enumerate(
        zip(order.tolist(), shown_cells(audit, examples, order), strict=True), start=1
    ):
        example |= {
            "given": names[audit.given[i]],
            "suggested": names[audit.suggested[i]],
            "probability": probability_text(audit.probability[i]),
            "score": f"{audit.score[i]:.6g}",
            "rank": str(rank),
            "decision": "",
            "label": "",
        }
        if rank == 1:
            writer.writerow(example)
        writer.writerow(example.values())
    write_text(path, text.getvalue())
    return pathlib.Path(path)


def shown_cells(
    audit: "Audit | MultiLabelAudit", examples: ToolExamples | None, order: np.ndarray
) -> Iterator[dict[str, str]]:
    """What is known of examples beside their labels: `index`, `file`, and themselves.

    Args:
        audit: with `index` and `names`.
        examples: the texts or rows; images are named by their files alone.
        order: positions, int64.
    """
    contents: Iterator[Any] = iter(())
    kind = examples.kind if examples else None
    if examples and kind in (TEXT, ROW):
        contents = examples.of(order)
    for i in order.tolist():
        example = {"index": str(audit.index[i])}
        if audit.names is not None:
            whole = str(pathlib.Path(audit.names[i]).expanduser().absolute())
            example["file"] = as_cell(whole) if audit.names[i] else ""
        if kind == TEXT:
            example["text"] = as_cell(next(contents))
        elif kind == ROW:
            cells = next(contents).items()
            example |= {f"data.{name}": as_cell(cell) for name, cell in cells}
        yield example


def cell_names(names: Sequence[str]) -> dict[str, int]:
    """The number of each class by its name, as it is and as it stands in such a table.

    Where a name as it is is also another one in a table, it is the latter.
    """
    known = {utf8_safe(name): i for i, name in enumerate(names)}
    return known | {as_cell(name): i for i, name in enumerate(names)}


def as_cell(text: object) -> str:
    """A text as a cell that no spreadsheet computes.

    Example:
        >>> as_cell("=1+1"), as_cell("-3"), as_cell("cat")
        ("'=1+1", '-3', 'cat')
    """
    said = utf8_safe(text)
    if said.startswith(_MARK) or (
        said.startswith(_FORMULA) and not _NUMBER.fullmatch(said)
    ):
        return _MARK + said
    return said
