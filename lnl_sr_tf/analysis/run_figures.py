"""Figures of one run, as PNG."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

from lnl_sr_tf.analysis.style import BLUE, GREEN, VERMILION
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.runs.label_kinds import WORDS

_SAMPLES = 32
_PER_ROW = 8


def curves(
    rows: Sequence[Mapping[str, Any]],
    title: str,
    path: pathlib.Path | str,
    test_labels: str = "clean",
) -> None:
    """Accuracy, loss, sparse rate and λ over the epochs.

    Where there were any, also lost classes, and the labels that were trusted.

    Args:
        rows: rows of `metrics.csv`, as `RunFolder.rows` gives them.
        title: of the figure: what the run was.
        path: the PNG to write.
        test_labels: their kind, `"clean"`, `"given"` or `"held out"`.
    """
    epochs = [row["epoch"] for row in rows]
    regularized = rows[0]["lambda"] is not None
    two_networks = rows[0]["second_test_accuracy"] is not None
    some_lost = any(row.get("lost_classes") for row in rows)
    some_trusted = any(row.get("trusted_share") is not None for row in rows)
    panels = 3 + some_lost + some_trusted
    figure = Figure(figsize=(3.5 * panels, 3.6), layout="constrained")
    figure.suptitle(title)
    accuracy, loss, sparse, *rest = figure.subplots(1, panels)

    def line(axes, column, label, colour, style, **kwargs):
        values = [row.get(column) for row in rows]
        kwargs["marker"] = "o" if len(rows) == 1 else None
        axes.plot(epochs, values, style, color=colour, label=label, **kwargs)

    held_out = rows[0]["test_accuracy"] is None
    column = "given_test_accuracy" if held_out else "test_accuracy"
    line(accuracy, column, WORDS[test_labels].labels, BLUE, "-")
    line(accuracy, "accuracy", "training set, given labels", VERMILION, "--")
    if two_networks:
        line(accuracy, "second_test_accuracy", "test set, second network", GREEN, ":")
    accuracy.set(title="Accuracy", xlabel="epoch", ylim=(0, 1))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    accuracy.legend(fontsize="small")

    line(loss, "loss", "training set", VERMILION, "--")
    line(loss, "test_loss", "test set", BLUE, "-")
    what = ["with the sparse term"] * regularized
    what += ["training: both networks added"] * two_networks
    name = f"Loss ({', '.join(what)})" if what else "Loss"
    loss.set(title=name, xlabel="epoch")
    values = [row[column] for row in rows for column in ("loss", "test_loss")]
    if regularized and 0 < min(values) < max(values) / 10:
        loss.set_yscale("log")  # λ grows by orders of magnitude, and the loss with it
    loss.legend(fontsize="small")

    line(sparse, "sparse_rate", "sparse rate, training set", VERMILION, "--")
    line(sparse, "test_sparse_rate", "sparse rate, test set", BLUE, "-")
    sparse.set(title="Sparse rate", xlabel="epoch", ylim=(-0.02, 1.02))
    sparse.yaxis.set_major_formatter(PercentFormatter(1.0))
    handles, labels = sparse.get_legend_handles_labels()
    if regularized:
        sparse.set_title("Sparse rate and λ")
        weight = sparse.twinx()
        line(weight, "lambda", "λ (right scale)", GREEN, ":", drawstyle="steps-mid")
        if rows[0]["lambda"] > 0:
            weight.set_yscale("log")
        more = weight.get_legend_handles_labels()
        handles, labels = handles + more[0], labels + more[1]
    sparse.legend(handles, labels, fontsize="small", loc="lower right")

    if some_trusted:
        axes = rest[-1]
        line(axes, "trusted_share", "share of all labels", BLUE, "-")
        if any(row.get("trusted_precision") is not None for row in rows):
            line(axes, "trusted_precision", "right ones among them", GREEN, "--")
        axes.set(title="Trusted labels", xlabel="epoch", ylim=(0, 1.02))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.legend(fontsize="small")

    for axes in rest[:some_lost]:
        line(
            axes, "lost_classes", "training set", VERMILION, "-", drawstyle="steps-mid"
        )
        axes.set(title="Classes never predicted", xlabel="epoch")
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize="small")

    for axes in (accuracy, loss, sparse, *rest):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlim(0.5, epochs[-1] + 0.5)
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def per_class(
    accuracies: Mapping[str, float | None],
    counts: Sequence[int] | np.ndarray,
    title: str,
    path: pathlib.Path | str,
    test_labels: str = "clean",
) -> None:
    """The accuracy of each class, and below it its number of training examples.

    Args:
        accuracies: by class name, on the test set; None without test examples.
        counts: the number of training examples with each label.
        title: of the figure: what the run was.
        path: the PNG to write.
        test_labels: their kind, `"clean"`, `"given"` or `"held out"`.
    """
    names = list(accuracies)
    values = [np.nan if value is None else value for value in accuracies.values()]
    width = min(16.0, max(6.0, 0.35 * len(names)))
    figure = Figure(figsize=(width, 4.2), layout="constrained")
    figure.suptitle(title)
    accuracy, examples = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    places = np.arange(len(names))
    accuracy.bar(places, values, color=BLUE)
    mean = np.nanmean(values)
    accuracy.axhline(mean, color=VERMILION, linestyle="--")
    accuracy.set_title(f"mean of the classes {mean:.1%} (dashed)", fontsize="medium")
    accuracy.set(ylabel=f"accuracy,\n{WORDS[test_labels].labels}", ylim=(0, 1))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0))
    examples.bar(places, counts, color=GREEN)
    examples.set(ylabel="training\nexamples")
    # Nobody would read more names.
    step = -(-len(names) // 50)
    examples.set_xticks(places[::step], [names[i] for i in places[::step]])
    examples.tick_params("x", rotation=90 if max(map(len, names)) > 3 else 0)
    for axes in (accuracy, examples):
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
    figure.savefig(path, dpi=110)


def samples(
    images: np.ndarray | ImageFiles,
    given: ArrayLike,
    clean: ArrayLike | None,
    class_names: Sequence[str],
    title: str,
    path: pathlib.Path | str,
) -> None:
    """Training images with their given labels, and the clean ones where they differ.

    Args:
        images: uint8, shape (n, height, width, channels); 32 at even distances are
            shown.
        given: given labels, shape (n,).
        clean: clean labels, shape (n,), -1 for none of the classes; None if unknown.
        class_names: one name a class.
        title: what the data is.
        path: the PNG to write.
    """
    count = min(_SAMPLES, len(images))
    chosen = np.linspace(0, len(images) - 1, count).astype(int)
    shown, labels = images[chosen], np.asarray(given)[chosen]
    true_labels = labels if clean is None else np.asarray(clean)[chosen]
    what = "given labels" if clean is None else "given labels, wrong ones in bold"
    height = -(-count // _PER_ROW)
    figure = Figure(figsize=(_PER_ROW * 1.3, height * 1.75 + 0.4))
    figure.suptitle(f"{title}: {what}")
    # Set by hand: matplotlib's own layout takes seconds for so many axes.
    figure.subplots_adjust(0.02, 0.02, 0.98, 1 - 0.8 / (height * 1.75), 0.15, 0.35)
    grid = figure.subplots(height, _PER_ROW, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, label, true in zip(grid, shown, labels, true_labels, strict=False):
        axes.imshow(np.squeeze(image), cmap="gray", vmin=0, vmax=255)
        wrong = label != true
        text = class_names[label]
        if wrong:
            name = class_names[true] if true >= 0 else "none of them"
            text += f"\n(is {name})"
        axes.set_title(
            text,
            fontsize="small",
            color=VERMILION if wrong else "black",
            fontweight="bold" if wrong else "normal",
        )
    figure.savefig(path, dpi=110)
