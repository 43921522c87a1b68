"""A transition matrix estimated from a network's outputs."""

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError


def estimate_matrix(probabilities: ArrayLike, quantile: float = 0.97) -> np.ndarray:
    """T̂[i, j] = u_j(x_i), where x_i is an example almost certainly of class i.

    `probabilities` are the outputs of a network trained on the given labels, so they
    say how such an example is labelled. x_i is the example at the given quantile of
    u_i: near the top but not at it, where outliers are. Patrini et al., "Making
    Deep Neural Networks Robust to Label Noise: A Loss Correction Approach" (CVPR 2017),
    section 4.

    Args:
        probabilities: u, shape (examples, k).
        quantile: in [0, 1]; 1 takes the largest.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the quantile is out of range, or the rows are not probabilities.

    Example:
        >>> estimate_matrix([[0.9, 0.1], [0.2, 0.8]], quantile=1)
        array([[0.9, 0.1],
               [0.2, 0.8]])
    """
    probabilities = validation.probabilities("probabilities", probabilities)
    if not 0 <= quantile <= 1:
        raise InputError(f"quantile must be in [0, 1]; received {quantile}")
    sure = [
        np.argsort(column, kind="stable")[int(quantile * (len(column) - 1))]
        for column in probabilities.T
    ]
    rows = probabilities[sure]
    return rows / rows.sum(axis=1, keepdims=True)
