"""How many labels to look at: what the first m of a ranking are expected to hold."""

from typing import NamedTuple

import numpy as np

_POINTS = 200
_SOLVED_ON = 20_000  # probabilities
_Z = 1.96


class YieldCurve(NamedTuple):
    """What `yield_curve` finds.

    Args:
        looked_at: m, rising, int64, shape (points,).
        wrong: how many of the first m are expected to be wrong.
        low: the lower end of a 95 % interval of that.
        high: the upper end.
        worth_it: after how many a label is more likely right than wrong, so that
            looking further finds a wrong one less than every second time.
    """

    looked_at: np.ndarray
    wrong: np.ndarray
    low: np.ndarray
    high: np.ndarray
    worth_it: int


def yield_curve(probability: np.ndarray, low: float, high: float) -> YieldCurve:
    """How many of the first m labels are wrong, for each m.

    With p_1 ≥ p_2 ≥ … the probabilities of being wrong, in the order of looking, the
    expected number is E_m = Σ_{i ≤ m} p_i. Its interval is 1.96 √(Σ_{i ≤ m} p_i (1 −
    p_i)) for the labels themselves, each wrong or not by itself, and for the noise rate
    the difference between E_m and the same sum by the probabilities whose odds are
    moved until their mean is an end of the rate's interval; both added.

    Args:
        probability: p in the order of looking, shape (n,), without NaN.
        low: the lower end of the interval of the noise rate, the mean of p.
        high: the upper end.

    Example:
        >>> curve = yield_curve(np.array([1.0, 0.75, 0.25, 0.0]), 0.5, 0.5)
        >>> curve.wrong, curve.worth_it
        (array([1.  , 1.75, 2.  , 2.  ]), 2)
    """
    count = len(probability)
    places = np.unique(np.geomspace(1, max(count, 1), _POINTS).round().astype(np.int64))
    worth_it = int(np.count_nonzero(probability > 0.5))
    places = np.union1d(places[places <= count], [worth_it] if worth_it else [])
    places = places.astype(np.int64)
    total = np.cumsum(probability)
    spread = _Z * np.sqrt(np.cumsum(probability * (1 - probability)))
    least = np.minimum(np.cumsum(_moved(probability, low)), total) - spread
    most = np.maximum(np.cumsum(_moved(probability, high)), total) + spread
    at = places - 1
    return YieldCurve(
        looked_at=places,
        wrong=total[at],
        low=np.clip(least[at], 0, places),
        high=np.clip(most[at], 0, places),
        worth_it=worth_it,
    )


def _moved(probability, mean):
    """The same with odds times one number, so that they have this mean."""
    if not len(probability):
        return probability
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    odds = np.log(inside) - np.log1p(-inside)
    some = odds[:: max(1, len(odds) // _SOLVED_ON)]
    below, above = -40.0, 40.0
    for _ in range(40):
        middle = (below + above) / 2
        if np.mean(1 / (1 + np.exp(-some - middle))) < mean:
            below = middle
        else:
            above = middle
    return 1 / (1 + np.exp(-odds - below))
