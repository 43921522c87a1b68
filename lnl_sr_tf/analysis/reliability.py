"""Reliability diagrams: whether confidence matches accuracy."""

import pathlib

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lnl_sr_tf.analysis import style
from lnl_sr_tf.analysis.calibration import Reliability, reliability

__all__ = ["draw_reliability", "reliability"]


@style.fixed
def draw_reliability(
    result: Reliability, title: str, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path]:
    """A reliability diagram: accuracy by confidence, and the number of examples.

    Args:
        result: what `reliability` gives.
        title: model, dataset and noise.
        stem: path of the figure, without suffix.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if the result holds no examples.

    Example:
        result = reliability(probabilities, labels)
        draw_reliability(result, "CE+SR, MNIST, 80 % symmetric", "reliability")
    """
    count, bins = result.count, len(result.count)
    if not np.sum(count):
        raise ValueError(f"expected bins with examples; received counts {count}")
    figure = Figure(figsize=(5.6, 6.4), layout="constrained")
    figure.suptitle(f"{title}\nexpected calibration error {result.ece:.1%}")
    diagram, histogram = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    histogram.xaxis.set_major_formatter(PercentFormatter(1.0))
    middles = (np.arange(bins) + 0.5) / bins
    width = 0.92 / bins
    diagram.bar(middles, result.accuracy, width, color=style.BLUE, label="accuracy")
    over = result.confidence - result.accuracy
    for gap, face, edge, hatch, label in (
        (over, "#FBDDB0", style.VERMILION, "////", "gap: overconfident"),
        (-over, "#CFE8F7", style.BLUE, "\\\\\\\\", "gap: underconfident"),
    ):
        low = np.fmin(result.accuracy, result.confidence)
        height = np.maximum(gap, 0.0)
        diagram.bar(
            middles, height, width, low,
            color=face, edgecolor=edge, hatch=hatch, label=label,
        )  # fmt: skip
    diagram.plot([0, 1], [0, 1], "--", color=style.BLACK, label="confidence = accuracy")
    diagram.set(ylabel="accuracy", ylim=(0, 1))
    figure.legend(loc="outside lower center", ncols=2)
    histogram.bar(middles, count / count.sum(), width, color=style.LIGHT_GREY)
    weights = count / count.sum()
    right = float(weights @ np.nan_to_num(result.accuracy))
    sure = float(weights @ np.nan_to_num(result.confidence))
    histogram.axvline(right, color=style.BLUE)
    histogram.axvline(sure, color=style.VERMILION, linestyle="--")
    histogram.set_title(
        f"all examples: accuracy {right:.1%} (line), confidence {sure:.1%} (dashed)",
        fontsize="medium",
    )
    histogram.set(
        xlabel="confidence: probability of the predicted class",
        ylabel="share of\nthe examples",
        xlim=(0, 1),
    )
    for axes in (diagram, histogram):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    return style.save(figure, stem)
