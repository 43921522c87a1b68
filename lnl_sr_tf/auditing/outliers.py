"""Outliers: examples that may be of none of the classes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lnl_sr_tf import validation
from lnl_sr_tf.auditing.false_discovery import discoveries
from lnl_sr_tf.auditing.neighbours import Neighbours, nearest

_FALSE = 0.2  # share of the outliers told of that may be none
# Quantiles that tell how scores are spread where there are no outliers, who are above.
_USUAL = (0.1, 0.5, 0.7)
_SKEWNESS = np.concatenate([[0.0], np.geomspace(0.05, 2.0, 40)])
_OF_LABELS = 2.0  # what labels count for that all differ, in standard deviations


class Outliers(NamedTuple):
    """What `outliers` finds of n examples.

    Attributes:
        told: mask of those told of, shape (n,).
        score: larger for examples farther from all others, shape (n,); its median is 0
            and its standard deviation, as the lower half tells it, 1.
    """

    told: np.ndarray
    score: np.ndarray


def outliers(
    features: ArrayLike, labels: ArrayLike | None = None, metric: str = "cosine"
) -> Outliers:
    """Find examples that are like no others, by a threshold that the data sets.

    A wrong label is of an example that lies amid another class; an example of no class
    lies far from all, and its neighbours have all kinds of labels. Its score is log of
    the distance to the 10th nearest other example (Ramaswamy et al., SIGMOD 2000; Sun
    et al., ICML 2022), less its median, in standard deviations, those that the lower
    half tells, plus 2·(1 − share of the most frequent label among the ten) where labels
    are given, the sum then brought to median 0 and standard deviation 1 likewise. The
    others are taken to be as a Pearson III distribution has them, a normal one that may
    be skewed up to 2, through the 10, 50 and 70 % quantiles. Those are told of among
    which 20 % are expected to be false (Benjamini and Hochberg, 1995). That is sparing:
    the score ranks many more of them before the rest.

    Args:
        features: finite numbers, shape (n, d), n ≥ 4.
        labels: the given ones, whole numbers from 0, shape (n,); wrong ones will do.
        metric: as of `lnl_sr_tf.auditing.neighbours.nearest`.

    Raises:
        InputError: if features are no such numbers, labels do not fit, or the metric is
            unknown.

    Example:
        np.flatnonzero(outliers(features, labels).told)  # [3, 58]
    """
    neighbours = nearest(features, metric)
    given = None
    if labels is not None:
        given = validation.labels("labels", labels, None, len(neighbours.places))
    return outliers_among(neighbours, given)


def outliers_among(neighbours: Neighbours, labels: np.ndarray | None) -> Outliers:
    """The same, from the neighbours of every example."""
    last = neighbours.distances[:, -1]
    smallest = last[last > 0].min(initial=1.0)
    score = _standard(np.log(np.maximum(last, smallest)))
    if labels is not None:
        score = _standard(score + _OF_LABELS * (1 - agreement(neighbours, labels)))
    return Outliers(discoveries(_p_values(score), _FALSE), score)


def agreement(neighbours: Neighbours, labels: np.ndarray) -> np.ndarray:
    """The share of the most frequent label among the neighbours, shape (n,).

    Example:
        >>> near = Neighbours(np.array([[1, 2, 3]]), np.ones((1, 3)))
        >>> agreement(near, np.array([0, 1, 1, 1]))
        array([1.])
    """
    around = np.sort(labels[neighbours.places], axis=1)
    length = np.ones(len(around))
    longest = length.copy()
    for column in range(1, around.shape[1]):
        same = around[:, column] == around[:, column - 1]
        length = np.where(same, length + 1, 1)
        longest = np.maximum(longest, length)
    return longest / around.shape[1]


def _p_values(score):
    """How likely as large a score would be without outliers, shape (n,)."""
    low, middle, high = np.quantile(score, _USUAL)
    if not low < middle < high:
        return np.ones(len(score))
    lower, centre, upper = stats.pearson3.ppf(np.array(_USUAL)[:, None], _SKEWNESS)
    bent = (lower + upper - 2 * centre) / (upper - lower)
    skewness = np.interp((low + high - 2 * middle) / (high - low), bent, _SKEWNESS)
    lower, centre, upper = stats.pearson3.ppf(_USUAL, skewness)
    scale = (high - low) / (upper - lower)
    return stats.pearson3.sf((score - middle) / scale + centre, skewness)


def _standard(values):
    """Values with median 0 and a standard deviation of 1, as the lower half tells it.

    Outliers lie in the upper half.
    """
    low, middle = np.quantile(values, [0.25, 0.5])
    spread = (middle - low) / stats.norm.ppf(0.75)
    return (values - middle) / (spread if spread > 0 else np.inf)
