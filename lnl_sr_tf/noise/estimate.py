"""Estimating a transition matrix from what a network says."""

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError


def estimate_matrix(probabilities, quantile=0.97):
    """T̂[i, j] = u_j(x_i), x_i an example of which the network is sure that it is of i.

    `probabilities` are those of a network trained on the given labels, so that they
    tell how such an example is labelled. x_i is the example at the given quantile of
    u_i, near the top rather than at it, where outliers are. Patrini et al., "Making
    Deep Neural Networks Robust to Label Noise: A Loss Correction Approach" (CVPR 2017),
    section 4.

    Args:
        probabilities: u, shape (examples, k).
        quantile: in [0, 1]; 1 takes the largest.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the shape or the quantile is wrong, or the rows are no
            probabilities.

    Example:
        >>> estimate_matrix([[0.9, 0.1], [0.2, 0.8]], quantile=1)
        array([[0.9, 0.1],
               [0.2, 0.8]])
    """
    probabilities = validation.numbers("probabilities", probabilities, ndim=2)
    if not probabilities.size:
        raise InputError(
            "probabilities must have the shape (examples, classes); received "
            f"{probabilities.shape}"
        )
    sums = probabilities.sum(axis=1)
    if not (probabilities.min() >= 0 and (abs(sums - 1) < 1e-2).all()):
        raise InputError(
            "rows of probabilities must be at least 0 and sum to 1 (logits want a "
            f"softmax first); received numbers from {probabilities.min():.4g} to "
            f"{probabilities.max():.4g}, sums from {sums.min():.4g} to {sums.max():.4g}"
        )
    if not 0 <= quantile <= 1:
        raise InputError(f"quantile must be in [0, 1]; received {quantile}")
    sure = [
        np.argsort(column, kind="stable")[int(quantile * (len(column) - 1))]
        for column in probabilities.T
    ]
    rows = probabilities[sure]
    return rows / rows.sum(axis=1, keepdims=True)
