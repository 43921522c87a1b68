"""Whether a network's outputs tell anything about the labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lnl_sr_tf.noise.mixture import checked

_SHUFFLES = 199
# Largest chance, were outputs and labels of no concern to each other, of agreeing as
# well as they do: over all, and for one class where they do over all.
_OVER_ALL, _OF_CLASS = 0.01, 0.05
# By how many standard deviations another label has to be ahead of a prediction's own.
_AHEAD = 3.0
_FEWEST = 0.5  # of the labels, about which something has to be told


class Agreement(NamedTuple):
    """What `agreement` finds.

    Args:
        hits: how many labels are the class of the largest output.
        expected: how many would be, were the labels in another order.
        chance: p-value of as many hits, over all.
        class_chances: of as many hits in each class, shape (k,).
        outdone: of which classes another label goes better with the prediction than
            their own, a mask of shape (k,).
        labelled: how many examples are labelled as each class, shape (k,).
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
        """The classes of which the outputs tell something, a mask of shape (k,)."""
        told = (self.class_chances <= _OF_CLASS) & ~self.outdone
        return self.enough(told & self.over_all)

    def enough(self, told: np.ndarray) -> np.ndarray:
        """The same classes, or none where too few of the labels are of them.

        Args:
            told: a mask of shape (k,).
        """
        return told & (self.labelled[told].sum() >= _FEWEST * self.labelled.sum())


def agreement(probabilities: ArrayLike, labels: ArrayLike, seed: int = 0) -> Agreement:
    """Test whether outputs agree with labels more often than by chance.

    A hit is an example whose largest output is that of its label. Were outputs and
    labels of no concern to each other, every order of the labels would be as likely as
    the one that is there. Over all, 199 orders are drawn, and the p-value is
    (1 + how many of them have as many hits) / 200, a permutation test; 0.01 is asked
    for. Of class j, the hits among n examples of which a are labelled j and b have
    their largest output there follow a hypergeometric distribution, and the p-value is
    exact (Fisher, "The Design of Experiments", 1935); 0.05 is asked for. A class that
    is never predicted, or that no example is labelled as, has p = 1.

    A network that has not been trained sorts images too, under names that mean nothing,
    some of which fit by luck. So nothing is told of a class either whose prediction
    goes better with another label: more often, by three standard deviations, and more
    often beside how frequent both labels are. Where more than half of the labels are of
    classes of which nothing is told, it is of none.

    Args:
        probabilities: the outputs, shape (n, k).
        labels: the given labels, integers in [0, k), shape (n,).
        seed: of the orders that are drawn.

    Returns:
        An `Agreement`.

    Raises:
        InputError: as `lnl.noise.estimate_noise`.

    Example:
        >>> same = np.full((600, 3), [0.98, 0.01, 0.01])
        >>> agreement(same, np.arange(600) % 3).classes
        array([False, False, False])
    """
    outputs, given = checked(probabilities, labels)
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
