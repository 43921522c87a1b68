"""What a report begins with: all runs in charts and in tables."""

import os
import pathlib
from collections.abc import Sequence

from lnl_sr_tf.analysis import tables
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import html_page, run_links, runs_in_charts
from lnl_sr_tf.runs import label_kinds, lost_classes
from lnl_sr_tf.runs.folder import RunFolder, measured

# Settings of place and machine.
NOT_SHOWN = (
    "output_dir", "data_dir", "versions", "machine", "class_names", "places",
)  # fmt: skip
_MOST_CHARTS = 4  # that are not folded away
_MOST_ROWS = 30  # of the table of single runs that is not folded away


def section(
    runs: Sequence[FinishedRun],
    unfinished: Sequence[RunFolder],
    anchors: Sequence[str],
    page: str | os.PathLike,
) -> html_page.Section:
    """All runs side by side, and how they differ.

    Args:
        runs: finished ones.
        unfinished: those that are left out.
        anchors: of the sections about the first ones, or all of them.
        page: the file that this is for, from which links lead to the runs' files.
    """
    differ = _differing([run.settings.as_dict() for run in runs])
    same = {
        name: value
        for name, value in runs[0].settings.as_dict().items()
        if name not in (*differ, *NOT_SHOWN) and value is not None
    }
    words = (
        f"{_runs(runs)}, finished. Compare runs by the accuracy of the last epoch: the "
        "best epoch was chosen on the test set."
    )
    if differ:
        words += f" They differ in {', '.join(differ)}."
    blocks = [
        *_charts(runs),
        html_page.Text(words),
        *_lost([(run.name, run.summary) for run in runs]),
        *compared(runs),
    ]
    if len(runs) > 1:
        blocks += _one_by_one(runs, anchors, page)
    if unfinished:
        blocks.append(_left_out(unfinished))
    blocks.append(
        html_page.Fold("Settings that all runs share", [html_page.Facts(same)])
    )
    if len(runs) > len(anchors):
        words = (
            f"The first {len(anchors)} of {len(runs)} runs follow one by one; a report "
            "on fewer runs shows all of them."
        )
        blocks.append(html_page.Text(words))
    return html_page.Section("Comparison", blocks, "comparison")


def compared(runs: Sequence[FinishedRun]) -> list[html_page.Table]:
    """Runs side by side, in a table for each kind of test labels.

    Accuracy on clean labels and accuracy on given ones do not compare.

    Args:
        runs: finished ones.
    """
    found = []
    for caption, alike in _by_kind(runs):
        header, *rows = tables.cells(
            [(run.config, run.summary) for run in alike],
            [runs_in_charts.fingerprint(run) for run in alike],
        )
        caption += ". Mean ± standard deviation over seeds"
        found.append(html_page.Table(header, rows, caption, sorts=len(rows) > 1))
    return found


def _by_kind(runs):
    """(what accuracy is measured by, the runs of which that holds)."""
    for kind, words in label_kinds.WORDS.items():
        alike = [run for run in runs if label_kinds.kind(run.summary) == kind]
        if alike:
            yield words.notice.rstrip(":"), alike


def _charts(runs):
    """A chart for each dataset, noise and kind of labels; of one run there is none."""
    if len(runs) < 2:
        return []
    charts = runs_in_charts.charts(runs)
    first, more = charts[:_MOST_CHARTS], charts[_MOST_CHARTS:]
    blocks = [html_page.Charts(first)] if first else []
    if more:
        title = f"{len(more)} more chart{'s' * (len(more) > 1)}"
        blocks.append(html_page.Fold(title, [html_page.Charts(more)]))
    return blocks


def _one_by_one(runs, anchors, page):
    """Tables of single runs, with links to what lies in their folders."""
    targets = dict(zip(map(id, runs), anchors, strict=False))
    links = {id(run): run_links.of_run(run.folder, page) for run in runs}
    kinds = [
        kind
        for kind in (run_links.AUDIT, run_links.CARD, run_links.FIGURES)
        if any(found[kind] for found in links.values())
    ]
    names = dict(zip(map(id, runs), runs_in_charts.names(runs), strict=True))
    blocks = []
    for caption, alike in _by_kind(runs):
        rows = [
            _row(run, names[id(run)], targets.get(id(run)), links[id(run)], kinds)
            for run in alike
        ]
        header = ("run", "last epoch", "best epoch", "epochs", *kinds)
        caption = f"Run by run. {caption}"
        blocks.append(html_page.Table(header, rows, caption, sorts=len(rows) > 1))
    words = []
    if kinds:
        words.append("Links to files work from where this page was written.")
    if run_links.AUDIT not in kinds:
        words.append("None of these runs has an audit; lnl-sr audit RUN makes one.")
    if words:
        blocks.append(html_page.Text(" ".join(words)))
    if len(runs) > _MOST_ROWS:
        return [html_page.Fold(f"Run by run, {len(runs)} runs", blocks)]
    return blocks


def _row(run, name, anchor, links, kinds):
    return (
        html_page.Link(name, f"#{anchor}") if anchor else name,
        tables.percent([measured(run.summary)]),
        tables.percent([measured(run.summary, "best_test_accuracy")]),
        run.summary["epochs"],
        *(links[kind] for kind in kinds),
    )


def _left_out(unfinished):
    """The runs that are not finished, how far they are, and what stopped them."""
    rows = []
    for folder in unfinished:
        record = folder.config() or {}
        done = (folder.summary() or {}).get("epochs", 0)
        wanted = record.get("finetune") or record.get("epochs")
        why = "loss or weights not finite" if folder.not_finite.is_file() else ""
        rows.append((pathlib.Path(folder.path).name, f"{done} of {wanted}", why))
    header = ("run", "epochs done", "stopped by")
    if not any(why for _, _, why in rows):
        header, rows = header[:2], [row[:2] for row in rows]
    title = f"Not finished and left out: {_runs(unfinished)}"
    return html_page.Fold(title, [html_page.Table(header, rows)])


def _runs(some):
    return f"{len(some)} run{'s' * (len(some) != 1)}"


def _lost(runs):
    """A warning of the runs that lost classes, where some did."""
    lines = lost_classes.of_runs(runs)
    return [html_page.Text(line, warning=True) for line in lines]


def _differing(settings):
    return [
        name
        for name in settings[0]
        if name not in NOT_SHOWN and len({str(one[name]) for one in settings}) > 1
    ]
