"""Isotonic regression: the values that rise with a score and are nearest to others."""

import numpy as np
from scipy import optimize


def rising(score: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The function of the score that never falls and has the least squared error.

    As scikit-learn's `IsotonicRegression.fit_transform`, of which importing alone takes
    longer than this of a million examples. Examples of one score get one value.

    Args:
        score: finite, shape (n,).
        values: shape (n,).

    Example:
        >>> rising(np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.0, 1.0]))
        array([1., 0., 1.])
    """
    order = np.argsort(score)
    ordered = score[order]
    first = np.flatnonzero(np.diff(ordered, prepend=np.nan) != 0)
    often = np.diff(first, append=len(score))
    means = np.add.reduceat(values[order], first) / often
    fitted = optimize.isotonic_regression(means, weights=often).x
    judged = np.empty(len(score))
    judged[order] = np.repeat(fitted, often)
    return judged
