"""Curves over the epochs of many runs (Figures 2, 3 and 4 of the paper)."""

import pathlib
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lnl_sr_tf.analysis import style
from lnl_sr_tf.runs.folder import measured

# The rows of one run.
Rows = Sequence[Mapping[str, Any]]

# How the paper's numbers are marked, which has none of the epochs before.
_PAPER = "paper, last epoch"
_MARK: dict[str, Any] = {"linestyle": "", "marker": "D", "markersize": 4}
_REGULARIZED = re.compile(r"[\s_+-]*SR$", re.IGNORECASE)


class OverSeeds(typing.NamedTuple):
    """Mean and sample standard deviation (NaN for one seed) of each epoch."""

    epochs: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray


def over_seeds(seeds: Sequence[Rows], column: str = "test_accuracy") -> OverSeeds:
    """Mean and deviation over runs that differ in the seed alone.

    Only epochs for which every seed has a value count: the mean would jump where it
    loses a seed.

    Args:
        seeds: rows of each seed, as `RunFolder.rows` gives them.
        column: of the rows. `"test_accuracy"` is measured by the given labels where no
            clean ones are known.

    Raises:
        ValueError: if no epoch has a value in every seed.

    Example:
        >>> seeds = [[{"epoch": 1, "loss": 2.0}], [{"epoch": 1, "loss": 4.0}]]
        >>> over_seeds(seeds, "loss")
        OverSeeds(epochs=array([1]), mean=array([3.]), deviation=array([1.41421356]))
    """
    runs = [
        {row["epoch"]: _value(row, column) for row in rows if _known(row, column)}
        for rows in seeds
    ]
    epochs = sorted(set.intersection(*map(set, runs))) if runs else []
    if not epochs:
        raise ValueError(
            f"expected an epoch that has {column} in every seed; received "
            f"{len(runs)} seeds with {[len(run) for run in runs]} epochs"
        )
    values = np.array([[run[epoch] for epoch in epochs] for run in runs])
    deviation = np.full(len(epochs), np.nan)
    if len(runs) > 1:
        deviation = values.std(axis=0, ddof=1)
    return OverSeeds(np.array(epochs), values.mean(axis=0), deviation)


@style.fixed
def accuracy_by_value(
    panels: Sequence[tuple[str, str, Mapping[float, Sequence[Rows]]]],
    title: str,
    stem: pathlib.Path | str,
) -> tuple[pathlib.Path, pathlib.Path]:
    """Test accuracy over the epochs, one curve for each value of a parameter.

    Args:
        panels: (title of the panel, symbol of the parameter, rows of each seed by
            value). A value without rows is listed as not trained.
        title: dataset and noise.
        stem: path of the figure, without suffix.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if there are no panels, or a panel has no values.

    Example:
        runs = {1.0: [folder.rows()], 5.0: []}
        accuracy_by_value([("CE+SR", "λ", runs)], "CIFAR-10, 60 % symmetric", "f2")
    """
    if not panels or not all(runs for _, _, runs in panels):
        raise ValueError(
            "expected panels with a dict of at least one value each; received "
            f"{[(name, list(runs)) for name, _, runs in panels]}"
        )
    panels = [(name, symbol, _begun(runs)) for name, symbol, runs in panels]
    figure = Figure(figsize=(5.4 * len(panels), 4.2), layout="constrained")
    figure.suptitle(_with_seeds(title, [runs for _, _, runs in panels]))
    grid = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (name, symbol, runs) in zip(grid, panels, strict=True):
        axes.set_title(name)
        values = sorted(runs)
        handles = []
        for i, stroke in enumerate(style.ordered_strokes(len(values))):
            label = f"{symbol} = {values[i]:g}"
            place = i, len(values)
            seeds = runs[values[i]]
            handles.append(_curve(axes, seeds, "test_accuracy", label, stroke, place))
        axes.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
            handlelength=3,
        )
    _finish(grid)
    grid[0].set_ylabel(_accuracy_name([runs for _, _, runs in panels]))
    grid[0].tick_params(labelleft=True)
    return style.save(figure, stem)


