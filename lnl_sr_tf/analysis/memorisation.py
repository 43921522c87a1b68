"""When a model learns right labels, and when it memorises wrong ones."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lnl_sr_tf.analysis import style

# Column, legend, colour, line and marker.
_CURVES = (
    ("clean_part_accuracy", "right labels: agrees with them", style.BLUE, "-", "o"),
    ("wrong_part_true_accuracy", "wrong labels: finds the true class",
     style.GREEN, "--", "^"),
    ("wrong_part_given_accuracy", "wrong labels: repeats them (memorised)",
     style.VERMILION, "-.", "s"),
    ("test_accuracy", "test set", style.BLACK, ":", "D"),
)  # fmt: skip
_MEMORISED = "wrong_part_given_accuracy"


@style.fixed
def draw_memorisation(
    rows: Sequence[Mapping[str, Any]], title: str, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path] | None:
    """How training examples with right and wrong labels are classified, by epoch.

    Args:
        rows: rows of a run, as `RunFolder.rows` gives them, with `epoch` and
            `clean_part_accuracy` (of examples whose label is right),
            `wrong_part_given_accuracy` (of those whose label is wrong, by that label),
            `wrong_part_true_accuracy` (of the same, by their true class) and
            `test_accuracy`. Columns of None are left out.
        title: dataset, noise and loss.
        stem: path of the figure, without suffix.

    Returns:
        The paths of the PNG and the SVG; None where no row has
        `wrong_part_given_accuracy`: an old run, or no label that is known to be wrong.

    Example:
        draw_memorisation(folder.rows(), "MNIST, 80 % symmetric, CE", "memorised")
    """
    if all(row.get(_MEMORISED) is None for row in rows):
        return None
    epochs = [row["epoch"] for row in rows]
    step = max(1, len(rows) // 8)
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    for i, (column, label, color, line, marker) in enumerate(_CURVES):
        values = np.array([row.get(column) for row in rows], float)
        if np.isnan(values).all():
            continue
        axes.plot(
            epochs, values, color=color, linestyle=line, marker=marker, label=label,
            markevery=(i * step // len(_CURVES), step),
        )  # fmt: skip
    axes.set(xlabel="epoch", ylabel="share of the examples", ylim=(-0.02, 1.02))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, handlelength=3)
    return style.save(figure, stem)
