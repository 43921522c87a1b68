"""Whether a network's outputs are evidence about the labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lnl_sr_tf import validation

_SHUFFLES = 199
# t of a share 2 exp(-t) of all orders, below one in ten million: no shuffle finds one.
_NO_DOUBT = 17.0
# Largest p-values, the chance of agreeing as well if outputs and labels were
# independent: over all, and for one class where they do agree over all.
_OVER_ALL, _OF_CLASS = 0.01, 0.05
# Standard deviations by which another label must be ahead of the predicted one.
_AHEAD = 3.0
_FEWEST = 0.5  # share of the labels about which there must be evidence


class Agreement(NamedTuple):
    """What `agreement` finds.

    Args:
        hits: how many labels are the predicted class, that of the largest output.
        expected: how many would be by chance.
        chance: p-value of the hits, over all.
        class_chances: p-value of the hits in each class, shape (k,).
        outdone: mask of the classes whose prediction goes better with another label
            than with their own, shape (k,).
        labelled: how many examples have each label, shape (k,).
    """

    hits: int
    expected: float
    chance: float
    class_chances: np.ndarray
    outdone: np.ndarray
    labelled: np.ndarray

    @property
    def over_all(self) -> bool:
        """Whether outputs and labels agree more often than by chance."""
        return bool(self.chance <= _OVER_ALL)

    @property
    def classes(self) -> np.ndarray:
        """Mask of the classes that the outputs are evidence about, shape (k,)."""
        told = (self.class_chances <= _OF_CLASS) & ~self.outdone
        return self.enough(told & self.over_all)

    def enough(self, told: np.ndarray) -> np.ndarray:
        """The same classes, or none where too few labels are of them.

        Args:
            told: a mask of shape (k,).
        """
        return told & (self.labelled[told].sum() >= _FEWEST * self.labelled.sum())


def agreement(probabilities: ArrayLike, labels: ArrayLike, seed: int = 0) -> Agreement:
    """Test whether outputs agree with labels more often than by chance.

    A hit is an example whose predicted class is its label. If outputs and labels were
    independent, every order of the labels would be equally likely. Over all classes
    this is a permutation test: with 199 random orders, the p-value is (1 + how many
    have at least as many hits) / 200; it must be at most 0.01. Of all orders at most
    the share 2 exp(-t² / (4m + 2t)) has t hits more than the mean m (Chatterjee,
    "Stein's method for concentration inequalities", 2007, proposition 1.1); where that
    is below one in ten million, none is tried, and the p-value is 1 / 200. For class j,
    the hits among n examples, of which a are labelled j and b are predicted as j,
    follow a hypergeometric distribution, and the p-value is exact (Fisher, "The Design
    of Experiments", 1935); it must be at most 0.05. A class that is never predicted, or
    that no example is labelled as, has p = 1.

    An untrained network sorts images too, under arbitrary names, some of which fit by
    luck. So there is no evidence either about a class whose prediction goes better with
    another label: more often by three standard deviations, and also relative to how
    frequent both labels are. Where more than half of the labels are of classes without
    evidence, there is none about any class.

    Args:
        probabilities: the outputs, shape (n, k).
        labels: the given labels, integers in [0, k), shape (n,).
        seed: of the random orders.

    Raises:
        InputError: as `lnl.noise.estimate_noise`.

    Example:
        >>> same = np.full((600, 3), [0.98, 0.01, 0.01])
        >>> agreement(same, np.arange(600) % 3).classes
        array([False, False, False])
    """
    outputs, given = validation.probabilities_and_labels(probabilities, labels)
    return agreement_of(outputs.argmax(axis=1), given, outputs.shape[1], seed)


def agreement_of(
    said: np.ndarray, given: np.ndarray, num_classes: int, seed: int = 0
) -> Agreement:
    """The same where the predicted classes are known.

    Args:
        said: the predicted classes, integers in [0, k), shape (n,).
        given: the given labels, likewise.
        num_classes: k.
        seed: of the random orders.
    """
    count = len(said)
    predicted = np.bincount(said, minlength=num_classes)
    labelled = np.bincount(given, minlength=num_classes)
    pairs, often = _pairs(said, given, num_classes)
    row, column = np.divmod(pairs, num_classes)  # predicted, labelled
    class_hits = np.zeros(num_classes, np.int64)
    class_hits[row[row == column]] = often[row == column]
    own = class_hits[row]
    # Neither holds for a pair that does not occur.
    ahead = often - own > _AHEAD * np.sqrt(often + own)
    likelier = often * labelled[row] > own * labelled[column]
    outdone = np.zeros(num_classes, bool)
    outdone[row[ahead & likelier]] = True
    hits = int(class_hits.sum())
    expected = float(labelled @ (predicted / count))
    return Agreement(
        hits=hits,
        expected=expected,
        chance=_chance(said, given, hits, expected, seed),
        class_chances=stats.hypergeom.sf(class_hits - 1, count, labelled, predicted),
        outdone=outdone,
        labelled=labelled,
    )


def _pairs(said, given, num_classes):
    """(said · k + given of the pairs that occur, rising; how often each does)."""
    keys = said * num_classes + given
    if num_classes**2 > len(keys):
        return np.unique(keys, return_counts=True)
    table = np.bincount(keys, minlength=num_classes**2)
    pairs = np.flatnonzero(table)
    return pairs, table[pairs]


def _chance(said, given, hits, expected, seed):
    """The p-value over all."""
    ahead = hits - expected
    if ahead > 0 and ahead**2 / (4 * expected + 2 * ahead) > _NO_DOUBT:
        return 1 / (1 + _SHUFFLES)
    rng = np.random.default_rng(seed)
    as_many = sum(
        int(np.count_nonzero(said == rng.permutation(given)) >= hits)
        for _ in range(_SHUFFLES)
    )
    return (1 + as_many) / (1 + _SHUFFLES)
