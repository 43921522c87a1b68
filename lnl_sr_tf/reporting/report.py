"""A report of runs: settings, curves, tables and figures on one page."""

import pathlib
import tempfile
from collections.abc import Callable, Sequence

from lnl_sr_tf.analysis import robustness, run_figures, tables
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import figures_from_runs, html_page
from lnl_sr_tf.runs.folder import RunFolder, measured
from lnl_sr_tf.training.build import build_loss

# Settings that are about where and how, not about what.
_NOT_SHOWN = (
    "output_dir", "data_dir", "versions", "machine", "class_names", "places",
)  # fmt: skip
# Figures that need no images.
_OF_ROWS = ("memorisation",)
_ALT = {
    "confusion": "Confusion matrix of the test set",
    "memorisation": "Accuracy over epochs on right and on wrong labels",
    "reliability": "Accuracy against confidence on the test set",
    "transition": "Transition matrix as drawn, and as intended",
}
_MOST_IN_FULL = 12  # runs; a page with the figures of more would be too large


def folders_in(
    paths: Sequence[pathlib.Path | str],
) -> tuple[list[RunFolder], list[RunFolder]]:
    """The run folders that some paths name: each a run, or a folder of runs.

    Args:
        paths: folders, as text.

    Returns:
        (finished, unfinished): two lists of `RunFolder`.

    Raises:
        InputError: if one names neither.
    """
    finished: list[RunFolder] = []
    unfinished: list[RunFolder] = []
    for path in map(pathlib.Path, paths):
        inside = sorted(found.parent for found in path.glob("*/config.json"))
        found = [path] if (path / "config.json").is_file() else inside
        if not found:
            raise InputError(
                f"{path}: there is no run; expected the folder of a run, or one of "
                "several such as runs/"
            )
        for folder in map(RunFolder, found):
            (finished if folder.finished() else unfinished).append(folder)
    return finished, unfinished


