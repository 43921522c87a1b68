"""The label noise as drawn, beside the intended one."""

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lnl_sr_tf.analysis import heat_map, style
from lnl_sr_tf.analysis.confusion import checked_pair, counted, shares_of_rows


def transition(clean: ArrayLike, given: ArrayLike, num_classes: int) -> np.ndarray:
    """The transition matrix of labels: T[i, j], the share of class i that is given j.

    Args:
        clean: true labels, shape (n,); −1, for none of the classes, is left out.
        given: labels in [0, k), shape (n,).
        num_classes: k.

    Returns:
        float64 array of shape (k, k). Rows sum to 1; that of a class without examples
        is NaN.

    Raises:
        ValueError: if shapes do not fit, or a label is not among the classes.

    Example:
        >>> transition([0, 0, 1, -1], [0, 1, 1, 1], 3)
        array([[0.5, 0.5, 0. ],
               [0. , 1. , 0. ],
               [nan, nan, nan]])
    """
    clean, given = checked_pair(clean, given, num_classes, none_of_them=True)
    known = clean >= 0
    return shares_of_rows(counted(clean[known], given[known], num_classes))


@style.fixed
def draw_transition(
    drawn: ArrayLike,
    intended: ArrayLike | None,
    class_names: Sequence[str],
    title: str,
    stem: pathlib.Path | str,
) -> tuple[pathlib.Path, pathlib.Path]:
    """The drawn transition matrix, and the intended one where it is known.

    A third panel shows the difference, drawn minus intended, in percentage points.

    Args:
        drawn: as `transition` gives it, shape (k, k).
        intended: the matrix that made the noise, shape (k, k); None if unknown.
        class_names: k names.
        title: dataset and noise.
        stem: path of the figure, without suffix.

    Returns:
        The paths of the PNG and the SVG.

    Raises:
        ValueError: if shapes do not fit.

    Example:
        drawn = transition(clean, given, 10)
        intended = noise.symmetric_matrix(10, 0.6)
        draw_transition(drawn, intended, names, "CIFAR-10, 60 % symmetric", "noise")
    """
    k = len(class_names)
    matrices = [np.asarray(drawn, float)]
    if intended is not None:
        matrices.insert(0, np.asarray(intended, float))
    for matrix in matrices:
        if k == 0 or matrix.shape != (k, k):
            raise ValueError(
                f"expected matrices of shape {(k, k)} for {k} names; received "
                f"{matrix.shape}"
            )
    alone = intended is None
    # Three side by side are smaller than one alone.
    inches = heat_map.side(k) if alone else min(5.4, max(3.6, 0.27 * k))
    columns = 1 if alone else 3
    size = heat_map.size(
        matrices[-1], class_names, inches, columns, bars=1 if alone else 2
    )
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(1, columns, squeeze=False)[0]
    names = ["found in the labels"] if alone else ["intended", "drawn"]
    for axes, matrix, name in zip(grid, matrices, names, strict=False):
        image = heat_map.draw_shares(axes, matrix, class_names, inches)
        axes.set_title(f"{name}, in %")
    heat_map.bar_of_shares(image, axes)
    if not alone:
        difference = matrices[1] - matrices[0]
        heat_map.draw_difference(grid[2], difference, class_names, inches)
        grid[2].set_title("drawn − intended, in percentage points")
        # The first panel alone has names, those of the second: they tell empty rows.
        grid[0].set_yticks(grid[1].get_yticks(), grid[1].get_yticklabels())
        for axes in grid[1:]:
            axes.tick_params(labelleft=False)
    for axes in grid:
        axes.set_xlabel("given label")
    grid[0].set_ylabel("true class")
    return style.save(figure, stem)
