"""Near copies: examples that are nearer to another one than chance would have it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.auditing.false_discovery import discoveries
from lnl_sr_tf.auditing.neighbours import Neighbours, nearest

_FALSE = 0.01  # share of the copies told of that may be none
# Copies among the examples make ratios larger, so the upper ones tell nothing.
_USUAL = (0.5, 0.6, 0.7, 0.8)


class NearCopies(NamedTuple):
    """What `near_copies` finds of n examples.

    Attributes:
        of: the position of the example that each is a near copy of, its nearest one;
            -1 for none, int64, shape (n,).
        score: −log of the p-value ≥ 0, larger for nearer copies, shape (n,).
        nearest: the position of the nearest other example, int64, shape (n,).
    """

    of: np.ndarray
    score: np.ndarray
    nearest: np.ndarray


def near_copies(features: ArrayLike, metric: str = "cosine") -> NearCopies:
    """Find near copies, by a threshold that the data sets.

    Where examples lie as by chance in m dimensions, the distances d₁ ≤ … ≤ d_k to the
    k = 10 nearest others obey P((d₁/d_k)^m ≤ u) = 1 − (1 − u)^(k − 1), whatever their
    density (Facco et al., Scientific Reports 2017, for k = 2; u is the smallest of
    k − 1 uniform numbers). m is the dimension that the median ratio tells, or a smaller
    one that ratios up to the 80 % quantile tell, where density or dimension vary. Each
    example then has a p-value, and those are told of among which 1 % are expected to be
    false (Benjamini and Hochberg, 1995). Only ratios of distances matter, so that no
    scale and no threshold has to be chosen.

    An example of which there are ten copies or more has as near a neighbour ten times:
    that is a common pattern, such as a row of a table with few columns, and not told.

    Args:
        features: finite numbers, shape (n, d), n ≥ 4.
        metric: as of `lnl_sr_tf.auditing.neighbours.nearest`.

    Raises:
        InputError: if features are no such numbers, or the metric is unknown.

    Example:
        copies = near_copies(features)
        np.flatnonzero(copies.of >= 0)  # [17, 204]
        copies.of[17]  # 204
    """
    return copies_among(nearest(features, metric))


def copies_among(neighbours: Neighbours) -> NearCopies:
    """The same, from the neighbours of every example."""
    nearby = neighbours.places[:, 0].astype(np.int64)
    first, last = neighbours.distances[:, 0], neighbours.distances[:, -1]
    others = neighbours.distances.shape[1] - 1
    # What is equal but for rounding is equal.
    first = np.maximum(first, max(np.finfo(float).eps * np.median(last), 1e-300))
    ratio = np.log(np.maximum(last, first) / first)
    exponent = ratio * _dimension(ratio, others)
    with np.errstate(divide="ignore"):
        # log(1 − (1 − e^−t)^others), exact where e^−t is small and where it is 1.
        p_values = -np.expm1(others * np.log1p(-np.exp(-exponent)))
    # Beyond the smallest float it falls as e^−t.
    score = np.where(
        p_values > 1e-290,
        -np.log(np.maximum(p_values, 1e-300)),
        exponent - np.log(max(others, 1)),
    )
    found = discoveries(p_values, _FALSE) & (ratio > 0)
    return NearCopies(np.where(found, nearby, -1), np.maximum(score, 0.0), nearby)


def _dimension(ratio, others):
    """The dimension by which log(d_k/d₁) is as usual; 0 if it tells none."""
    usual = np.quantile(ratio, _USUAL)
    expected = -np.log1p(-(np.array(_USUAL) ** (1 / max(others, 1))))
    return 0.0 if usual[0] <= 0 else float((expected / usual).min())
