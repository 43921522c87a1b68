"""The confusion matrix: which class a model takes for which."""

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.analysis import heat_map, style
from lnl_sr_tf.errors import InputError


def confusion(true: ArrayLike, predicted: ArrayLike, num_classes: int) -> np.ndarray:
    """How often class i is taken for class j.

    Args:
        true: labels in [0, k), shape (n,).
        predicted: labels in [0, k), shape (n,).
        num_classes: k.

    Returns:
        int64 array of shape (k, k): true classes are rows, predicted ones columns.

    Raises:
        ValueError: if shapes do not fit, or a label is not among the classes.

    Example:
        >>> confusion([0, 0, 1], [0, 1, 1], 2)
        array([[1, 1],
               [0, 1]])
    """
    return counted(*checked_pair(true, predicted, num_classes), num_classes)


@style.fixed
def draw_confusion(
    counts: ArrayLike, class_names: Sequence[str], title: str, stem: pathlib.Path | str
) -> tuple[pathlib.Path, pathlib.Path]:
    """A confusion matrix, in percent of each true class.

    Colours follow the square root, so that rare confusions are visible beside the
    diagonal. With up to 20 classes the cells have numbers; an empty cell is 0. The row
    of a class without examples is hatched.

    Args:
        counts: as `confusion` gives them, shape (k, k).
        class_names: k names.
        title: model, dataset and noise.
        stem: path of the figure, without suffix.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if shapes do not fit, or nothing was counted.

    Example:
        counts = confusion(labels, logits.argmax(1), 10)
        draw_confusion(counts, names, "CE+SR, MNIST, 80 % symmetric", "confusion")
    """
    counts = np.asarray(counts)
    k = len(class_names)
    if counts.shape != (k, k) or counts.sum() == 0:
        raise ValueError(
            f"expected counts of shape {(k, k)} for {k} names, not all 0; received "
            f"shape {counts.shape} with sum {counts.sum()}"
        )
    shares, inches = shares_of_rows(counts), heat_map.side(k)
    size = heat_map.size(shares, class_names, inches)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    axes = figure.subplots()
    image = heat_map.draw_shares(axes, shares, class_names, inches)
    heat_map.bar_of_shares(image, axes)
    right = np.trace(counts) / counts.sum()
    axes.set_title(f"in % of the true class; {right:.1%} of all are right")
    axes.set(xlabel="predicted class", ylabel="true class")
    return style.save(figure, stem)


def checked_pair(
    true: ArrayLike, others: ArrayLike, num_classes: int, none_of_them: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """True labels, and others of the same examples, as by `validation.labels`.

    Raises:
        InputError: as there, or if there is no example.
    """
    true = validation.labels("true labels", true, num_classes, None, none_of_them)
    others = validation.labels("labels beside them", others, num_classes, len(true))
    if not len(true):
        raise InputError("expected labels of at least one example; received none")
    return true, others


def counted(rows: np.ndarray, columns: np.ndarray, num_classes: int) -> np.ndarray:
    """How often each pair of labels occurs, shape (k, k)."""
    flat = np.bincount(rows * num_classes + columns, minlength=num_classes**2)
    return flat.reshape(num_classes, num_classes)


def shares_of_rows(counts: np.ndarray) -> np.ndarray:
    """Each row by its sum; NaN where that is 0."""
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)