@style.fixed
def sparse_rate_and_accuracy(
    curves: Mapping[str, Sequence[Rows]],
    title: str,
    stem: pathlib.Path | str,
    published: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[pathlib.Path, pathlib.Path]:
    """Sparse rate and accuracy on the test set over the epochs, side by side.

    A method has the same colour with and without sparse regularization ("SR" at the end
    of its label); its line is solid with it and dashed without.

    Args:
        curves: rows of each seed by label. A label without rows is listed as not
            trained.
        title: dataset and noise.
        stem: path of the figure, without suffix.
        published: (mean, standard deviation) of the paper's accuracy after the last
            epoch by label, shares in [0, 1]; marked right of the curves of that label.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if there are no curves.

    Example:
        curves = {"CE": [ce.rows()], "CE+SR": [ce_sr.rows()]}
        sparse_rate_and_accuracy(curves, "MNIST, 80 % symmetric", "f3")
    """
    if not curves:
        raise ValueError(f"expected at least one curve; received {curves!r}")
    curves = _begun(curves)
    figure = Figure(figsize=(10.8, 4.4), layout="constrained")
    figure.suptitle(_with_seeds(title, [curves]))
    rate, accuracy = grid = figure.subplots(1, 2)
    methods = list(dict.fromkeys(_REGULARIZED.sub("", label) for label in curves))
    strokes = dict(zip(methods, style.strokes(len(methods)), strict=True))
    handles, marked = [], []
    for i, (label, seeds) in enumerate(curves.items()):
        stroke = strokes[_REGULARIZED.sub("", label)]
        stroke = stroke._replace(line="-" if _REGULARIZED.search(label) else "--")
        place = i, len(curves)
        _curve(rate, seeds, "test_sparse_rate", label, stroke, place)
        handles.append(_curve(accuracy, seeds, "test_accuracy", label, stroke, place))
        if seeds and published and label in published:
            marked.append(_mark(accuracy, published[label], stroke, place))
    if marked:
        handles.append(Line2D([], [], color="black", label=_PAPER, **_MARK))
    rate.set_title("Sparse rate")
    rate.set_ylabel("test examples whose largest\nprobability is above 0.99")
    accuracy.set_title("Accuracy")
    accuracy.set_ylabel(_accuracy_name([curves]))
    _finish(grid)
    for axes in grid:
        axes.set_ylim(-0.03, 1.03)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(handles), 6),
        handlelength=3,
    )
    return style.save(figure, stem)


def _value(row, column):
    return measured(row) if column == "test_accuracy" else row.get(column)


def _known(row, column):
    return _value(row, column) is not None


def _begun(runs):
    """The same without the seeds that have no rows."""
    return {name: [rows for rows in seeds if rows] for name, seeds in runs.items()}


def _curve(axes, seeds, column, label, stroke, place):
    """Draw a curve with its band; return its entry for the legend."""
    looks = {
        "color": stroke.color,
        "linestyle": stroke.line,
        "marker": stroke.marker,
        "markerfacecolor": "white" if stroke.line == "--" else stroke.color,
    }
    if not seeds:
        return Line2D([], [], linestyle="", label=f"{label}: not trained")
    epochs, mean, deviation = over_seeds(seeds, column)
    # A few markers on each curve, at other epochs than those of the next.
    step = max(1, len(epochs) // 7)
    start = place[0] * step // place[1]
    axes.plot(epochs, mean, markevery=(start, step), label=label, **looks)
    if len(seeds) > 1:
        axes.fill_between(
            epochs, mean - deviation, mean + deviation,
            color=stroke.color, alpha=0.15, linewidth=0,
        )  # fmt: skip
    return Line2D([], [], label=label, **looks)


def _mark(axes, result, stroke, place):
    """Draw a published mean and its deviation right of the last epoch."""
    mean, deviation = result
    # Those of several methods lie beside each other.
    x = 1.02 + 0.06 * place[0] / place[1]
    return axes.errorbar(
        x, mean, yerr=deviation, color=stroke.color, clip_on=False, capsize=2,
        markerfacecolor="white" if stroke.line == "--" else stroke.color,
        transform=axes.get_yaxis_transform(), **_MARK,
    )  # fmt: skip


def _with_seeds(title, several_runs):
    counts = {len(seeds) for runs in several_runs for seeds in runs.values() if seeds}
    if not counts:
        return title
    low, high = min(counts), max(counts)
    if high == 1:
        return f"{title}; one seed"
    number = str(high) if low == high else f"{low} to {high}"
    return f"{title}; mean of {number} seeds ± standard deviation"


def _accuracy_name(several_runs):
    rows = [
        row
        for runs in several_runs
        for seeds in runs.values()
        for rows in seeds
        for row in rows
    ]
    if all(row["test_accuracy"] is not None for row in rows):
        return "test accuracy"
    return "accuracy by the given labels of the test set"


def _finish(grid):
    for axes in grid:
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(alpha=0.3)
        if not axes.lines:
            axes.set_xticks([])
            axes.text(
                0.5, 0.5, "not trained yet",
                transform=axes.transAxes, ha="center", color=style.GREY,
            )  # fmt: skip
