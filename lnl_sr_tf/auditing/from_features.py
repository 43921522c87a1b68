"""What the features of examples tell: near copies, and examples of no class."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.auditing.near_copies import NearCopies, copies_among
from lnl_sr_tf.auditing.neighbours import nearest
from lnl_sr_tf.auditing.outliers import Outliers, outliers_among


@dataclasses.dataclass(frozen=True)
class FromFeatures:
    """What `examine` finds of n examples.

    Args:
        copies: which examples are near copies of others, and how near.
        outliers: which may be of none of the classes.
        conflicts: pairs of near copies with differing labels, of which at least one is
            wrong, as positions, int64, shape (c, 2): the more suspect one first, and
            the nearest copies first.
        source: which features, in words.
    """

    copies: NearCopies
    outliers: Outliers
    conflicts: np.ndarray
    source: str = "features that were passed in"

    @property
    def pairs(self) -> int:
        """How many pairs of near copies there are."""
        return len(_pairs(self.copies))


def examine(
    features: ArrayLike,
    labels: ArrayLike,
    suspicion: ArrayLike | None = None,
    metric: str = "cosine",
    source: str = "features that were passed in",
) -> FromFeatures:
    """Find near copies and examples of no class, with one search of neighbours.

    Args:
        features: finite numbers, shape (n, d), n ≥ 4.
        labels: the given ones, whole numbers from 0, shape (n,).
        suspicion: larger for labels that are more likely wrong, shape (n,), such as
            `Audit.score`; it orders the two of a pair.
        metric: as of `lnl_sr_tf.auditing.neighbours.nearest`.
        source: which features, in words.

    Raises:
        InputError: if features are no such numbers, labels do not fit, or the metric is
            unknown.

    Example:
        found = examine(features, labels)
        found.conflicts  # [[17, 204]]: near copies, given 3 and 8
    """
    neighbours = nearest(features, metric)
    given = validation.labels("labels", labels, None, len(neighbours.places))
    doubt = np.zeros(len(given)) if suspicion is None else np.asarray(suspicion)
    copies = copies_among(neighbours)
    pairs = _pairs(copies)
    pairs = pairs[given[pairs[:, 0]] != given[pairs[:, 1]]]
    swapped = doubt[pairs[:, 1]] > doubt[pairs[:, 0]]
    pairs[swapped] = pairs[swapped][:, ::-1]
    return FromFeatures(copies, outliers_among(neighbours, given), pairs, source)


def _pairs(copies):
    """Pairs of near copies, each once, the nearest first, shape (c, 2)."""
    one = np.flatnonzero(copies.of >= 0)
    one = one[np.argsort(-copies.score[one], kind="stable")]
    both = np.sort(np.stack([one, copies.of[one]], axis=1), axis=1)
    _, first = np.unique(both, axis=0, return_index=True)
    return both[np.sort(first)]
