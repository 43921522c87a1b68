"""Whether a network's outputs are evidence about the labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lnl_sr_tf import validation

_SHUFFLES = 199
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
    have at least as many hits) / 200; it must be at most 0.01. For class j, the hits
    among n examples, of which a are labelled j and b are predicted as j, follow a
    hypergeometric distribution, and the p-value is exact (Fisher, "The Design of
    Experiments", 1935); it must be at most 0.05. A class that is never predicted, or
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
    count, num_classes = outputs.shape
    said = outputs.argmax(axis=1)
    table = np.bincount(said * num_classes + given, minlength=num_classes**2)
    table = table.reshape(num_classes, num_classes)  # predicted, labelled
    predicted, labelled = table.sum(axis=1), table.sum(axis=0)
    class_hits = np.diag(table)
    hits = int(class_hits.sum())
    rng = np.random.default_rng(seed)
    as_many = sum(
        int(np.count_nonzero(said == rng.permutation(given)) >= hits)
        for _ in range(_SHUFFLES)
    )
    own = class_hits[:, None]
    ahead = table - own > _AHEAD * np.sqrt(table + own)
    likelier = table * labelled[:, None] > own * labelled
    return Agreement(
        hits=hits,
        expected=float(labelled @ (predicted / count)),
        chance=(1 + as_many) / (1 + _SHUFFLES),
        class_chances=stats.hypergeom.sf(class_hits - 1, count, labelled, predicted),
        outdone=(ahead & likelier).any(axis=1),
        labelled=labelled,
    )
