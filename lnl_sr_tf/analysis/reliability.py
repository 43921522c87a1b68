"""Whether confidence matches accuracy: calibration error and reliability diagram."""

import pathlib
import typing

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike

from lnl_sr_tf.analysis import style


class Reliability(typing.NamedTuple):
    """Confidence and accuracy (NaN in an empty bin) and count of each bin.

    `ece` is the expected calibration error.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # a method of tuples, too
    ece: float


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> Reliability:
    """Accuracy by confidence, the probability of the class that is predicted.

    Bin m of M holds the examples whose confidence is in ((m − 1) / M, m / M]. The
    expected calibration error is ECE = Σ_m n_m / n · |accuracy_m − confidence_m|, of
    the means in bin m (Guo et al., "On Calibration of Modern Neural Networks", ICML
    2017).

    Args:
        probabilities: shape (n, k); each row sums to 1.
        labels: classes in [0, k), shape (n,).
        bins: M ≥ 1.

    Returns:
        Arrays of shape (M,), and the calibration error.

    Raises:
        ValueError: if shapes do not fit, rows are not distributions, a label is not
            among the classes, or there are no bins.

    Example:
        >>> round(reliability([[0.8, 0.2], [0.6, 0.4]], [0, 1], bins=2).ece, 3)
        0.2
    """
    probabilities = np.asarray(probabilities, np.float64)
    labels = np.asarray(labels)
    _check(probabilities, labels, bins)
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.digitize(sure, edges[1:-1], right=True)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN of an empty bin
        confidence = np.bincount(place, sure, bins) / count
        accuracy = np.bincount(place, right, bins) / count
    gap = np.nan_to_num(np.abs(accuracy - confidence))
    return Reliability(confidence, accuracy, count, float(count @ gap / len(labels)))


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


def _check(probabilities, labels, bins):
    shape = probabilities.shape
    if len(shape) != 2 or 0 in shape or labels.shape != shape[:1]:
        raise ValueError(
            "expected probabilities of shape (n, k), n ≥ 1, and n labels; received "
            f"{shape} and {labels.shape}"
        )
    # Float16 keeps a sum of 1 to a thousandth or so.
    off = np.abs(probabilities.sum(axis=1) - 1.0)
    if not (np.all(probabilities >= 0) and np.all(off < 0.01)):
        raise ValueError(
            "each row of probabilities must sum to 1, with none below 0; received "
            f"{probabilities[np.argmax(off)]}"
        )
    if labels.min() < 0 or labels.max() >= shape[1]:
        raise ValueError(
            f"labels must be in [0, {shape[1]}); received {labels.min()} to "
            f"{labels.max()}"
        )
    if bins < 1:
        raise ValueError(f"expected at least 1 bin; received {bins}")
