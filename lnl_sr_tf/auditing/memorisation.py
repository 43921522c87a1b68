"""Whether a run learned its labels by heart, from the curves that it keeps."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# In accuracy. A network that only learns what holds agrees with the labels that it was
# trained on about as often as with others like them.
_AHEAD, _LOST = 0.05, 0.05
# By which accuracy on other examples is known, first what is as noisy as the training.
_OTHERS = ("validation_accuracy", "given_test_accuracy", "test_accuracy")


class Memorisation(NamedTuple):
    """What the curves of a run say.

    Args:
        trained: the share of the labels it was trained on that it predicts, at the end.
        others: its accuracy on other examples, at the end.
        best: its best accuracy on them, of any epoch.
        found: whether it learned labels by heart.
    """

    trained: float
    others: float
    best: float
    found: bool

    @property
    def words(self) -> str:
        """What it means for the noise rate, in one line; empty without a sign."""
        if not self.found:
            return ""
        return (
            "learned by heart, which makes the noise rate a lower bound: the run "
            f"predicts {self.trained:.1%} of its own labels, and is right on "
            f"{self.others:.1%} of other examples ({self.best:.1%} at its best)"
        )


def memorisation(rows: Sequence[Mapping[str, Any]]) -> Memorisation | None:
    """Look for wrong labels that were learned, in the curves of training.

    There are two signs, each of five points of accuracy (0.05). The network predicts
    more of the labels that it was trained on than it is right on other examples: where
    nothing is learned by heart, wrong labels make the first the smaller of the two. Or
    its accuracy on other examples has fallen from its best while that on its own labels
    has risen since (Arpit et al., "A Closer Look at Memorization in Deep Networks",
    ICML 2017). What is learned by heart looks right to the network, so the audit does
    not find it.

    Args:
        rows: of `metrics.csv`, one an epoch. Other examples are those of the validation
            part or of what was held out, by given labels, or else of the test set.

    Returns:
        None where the curves have no accuracy on other examples.

    Example:
        >>> rows = [{"accuracy": 0.6, "test_accuracy": 0.9}]
        >>> rows += [{"accuracy": 0.9, "test_accuracy": 0.7}]
        >>> memorisation(rows).found
        True
    """
    for name in _OTHERS:
        known = [
            (float(row["accuracy"]), float(row[name]))
            for row in rows
            if row.get("accuracy") is not None and row.get(name) is not None
        ]
        if known:
            break
    else:
        return None
    trained, others = known[-1]
    at_best, best = max(known, key=lambda pair: pair[1])
    fell = best - others > _LOST and trained > at_best
    return Memorisation(trained, others, best, bool(trained - others > _AHEAD or fell))
