"""A report on runs: settings, curves, tables and figures on one page."""

import pathlib
import tempfile
from collections.abc import Callable, Sequence

from lnl_sr_tf.analysis import run_figures, tables
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import figures_from_runs, html_page, theory_section
from lnl_sr_tf.runs import label_kinds, lost_classes
from lnl_sr_tf.runs.folder import RunFolder, measured
from lnl_sr_tf.runs.folder import folders_in as runs_in

# Settings of place and machine.
_NOT_SHOWN = (
    "output_dir", "data_dir", "versions", "machine", "class_names", "places",
)  # fmt: skip
_MOST_IN_FULL = 12  # runs; figures of more would make the page too large


def folders_in(
    paths: Sequence[pathlib.Path | str],
) -> tuple[list[RunFolder], list[RunFolder]]:
    """The run folders among some paths: each a run, or a folder of runs.

    Returns:
        (finished, unfinished).

    Raises:
        InputError: if a path is neither.
    """
    finished: list[RunFolder] = []
    unfinished: list[RunFolder] = []
    for path in paths:
        one = RunFolder(path)
        found = [one] if one.begun() else runs_in(path)
        if not found:
            raise InputError(
                f"{one.path}: there is no run; expected the folder of a run, or one of "
                "several such as runs/"
            )
        for each in found:
            (finished if each.finished() else unfinished).append(each)
    return finished, unfinished


def write(
    path: pathlib.Path | str,
    paths: Sequence[pathlib.Path | str],
    data_dir: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write a report on runs.

    Args:
        path: the HTML file.
        paths: folders of runs, or folders of such folders.
        data_dir: where their data is now; by default where it was.
        tell: called with a line for each run.

    Raises:
        InputError: if there is no finished run.
        RunError: if the file cannot be written.

    Example:
        write("report.html", ["runs"])
    """
    finished, unfinished = folders_in(paths)
    if not finished:
        raise InputError(
            f"{', '.join(map(str, paths))}: none of the {len(unfinished)} runs is "
            "finished"
        )
    runs = [FinishedRun(folder.path, data_dir) for folder in finished]
    sections, with_data = [_comparison(runs, unfinished)], []
    with tempfile.TemporaryDirectory() as place:
        for number, run in enumerate(runs[:_MOST_IN_FULL]):
            tell(f"{number + 1} of {min(len(runs), _MOST_IN_FULL)}: {run.name}")
            problem = _without_data(run)
            if problem:
                tell(f"without the figures that need the data: {problem}")
            else:
                with_data.append(run)
            sections.append(_of_run(run, pathlib.Path(place) / str(number), problem))
        if theory := theory_section.section(with_data):
            sections.insert(1, theory)
        if len(runs) > _MOST_IN_FULL:
            sections[0].blocks.append(
                html_page.Text(
                    f"The first {_MOST_IN_FULL} of {len(runs)} runs follow one by one; "
                    "a report on fewer runs shows all of them."
                )
            )
        # Many paths would fill a screen, and each run has its own heading.
        of = paths[0] if len(paths) == 1 else f"{len(runs)} runs"
        html_page.write(path, f"Report of {of}", sections)


def _comparison(runs, unfinished):
    """All runs side by side, and how they differ."""
    differ = _differing([run.settings.as_dict() for run in runs])
    same = {
        name: value
        for name, value in runs[0].settings.as_dict().items()
        if name not in (*differ, *_NOT_SHOWN) and value is not None
    }
    words = (
        f"{_runs(runs)}, finished. Compare runs by the accuracy of the last epoch: the "
        "best epoch was chosen on the test set."
    )
    if unfinished:
        words += f" Not finished and left out: {_runs(unfinished)}."
    if differ:
        words += f" They differ in {', '.join(differ)}."
    blocks = [
        html_page.Text(words),
        *_lost([(run.name, run.summary) for run in runs]),
        *compared(runs),
        html_page.Fold("Settings that all runs share", [html_page.Facts(same)]),
    ]
    return html_page.Section("Comparison", blocks, "comparison")


def compared(runs: Sequence[FinishedRun]) -> list[html_page.Table]:
    """Runs side by side, in a table for each kind of test labels.

    Accuracy on clean labels and accuracy on given ones do not compare.

    Args:
        runs: finished ones.
    """
    found = []
    for kind, words in label_kinds.WORDS.items():
        alike = [run for run in runs if label_kinds.kind(run.summary) == kind]
        if alike:
            header, *rows = tables.cells(
                [(run.config, run.summary) for run in alike],
                [(run.folder.config() or {}).get("data_fingerprint") for run in alike],
            )
            notice = words.notice.rstrip(":")
            caption = f"{notice}. Mean ± standard deviation over seeds"
            found.append(html_page.Table(header, rows, caption))
    return found


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
        if name not in _NOT_SHOWN and len({str(one[name]) for one in settings}) > 1
    ]


def _without_data(run):
    """Why a run's data cannot be read as it was, in one line; empty if it can."""
    try:
        run.dataset  # noqa: B018
    except (InputError, RunError) as error:
        return str(error)
    return ""


def _of_run(run, place, problem):
    """One run: numbers, figures, settings, and why some figures are missing."""
    place.mkdir()
    summary = run.summary
    facts = {
        "accuracy, last epoch": f"{100 * measured(summary):.2f} %",
        "best epoch": f"{100 * measured(summary, 'best_test_accuracy'):.2f} % (epoch "
        f"{summary['best_epoch']})",
        "measured by": label_kinds.WORDS[label_kinds.kind(summary)].labels,
        "epochs": summary["epochs"],
        "examples a second": summary["images_per_second"],
        "folder": run.folder.path,
    }
    if summary["noise_rate"] is not None:
        facts["noise rate as drawn"] = f"{summary['noise_rate']:.4f}"
    curves = place / "curves.png"
    labels = label_kinds.kind(summary)
    run_figures.curves(run.rows, run.name, curves, labels)
    lost = summary.get("lost_classes")
    with_prior = run.config.has_class_prior
    advice = [lost_classes.advice(lost, with_prior)] if lost else []
    blocks = [
        *(html_page.Text(told, warning=True) for told in advice),
        html_page.Facts(facts),
        html_page.Picture(
            curves, f"Curves over epochs: {run.name}", "Curves over epochs"
        ),
    ]
    if problem:
        blocks.append(
            html_page.Text(f"Without the figures that need the data: {problem}")
        )
    for name, figure in figures_from_runs.OF_RUN.items():
        if problem and figure.needs_data:
            continue
        drawn = figure.draw(run, place / name)
        if drawn:
            alt = f"{figure.caption}: {run.name}"
            blocks.append(html_page.Picture(drawn[0], alt, figure.caption))
    record = run.folder.config()
    used = {k: v for k, v in record.items() if v is not None and k not in _NOT_SHOWN}
    blocks.append(html_page.Fold("All settings", [html_page.Facts(used)]))
    made_on = {**record.get("versions", {}), **record.get("machine", {})}
    blocks.append(html_page.Fold("Versions and machine", [html_page.Facts(made_on)]))
    return html_page.Section(run.name, blocks, run.folder.path.name)


def default_path(paths: Sequence[pathlib.Path | str]) -> pathlib.Path:
    """The default path of a report: in the first folder that it is on."""
    return pathlib.Path(paths[0]) / "report.html"
