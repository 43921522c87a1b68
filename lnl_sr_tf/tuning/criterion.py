"""What trials are chosen by: accuracy on held-out examples, by their given labels.

The 0–1 loss is symmetric: of the k labels that an example could have, a prediction
agrees with exactly one, Σ_i L01(h(x), i) = k − 1. So under symmetric noise of rate η
the accuracy by given labels follows from that by clean ones, a, by

    ã = (1 − η) a + η (1 − a) / (k − 1),

which rises with a as long as η < 1 − 1/k: it ranks trials as clean labels would.
docs/tuning.md has the proof, and where it ends.
"""

import math
from collections.abc import Sequence

from lnl_sr_tf.tuning.trial import Tried


def expected(accuracy: float, rate: float, num_classes: int) -> float:
    """Accuracy by labels with symmetric noise, on average over that noise.

    Args:
        accuracy: that by clean labels, a share, or an array of them.
        rate: η, the share of labels that are wrong.
        num_classes: k.

    Returns:
        (1 − η) a + η (1 − a) / (k − 1).

    Example:
        >>> expected(1.0, rate=0.4, num_classes=10)
        0.6
    """
    return (1 - rate) * accuracy + rate * (1 - accuracy) / (num_classes - 1)


def standard_error(accuracy: float, examples: int) -> float:
    """By how much an accuracy differs from that on endless examples: √(a (1 − a) / n).

    Args:
        accuracy: a share.
        examples: how many it was measured on.

    Returns:
        A share.

    Example:
        >>> standard_error(0.6, examples=1000)
        0.0154...
    """
    return math.sqrt(accuracy * (1 - accuracy) / examples)


def best(trials: Sequence[Tried]) -> Tried | None:
    """The trial to choose.

    Args:
        trials: a list of `lnl_sr_tf.tuning.trial.Tried`.

    Returns:
        The complete one with the highest criterion; of several that are alike in it
        the first, so that a recipe goes before what was searched. None where none is
        complete.
    """
    complete = [one for one in trials if one.state == "complete"]
    return max(complete, key=lambda one: (one.accuracy, -one.number), default=None)


def chosen(trials: Sequence[Tried]) -> Tried:
    """What `best` gives of trials of which one is complete.

    Raises:
        ValueError: if none is.
    """
    found = best(trials)
    if found is None:
        raise ValueError(f"expected a complete trial; received {len(trials)} others")
    return found


def indistinguishable(trials: Sequence[Tried], examples: int) -> list[Tried]:
    """Which other trials are within one standard error of the best.

    Args:
        trials: a list of `lnl_sr_tf.tuning.trial.Tried`.
        examples: how many the criterion is measured on.

    Returns:
        Those of them, a list.
    """
    top = chosen(trials)
    least = top.accuracy - standard_error(top.accuracy, examples)
    return [
        one
        for one in trials
        if one.state == "complete" and one is not top and one.accuracy >= least
    ]
