"""A report on runs: settings, curves, tables and figures on one page."""

import pathlib
import tempfile
from collections.abc import Callable, Sequence

from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import (
    comparison,
    figures_from_runs,
    html_page,
    run_links,
    theory_section,
)
from lnl_sr_tf.runs import label_kinds, lost_classes
from lnl_sr_tf.runs.folder import RunFolder, measured
from lnl_sr_tf.runs.folder import folders_in as runs_in

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
    in_full = runs[:_MOST_IN_FULL]
    names = ("comparison", "theory", *(run.folder.path.name for run in in_full))
    anchors = html_page.anchors(names)[2:]
    sections = [comparison.section(runs, unfinished, anchors, path)]
    with_data: list[FinishedRun] = []
    problems: dict[tuple, str] = {}
    told: set[str] = set()
    with tempfile.TemporaryDirectory() as place:
        for number, run in enumerate(in_full):
            tell(f"{number + 1} of {len(in_full)}: {run.name}")
            problem = _without_data(run, problems)
            if problem and problem not in told:
                tell(f"without the figures that need the data: {problem}")
                told.add(problem)
            if not problem:
                with_data.append(run)
            figures = pathlib.Path(place) / str(number)
            links = run_links.of_run(run.folder, path)
            blocks = _of_run(run, figures, problem, links)
            sections.append(html_page.Section(run.name, blocks, anchors[number]))
        if theory := theory_section.section(with_data):
            sections.append(theory)
        # Many paths would fill a screen, and each run has its own heading.
        of = paths[0] if len(paths) == 1 else f"{len(runs)} runs"
        html_page.write(path, f"Report of {of}", sections)


def _without_data(run, problems):
    """Why a run's data cannot be read as it was, in one line; empty if it can.

    Args:
        run: the run.
        problems: those of published data that was looked for before, by its name: a
            network that is not there keeps everyone waiting.
    """
    config = run.config
    key = (config.dataset, config.data_dir, str(config.image_size))
    if not config.own_data and key in problems:
        return problems[key]
    try:
        run.dataset  # noqa: B018
    except (InputError, RunError) as error:
        problems[key] = str(error)
        return problems[key]
    return ""


def _of_run(run, place, problem, links):
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
    facts |= {name: found for name, found in links.items() if found}
    lost = summary.get("lost_classes")
    with_prior = run.config.has_class_prior
    advice = [lost_classes.advice(lost, with_prior)] if lost else []
    blocks = [
        *(html_page.Text(told, warning=True) for told in advice),
        html_page.Facts(facts),
    ]
    if run.rows:
        curves = place / "curves.png"
        run_figures.curves(run.rows, run.name, curves, label_kinds.kind(summary))
        alt = f"Curves over epochs: {run.name}"
        blocks.append(html_page.Picture(curves, alt, "Curves over epochs"))
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
    used = {
        k: v
        for k, v in record.items()
        if v is not None and k not in comparison.NOT_SHOWN
    }
    blocks.append(html_page.Fold("All settings", [html_page.Facts(used)]))
    made_on = {**record.get("versions", {}), **record.get("machine", {})}
    blocks.append(html_page.Fold("Versions and machine", [html_page.Facts(made_on)]))
    return blocks


def default_path(paths: Sequence[pathlib.Path | str]) -> pathlib.Path:
    """The default path of a report: in the first folder that it is on."""
    return pathlib.Path(paths[0]) / "report.html"
