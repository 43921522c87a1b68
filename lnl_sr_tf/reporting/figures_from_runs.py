"""Figures from run folders: the paper's, and those of one run."""

import pathlib
import typing
from collections.abc import Callable, Sequence

from lnl_sr_tf.analysis import (
    confusion,
    drawn_noise,
    embedding,
    epoch_figures,
    memorisation,
    paper,
    reliability,
)
from lnl_sr_tf.analysis.table_formats import column_name
from lnl_sr_tf.config import Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import label_noise
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.ledger_row import LedgerRun

# Of the parameters that figures vary.
_SYMBOLS = {"lambda0": "λ", "p": "p", "tau": "τ"}


def of_paper(
    number: str,
    grids: Sequence[Sequence[tuple[Config, RunFolder | LedgerRun]]],
    stem: pathlib.Path | str,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[pathlib.Path, pathlib.Path]:
    """Draw a figure of the paper for one dataset; unfinished runs leave gaps.

    Args:
        number: of the figure.
        grids: settings and folders of runs, or rows of a ledger with curves, a list
            for each grid of the figure.
        stem: path of the figure, without suffix.
        tell: called with a line for each part that takes long.

    Returns:
        The paths of the PNG and the SVG.
    """
    first = grids[0][0][0]
    title = f"{paper.dataset_name(first)}, {first.noise_words}"
    if number in ("1", "5"):
        return _embeddings(number, grids[0], stem, tell)
    if number == "3":
        curves: dict[str, list] = {}
        for config, folder in grids[0]:
            curves.setdefault(paper.method_name(config), []).extend(_rows(folder))
        return epoch_figures.sparse_rate_and_accuracy(
            curves, title, stem, _published(grids[0])
        )
    panels = [panel for grid in grids for panel in _by_value(grid)]
    return epoch_figures.accuracy_by_value(panels, title, stem)


def _published(grid):
    """The paper's last epoch by method: it prints no numbers of its curves."""
    known = paper.numbers("1") | paper.numbers("2")
    found = {}
    for config, _ in grid:
        method = paper.method_name(config)
        key = paper.dataset_name(config), method, *paper.corruption(config)
        if key in known:
            mean, deviation = known[key]
            found[method] = mean / 100, (deviation or 0.0) / 100
    return found


def _rows(folder):
    """[rows of a finished run]; [] for an unfinished one."""
    return [folder.rows()] if folder.finished() else []


def _by_value(grid):
    """(title, symbol, rows by value) for each loss of a grid over one parameter."""
    varied = [name for name in _SYMBOLS if len({getattr(c, name) for c, _ in grid}) > 1]
    name = varied[0] if varied else next(iter(_SYMBOLS))
    panels = {}
    for config, folder in grid:
        runs = panels.setdefault(paper.method_name(config), {})
        runs.setdefault(getattr(config, name), []).extend(_rows(folder))
    return [
        (f"{method}, over {_SYMBOLS[name]}", _SYMBOLS[name], runs)
        for method, runs in panels.items()
    ]


def _embeddings(number, grid, stem, tell):
    """t-SNE of test features: a grid of methods and noise, or of losses and SR."""
    rows = {}
    names, first = None, grid[0][0]
    for config, folder in grid:
        method = paper.method_name(config)
        kind = method if number == "5" else config.regularized
        noise = column_name(paper.corruption(config))
        title = f"{method}, {noise}" if number == "5" else method
        panel = embedding.Panel(title)
        if config.seed == first.seed and folder.finished():
            tell(f"t-SNE of {folder.path.name}")
            run = FinishedRun(folder.path, config.data_dir)
            panel, names = _panel(title, run), run.dataset.class_names
        if config.seed == first.seed:
            rows.setdefault(kind, []).append(panel)
    title = f"{paper.dataset_name(first)}, features of the test set by t-SNE"
    if number == "1":
        title = f"{title}, {first.noise_words}"
    return embedding.draw(list(rows.values()), title, stem, names or ("",))


def _panel(title, run):
    images, labels = run.dataset.test_images, run.dataset.test_labels
    chosen, points = embedding.project(run.features(images), run.config.seed)
    labels = labels[chosen]
    return embedding.Panel(title, points, labels, embedding.silhouette(points, labels))


def draw_confusion(
    run: FinishedRun, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path]:
    """Draw the confusion matrix of the test set."""
    dataset = run.dataset
    predicted = run.test_probabilities.argmax(axis=1)
    counts = confusion.confusion(dataset.test_labels, predicted, dataset.num_classes)
    return confusion.draw_confusion(counts, dataset.class_names, run.name, stem)


def draw_transition(
    run: FinishedRun, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path] | None:
    """Draw the transition matrix, as drawn and intended; None without clean labels."""
    dataset = run.dataset
    if dataset.clean_labels is None:
        return None
    drawn = drawn_noise.transition(
        dataset.clean_labels, dataset.given_labels, dataset.num_classes
    )
    try:
        intended = label_noise.noise_matrix(run.config, dataset)
    except InputError:
        intended = None  # human labels, or noise that depends on the image
    return drawn_noise.draw_transition(
        drawn, intended, dataset.class_names, run.name, stem
    )


def draw_memorisation(
    run: FinishedRun, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path] | None:
    """Draw what was learned of right and wrong labels; None where none is wrong."""
    return memorisation.draw_memorisation(run.rows, run.name, stem)


def draw_reliability(
    run: FinishedRun, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path]:
    """Draw the reliability diagram of the test set."""
    result = reliability.reliability(run.test_probabilities, run.dataset.test_labels)
    return reliability.draw_reliability(result, run.name, stem)


class OfRun(typing.NamedTuple):
    """A figure of one finished run.

    Args:
        draw: makes it, from the run and a path without suffix; gives the paths of the
            PNG and the SVG, or None where there is nothing to draw.
        caption: what it shows.
        needs_data: whether the run's data has to be there.
    """

    draw: Callable[[FinishedRun, pathlib.Path], tuple[pathlib.Path, ...] | None]
    caption: str
    needs_data: bool = True


# By the name that `lnl-sr figure` knows them by.
OF_RUN = {
    "confusion": OfRun(draw_confusion, "Confusion matrix of the test set"),
    "memorisation": OfRun(
        draw_memorisation, "Accuracy over epochs on right and on wrong labels", False
    ),
    "reliability": OfRun(
        draw_reliability, "Accuracy against confidence on the test set"
    ),
    "transition": OfRun(draw_transition, "Transition matrix as drawn, and as intended"),
}
