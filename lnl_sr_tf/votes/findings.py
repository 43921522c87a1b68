"""What several annotators' votes say together."""

import dataclasses
import functools

import numpy as np

from lnl_sr_tf.shown import Shown, share
from lnl_sr_tf.votes.annotators import Annotators
from lnl_sr_tf.votes.vote_list import Votes

_CHANCE = 0.1  # of α
_FEW = 20  # votes of an annotator for a class
STEADY = 10  # what smoothing is better then


@dataclasses.dataclass(frozen=True, repr=False)
class Crowd(Shown):
    """The consensus of n examples, k classes and a annotators.

    Args:
        votes: the votes.
        probabilities: of the true classes by Dawid and Skene's model, shape (n, k); the
            prior where an example has no vote.
        majority: the class with the most votes, int64, shape (n,); where several have
            as many, the one of them with the most votes over all examples.
        annotators: the quality of each; `annotators[i]` is an `Annotator`.
        alpha: Krippendorff's α, how far they agree beyond chance, at most 1; NaN where
            that cannot be known.
        prior: the share of each class, shape (k,).
        typical_confusion: P(says column | true row) over all votes, shape (k, k).
        information: what another vote of a typical annotator is expected to tell about
            each example, in bits, shape (n,).
        iterations: of the model's fit.
        converged: whether it came to an end.
        smoothing: as given.

    Example:
        found = lnl.crowd(votes)
        found.consensus, found.annotators[0].accuracy, found.order[:10]
    """

    votes: Votes
    probabilities: np.ndarray
    majority: np.ndarray
    annotators: Annotators
    alpha: float
    prior: np.ndarray
    typical_confusion: np.ndarray
    information: np.ndarray
    iterations: int
    converged: bool
    smoothing: float

    def _facts(self) -> dict[str, object]:
        votes = self.votes
        return {
            "votes": f"{len(votes.label)} of {len(votes.annotators)} annotators for "
            f"{len(votes.examples)} examples",
            "classes": len(self.class_names),
            "agreement": f"Krippendorff's α {self.alpha:.3f}",
            "consensus is not the majority": share(float(self.differ.mean())),
            "note": "; ".join(self.notes) or None,
            "holds": "consensus, probabilities, majority, annotators, order",
        }

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(self.votes.class_names)

    @functools.cached_property
    def consensus(self) -> np.ndarray:
        """The most probable class, int64, shape (n,); of several the first."""
        # Rounding errors do not decide between several.
        return np.round(self.probabilities, 9).argmax(axis=1)

    @functools.cached_property
    def votes_of_example(self) -> np.ndarray:
        """How many votes each example has, int64, shape (n,)."""
        return np.bincount(self.votes.example, minlength=len(self.votes.examples))

    @functools.cached_property
    def order(self) -> np.ndarray:
        """The examples by what another vote would tell, the most first, shape (n,).

        Of those that it would tell as much of, the ones with fewer votes come first.
        """
        return np.lexsort((self.votes_of_example, -np.round(self.information, 9)))

    @property
    def differ(self) -> np.ndarray:
        """Where consensus and majority differ, shape (n,)."""
        return self.consensus != self.majority

    @property
    def few_votes(self) -> bool:
        """Whether annotators gave so few votes that a smoothing of 10 is steadier."""
        several = bool(np.count_nonzero(self.annotators.votes) > 1)
        return several and self._votes_a_class < _FEW

    @property
    def _votes_a_class(self) -> float:
        votes = self.annotators.votes
        classes = len(np.unique(self.votes.label))
        return float(np.median(votes[votes > 0])) / classes

    @property
    def notes(self) -> list[str]:
        """What one should know before one relies on it, a line each."""
        lines = []
        used = np.flatnonzero(self.annotators.votes)
        if len(used) == 1:
            name = self.votes.annotators[used[0]]
            lines.append(
                f"one annotator only, {name!r}: the consensus is what this one says, "
                "and nothing tells how often that is right"
            )
        elif self.votes_of_example.max() < 2:
            lines.append(
                "no example has two votes: the consensus is what the one annotator "
                "says, and nothing tells how often any of them is right"
            )
        elif self.alpha < _CHANCE:
            lines.append(
                f"the annotators agree hardly more than by chance, α {self.alpha:.2f}: "
                "neither the consensus nor their accuracies mean much"
            )
        label = self.votes.label
        if (label == label[0]).all():
            lines.append(
                f"all votes are for {self.class_names[label[0]]!r}: that they agree "
                "tells nothing about the annotators"
            )
        if self.few_votes and self.smoothing < STEADY:
            lines.append(
                f"annotators gave few votes, {self._votes_a_class:.3g} a class in the "
                f"median: smoothing={STEADY} is steadier there"
            )
        silent = len(self.annotators) - len(used)
        if silent:
            lines.append(f"annotators without a vote: {silent}")
        empty = int((self.votes_of_example == 0).sum())
        if empty:
            lines.append(
                f"examples without a vote: {empty}; their probabilities are the shares "
                "of the classes"
            )
        if not self.converged:
            lines.append(
                f"the fit has not come to an end after {self.iterations} iterations"
            )
        return lines