def write(
    path: pathlib.Path | str,
    paths: Sequence[pathlib.Path | str],
    data_dir: str | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write the report of some runs.

    Args:
        path: the HTML file.
        paths: folders of runs, or folders of such folders.
        data_dir: where their data is now; by default where it was.
        tell: called with a line for each run.

    Raises:
        InputError: if there is no finished run.
        RunError: if the file cannot be written.

    Example:
        >>> write("report.html", ["runs"])
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
                tell(f"without figures of its images: {problem}")
            else:
                with_data.append(run)
            sections.append(_of_run(run, pathlib.Path(place) / str(number), problem))
        if theory := _theory(with_data):
            sections.insert(1, theory)
        if len(runs) > _MOST_IN_FULL:
            sections[0].blocks.append(
                html_page.Text(
                    f"The first {_MOST_IN_FULL} of {len(runs)} runs follow one by one; "
                    "a report of fewer has all of them."
                )
            )
        # Each run has a heading of its own; many paths would fill a screen.
        of = paths[0] if len(paths) == 1 else f"{len(runs)} runs"
        html_page.write(path, f"Report of {of}", sections)


def _comparison(runs, unfinished):
    """All runs side by side, and what they differ in."""
    header, *rows = tables.cells(
        [(run.config, run.summary) for run in runs],
        [run.folder.config().get("data_fingerprint") for run in runs],
    )
    differ = _differing([run.settings.as_dict() for run in runs])
    same = {
        name: value
        for name, value in runs[0].settings.as_dict().items()
        if name not in (*differ, *_NOT_SHOWN) and value is not None
    }
    words = (
        f"{len(runs)} finished runs. Accuracy is that of the last epoch; the best "
        "epoch was chosen by looking at the test set, so it is not to be compared by."
    )
    if unfinished:
        words += f" {len(unfinished)} runs are not finished and left out."
    if differ:
        words += f" They differ in {', '.join(differ)}."
    blocks = [
        html_page.Text(words),
        html_page.Table(header, rows, "Mean ± standard deviation over seeds"),
        html_page.Fold(
            "Settings that all of them have in common", [html_page.Facts(same)]
        ),
    ]
    return html_page.Section("Comparison", blocks, "comparison")


def _differing(settings):
    return [
        name
        for name in settings[0]
        if name not in _NOT_SHOWN and len({str(one[name]) for one in settings}) > 1
    ]


def _without_data(run):
    """Why a run's data cannot be had as it was, one line; empty where it can."""
    try:
        run.dataset  # noqa: B018
    except (InputError, RunError) as error:
        return str(error)
    return ""


def _of_run(run, place, problem):
    """One run: its numbers, its figures, its settings; and why some are missing."""
    place.mkdir()
    summary = run.summary
    facts = {
        "accuracy, last epoch": f"{100 * measured(summary):.2f} %",
        "best epoch": f"{100 * measured(summary, 'best_test_accuracy'):.2f} % (epoch "
        f"{summary['best_epoch']})",
        "epochs": summary["epochs"],
        "images a second": summary["images_per_second"],
        "folder": run.folder.path,
    }
    if summary["noise_rate"] is not None:
        facts["noise rate as drawn"] = f"{summary['noise_rate']:.4f}"
    curves = place / "curves.png"
    labels = summary.get("test_labels", "clean")
    run_figures.curves(run.rows, run.name, curves, labels)
    blocks = [
        html_page.Facts(facts),
        html_page.Picture(
            curves, f"Curves over epochs: {run.name}", "Curves over epochs"
        ),
    ]
    if problem:
        blocks.append(html_page.Text(f"Without figures of its images: {problem}"))
    for name, draw in figures_from_runs.OF_RUN.items():
        if problem and name not in _OF_ROWS:
            continue
        drawn = draw(run, place / name)
        if drawn:
            blocks.append(
                html_page.Picture(drawn[0], f"{_ALT[name]}: {run.name}", _ALT[name])
            )
    record = run.folder.config()
    used = {k: v for k, v in record.items() if v is not None and k not in _NOT_SHOWN}
    blocks.append(html_page.Fold("All settings", [html_page.Facts(used)]))
    made_on = {**record.get("versions", {}), **record.get("machine", {})}
    blocks.append(html_page.Fold("Versions and machine", [html_page.Facts(made_on)]))
    return html_page.Section(run.name, blocks, run.folder.path.name)


_THEORY = (
    "run", "mean ε", "largest ε", "spread of Σ L", "δ", "bound 2cδ",
    "measured difference",
)  # fmt: skip


def _theory(runs):
    """How near the outputs are to what the theorems ask for."""
    rows = []
    for run in runs:
        row = theory_row(run, runs)
        if row:
            rows.append(row)
    if not rows:
        return None
    words = (
        "Of the outputs for the test set: ε is their distance to the nearest one-hot "
        "vector; the spread of Σᵢ L(u, i) says how far the loss is from symmetric on "
        "them; δ is how far that sum lies from its value for a one-hot output. "
        "Theorem 3 of Zhou et al. (ICCV 2021) bounds what symmetric noise of the run's "
        "rate can cost in risk by 2cδ, c = η / ((1 − η) k − 1). Beside it stands the "
        "risk on the clean test labels less that of a run of the same loss and seed "
        "that was trained on clean labels, where there is one among these."
    )
    table = html_page.Table(_THEORY, rows, "The theory, by computing")
    return html_page.Section("Theory", [html_page.Text(words), table], "theory")


def theory_row(run: FinishedRun, runs: Sequence[FinishedRun]) -> list[str] | None:
    """The row of one run in the table of the theory.

    Args:
        run: a `FinishedRun`.
        runs: others, among which one on clean labels may be.

    Returns:
        A list of text; None where the theory is not about the run: another noise than
        symmetric, no clean labels, or a loss that is no formula for each class.
    """
    config, dataset = run.config, run.dataset
    suits = config.noise == "sym" and dataset.test_labels_are == "clean"
    if not suits or config.rate >= 1 - 1 / dataset.num_classes:
        return None
    labels, outputs = dataset.test_labels, run.test_probabilities
    try:
        loss = build_loss(config, dataset)
        # The sparse term is the constraint, not the loss whose risk is bounded.
        loss = getattr(loss, "loss", loss)
        found = robustness.check(loss, outputs, labels, config.rate)
    except ValueError:
        return None
    difference = ""
    for other in runs:
        same = other.config.loss == config.loss and other.config.seed == config.seed
        alike = same and _data_of(other) == _data_of(run)
        if alike and other.config.noise == "none":
            clean = robustness.risk(loss, other.test_probabilities, labels)
            difference = f"{found['clean_risk'] - clean:.4f}"
    return [
        run.name,
        f"{found['mean_distance']:.4f}",
        f"{found['max_distance']:.4f}",
        f"{found['symmetry_spread']:.4g}",
        f"{found['delta']:.4g}",
        f"{found['bound']:.4g}",
        difference,
    ]


def _data_of(run):
    """What tells one data set from another."""
    known = run.folder.config().get("data_fingerprint")
    return known or run.config.dataset


def default_path(paths: Sequence[pathlib.Path | str]) -> pathlib.Path:
    """Where a report goes if nobody says: beside what it is of."""
    return pathlib.Path(paths[0]) / "report.html"
