"""How often each annotator is right, as the others see it."""

import collections.abc
import dataclasses

import numpy as np

from lnl_sr_tf.votes.dawid_skene import Confusions, DawidSkene
from lnl_sr_tf.votes.vote_list import Votes

_LEVEL = 0.95
_BLOCK = 2**16  # votes, or cells of a table, at a time
_ACCURACIES = (np.arange(1000) + 0.5) / 1000
# Dense at both ends, where a logarithm bends most.
_EVIDENCE = (1 - np.cos(np.linspace(0, np.pi, 201))) / 2


@dataclasses.dataclass(frozen=True)
class Annotator:
    """One annotator.

    Args:
        name: of the annotator.
        votes: how many were given.
        judged: how many of them are for examples that another one voted for, too.
        accuracy: the probability that a vote is right, in (0, 1); NaN where no vote
            could be judged.
        interval: where it lies with 95 % probability.
        confusion: P(says column | true row), shape (k, k).
    """

    name: str
    votes: int
    judged: int
    accuracy: float
    interval: tuple[float, float]
    confusion: np.ndarray


class Annotators(collections.abc.Sequence):
    """The annotators, in their order: `annotators[i]` is an `Annotator`.

    Args:
        names: a of them.
        votes: of each, int64, shape (a,).
        judged: likewise.
        accuracy: likewise, float64.
        interval: shape (a, 2).
        confusions: of the fit.
    """

    def __init__(
        self,
        names: collections.abc.Sequence[str],
        votes: np.ndarray,
        judged: np.ndarray,
        accuracy: np.ndarray,
        interval: np.ndarray,
        confusions: Confusions,
    ) -> None:
        self.names, self.votes, self.judged = names, votes, judged
        self.accuracy, self.interval = accuracy, interval
        self._confusions = confusions

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(len(self)))]
        i = range(len(self))[i]
        low, high = self.interval[i].tolist()
        return Annotator(
            name=self.names[i],
            votes=int(self.votes[i]),
            judged=int(self.judged[i]),
            accuracy=float(self.accuracy[i]),
            interval=(low, high),
            confusion=self.confusion(i),
        )

    def confusion(self, i: int) -> np.ndarray:
        """P(says column | true row) of one annotator, shape (k, k)."""
        return self._confusions.of(i)

    @property
    def order(self) -> np.ndarray:
        """The annotators from the best to the worst; those without evidence last."""
        least = np.where(np.isnan(self.accuracy), -1.0, self.accuracy)
        return np.lexsort((-self.votes, -least))


def judge(votes: Votes, fit: DawidSkene) -> Annotators:
    """The quality of each annotator, by what the others say of the same examples.

    Of each vote for l, r = q(l) is the probability that it is right by the votes of the
    others alone, and w = Σ_{k≠l} q(k) π_kl / (1 − π_kk) that of this vote from someone
    who is wrong. The likelihood of the accuracy α is then Π (α r + (1 − α) w), and with
    α uniform in [0, 1] before, its mean and the central 95 % of its distribution are
    the accuracy and the interval. Where the others leave no doubt, that is the
    distribution Beta(right + 1, wrong + 1). Votes for examples that nobody else voted
    for do not count.

    Args:
        votes: the votes.
        fit: the model of these votes.
    """
    count = len(votes.annotators)
    others = np.bincount(votes.example, minlength=len(votes.examples))[votes.example]
    chosen = np.flatnonzero(others > 1)
    nodes = len(_EVIDENCE)
    evidence = np.zeros(count * nodes)
    log_wrong = fit.confusions.log_said_if_wrong()
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        share = _share(votes, fit, log_wrong, block)
        # Each vote between two nodes, by how near it is to either.
        node = np.clip(np.searchsorted(_EVIDENCE, share) - 1, 0, nodes - 2)
        above = (share - _EVIDENCE[node]) / (_EVIDENCE[node + 1] - _EVIDENCE[node])
        place = votes.annotator[block] * nodes + node
        evidence += np.bincount(place, 1 - above, minlength=count * nodes)
        evidence += np.bincount(place + 1, above, minlength=count * nodes)
    accuracy, interval = _distribution(evidence.reshape(count, nodes))
    judged = np.bincount(votes.annotator[chosen], minlength=count)
    accuracy[judged == 0] = np.nan
    return Annotators(
        names=votes.annotators,
        votes=np.bincount(votes.annotator, minlength=count),
        judged=judged,
        accuracy=accuracy,
        interval=interval,
        confusions=fit.confusions,
    )


def _share(
    votes: Votes,
    fit: DawidSkene,
    log_wrong: np.ndarray,
    block: np.ndarray,
) -> np.ndarray:
    """r / (r + w) of some votes, in [0, 1]."""
    pair, label = fit.pair[block], votes.label[block]
    others = fit.log_posterior[votes.example[block]] - fit.log_said[pair]
    right = others[np.arange(len(block)), label]
    others += log_wrong[pair]
    most = np.maximum(others.max(axis=1), right)
    wrong = np.exp(others - most[:, None]).sum(axis=1)
    right = np.exp(right - most)
    return right / (right + wrong)


def _distribution(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, interval) of the accuracy of each annotator."""
    accuracy = np.empty(len(evidence))
    interval = np.empty((len(evidence), 2))
    by_node = np.log(
        np.outer(_EVIDENCE, _ACCURACIES) + np.outer(1 - _EVIDENCE, 1 - _ACCURACIES)
    )
    tail = (1 - _LEVEL) / 2
    rows = max(1, _BLOCK // len(_ACCURACIES))
    edges = np.append(0.0, _ACCURACIES + 0.5 / len(_ACCURACIES))
    for start in range(0, len(evidence), rows):
        log = evidence[start : start + rows] @ by_node
        density = np.exp(log - log.max(axis=1, keepdims=True))
        density /= density.sum(axis=1, keepdims=True)
        for i, row in enumerate(density, start):
            accuracy[i] = row @ _ACCURACIES
            below = np.append(0.0, row.cumsum())
            interval[i] = np.interp((tail, 1 - tail), below, edges)
    return accuracy, interval
