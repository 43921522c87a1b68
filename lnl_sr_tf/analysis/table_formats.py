"""A `PaperTable` as text, Markdown, CSV or LaTeX."""

import csv
import io
from collections.abc import Sequence

from lnl_sr_tf.analysis.paper_table import Cell, Column, PaperTable
from lnl_sr_tf.analysis.tables import aligned
from lnl_sr_tf.runs.label_kinds import WORDS

_OURS = "±"


def text(table: PaperTable) -> str:
    """For a terminal; `*` marks our three best means."""
    rows = [["", *map(column_name, table.columns)]]
    for method in table.methods:
        cells = [table.cells.get((method, column)) for column in table.columns]
        marks = ["*" if method in table.best(c) else "" for c in table.columns]
        rows.append(
            [method]
            + [_mean(cell) + mark for cell, mark in zip(cells, marks, strict=True)]
        )
        if any(cell and cell.published for cell in cells):
            rows.append(["  paper", *map(published, cells)])
        if any(cell and cell.difference is not None for cell in cells):
            rows.append(["  difference", *map(difference, cells)])
    return "\n".join([caption(table), "", *aligned(rows), "", note(table)])


def markdown(table: PaperTable) -> str:
    """As a Markdown table; our three best means are bold."""
    header = ["", *map(column_name, table.columns)]
    lines = [_piped(header), _piped(["---"] * len(header))]
    for method in table.methods:
        cells = [table.cells.get((method, column)) for column in table.columns]
        ours = []
        for cell, column in zip(cells, table.columns, strict=True):
            bold = "**" if method in table.best(column) else ""
            ours.append(f"{bold}{_mean(cell)}{bold}")
        lines.append(_piped([method, *ours]))
        if any(cell and cell.published for cell in cells):
            lines.append(_piped([f"{method}, paper", *map(published, cells)]))
        if any(cell and cell.difference is not None for cell in cells):
            lines.append(_piped([f"{method}, difference", *map(difference, cells)]))
    return "\n".join([caption(table), "", *lines, "", note(table)])


def latex(table: PaperTable) -> str:
    """As a LaTeX `tabular`; our three best means are bold."""
    header = " & ".join(["", *(_escaped(column_name(c)) for c in table.columns)])
    lines = [
        f"% {caption(table)}",
        f"% {note(table)}",
        rf"\begin{{tabular}}{{l{'c' * len(table.columns)}}}",
        r"\hline",
        rf"{header} \\",
        r"\hline",
    ]
    for method in table.methods:
        cells = [table.cells.get((method, column)) for column in table.columns]
        ours = []
        for cell, column in zip(cells, table.columns, strict=True):
            value = _mean(cell).replace(_OURS, r"$\pm$")
            best = value and method in table.best(column)
            ours.append(rf"\textbf{{{value}}}" if best else value)
        lines.append(rf"{' & '.join([_escaped(method), *ours])} \\")
        if any(cell and cell.published for cell in cells):
            theirs = [published(cell).replace(_OURS, r"$\pm$") for cell in cells]
            lines.append(rf"{' & '.join(['~~paper', *theirs])} \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"])


def as_csv(tables: Sequence[PaperTable]) -> str:
    """All tables as one CSV, a line for each cell; a gap is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "dataset", "method", "corruption", "rate", "mean", "std", "runs", "wanted",
            "best_three", "paper_mean", "paper_std", "difference", "p_value",
        ]
    )  # fmt: skip
    for table in tables:
        for (method, (kind, rate)), cell in table.cells.items():
            theirs = cell.published or (None, None)
            best = int(method in table.best((kind, rate)))
            numbers = [cell.mean, cell.deviation]
            compared = [*theirs, cell.difference, cell.p_value]
            writer.writerow(
                [table.dataset, method, kind, f"{rate:g}"]
                + [_number(value) for value in numbers]
                + [len(cell.values), cell.wanted, best]
                + [_number(value) for value in compared]
            )
    return out.getvalue().rstrip("\n")


def caption(table: PaperTable) -> str:
    """What the numbers of a table are, in one line."""
    measured = WORDS[table.test_labels].accuracy
    return (
        f"{table.dataset}: {measured} after the last epoch in %, mean ± standard "
        "deviation over seeds"
    )


def note(table: PaperTable) -> str:
    """How complete a table is, and how to read it, in one line."""
    done, wanted = table.runs
    said = f"{done} of {wanted} runs are done."
    if table.with_lost_classes:
        said += (
            f" In {table.with_lost_classes} of them some class was never predicted in "
            "the last epoch."
        )
    if table.published:
        said += (
            " Differences to the paper in percentage points, with p of Welch's t-test "
            "where there are two seeds or more."
        )
    if any(table.best(column) for column in table.columns):
        said += " The best three of our means in each column are marked."
    return said


def column_name(column: Column) -> str:
    """The name of a column, such as sym 0.8, lt 0.01 or clean."""
    kind, rate = column
    return f"{kind} {rate:g}" if rate else kind


def published(cell: Cell | None) -> str:
    """The paper's result as text; empty without one."""
    if cell is None or cell.published is None:
        return ""
    return _plus_minus(*cell.published)


def difference(cell: Cell | None) -> str:
    """Our mean minus the paper's as text, with p if defined; empty for a gap."""
    if cell is None or cell.difference is None:
        return ""
    p_value = cell.p_value
    return f"{cell.difference:+.2f}" + ("" if p_value is None else f" p {p_value:.2g}")


def _mean(cell):
    """Our result as text, with the number of runs if some are missing."""
    if cell is None or not cell.values:
        return ""
    some = len(cell.values) < cell.wanted
    of = f" ({len(cell.values)} of {cell.wanted})" if some else ""
    return _plus_minus(cell.mean, cell.deviation) + of


def _plus_minus(mean, deviation):
    return f"{mean:.2f}" + ("" if deviation is None else f" {_OURS} {deviation:.2f}")


def _number(value):
    return "" if value is None else f"{value:.6g}"


def _piped(cells):
    return f"| {' | '.join(cells)} |"


def _escaped(text):
    return text.replace("_", r"\_")
