"""How trials are compared: by accuracy on held-out examples with given labels.

The 0–1 loss is symmetric: of the k labels that an example could have, a prediction
agrees with exactly one, Σ_i L01(h(x), i) = k − 1. So under symmetric noise of rate η
the accuracy by given labels follows from that by clean ones, a, by

    ã = (1 − η) a + η (1 − a) / (k − 1),

which rises with a as long as η < 1 − 1/k: it ranks trials as clean labels would.
docs/tuning.md has the proof and its limits.
"""

import math
from collections.abc import Sequence

from lnl_sr_tf.tuning.trial import Tried


def expected(accuracy: float, rate: float, num_classes: int) -> float:
    """Expected accuracy on labels with symmetric noise.

    Args:
        accuracy: a, on clean labels, in [0, 1].
        rate: η, the share of wrong labels.
        num_classes: k.

    Returns:
        (1 − η) a + η (1 − a) / (k − 1).

    Example:
        >>> expected(1.0, rate=0.4, num_classes=10)
        0.6
    """
    return (1 - rate) * accuracy + rate * (1 - accuracy) / (num_classes - 1)


def standard_error(accuracy: float, examples: int) -> float:
    """The standard error of an accuracy: √(a (1 − a) / n).

    Args:
        accuracy: a, in [0, 1].
        examples: n, the number it was measured on.

    Example:
        >>> round(standard_error(0.6, examples=1000), 4)
        0.0155
    """
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def best(trials: Sequence[Tried]) -> Tried | None:
    """The complete trial with the highest criterion; None where none is complete.

    Of equals it is the first, so that a recipe is preferred to a searched trial.
    """
    complete = [one for one in trials if one.state == "complete"]
    return max(complete, key=lambda one: (one.accuracy, -one.number), default=None)


def chosen(trials: Sequence[Tried]) -> Tried:
    """The `best` of trials of which one is complete.

    Raises:
        ValueError: if none is.
    """
    found = best(trials)
    if found is None:
        raise ValueError(f"expected a complete trial; received {len(trials)} others")
    return found


def indistinguishable(trials: Sequence[Tried], examples: int) -> list[Tried]:
    """The other trials within one standard error of the best.

    Args:
        trials: of which one is complete.
        examples: the number that the criterion is measured on.
    """
    top = chosen(trials)
    least = top.accuracy - standard_error(top.accuracy, examples)
    return [
        one
        for one in trials
        if one.state == "complete" and one is not top and one.accuracy >= least
    ]
