"""How far annotators agree beyond chance."""

import math

import numpy as np


def krippendorff_alpha(counts: np.ndarray) -> float:
    """Krippendorff's α for classes without an order.

    α = 1 − D_o / D_e. D_o is the share of different pairs among the pairs of votes for
    one example, each example with m ≥ 2 votes weighing as m; D_e that among all pairs
    of these votes, whatever their example. 1 is agreement everywhere, 0 what chance
    gives. Examples with one vote do not count.

    Klaus Krippendorff, Computing Krippendorff's alpha-reliability (2011).

    Args:
        counts: votes by example and class, integers, shape (n, k).

    Returns:
        α, at most 1; NaN where no example has two votes, or all of those votes are for
        one class, so that nobody could have disagreed.

    Example:
        >>> krippendorff_alpha(np.array([[2, 0], [0, 2], [1, 1]]))
        0.4444
    """
    votes = counts.sum(axis=1)
    paired = counts[votes >= 2].astype(np.float64)
    votes = votes[votes >= 2]
    total = float(votes.sum())
    if not total:
        return math.nan
    alike = (paired * (paired - 1)).sum(axis=1)
    observed = 1 - (alike / (votes - 1)).sum() / total
    of_class = paired.sum(axis=0)
    expected = 1 - (of_class * (of_class - 1)).sum() / (total * (total - 1))
    return math.nan if expected <= 0 else float(1 - observed / expected)
