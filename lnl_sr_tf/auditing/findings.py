"""What an audit finds: of each label, of each class and of all labels."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.auditing.agreement import Agreement

# Of all labels: suspects, and the estimated noise rate. On clean data a network errs
# on about as many.
_NO_SIGN, _NO_RATE = 0.01, 0.02
_SHOWN = 5  # names of classes in a line


@dataclasses.dataclass(frozen=True)
class Audit:
    """What is known of n labels of k classes. Made by `lnl.audit`.

    Where the outputs agree with the labels no more often than by chance, they tell
    nothing of them: of all labels, or of those given as some classes, such as one that
    the network never predicts. What is not known is NaN then.

    Args:
        index: the number of each example in its source, int64, shape (n,).
        given: the labels that were given, int64, shape (n,).
        suggested: those that may be right instead, int64, shape (n,); the given ones
            where they are more likely right than wrong, or no other class that is known
            of is more likely.
        score: −log ū_given(x) ≥ 0, the network's surprise at the given label, in nats;
            ū is its output, averaged over epochs where they were recorded.
        probability: that the given label is wrong, in [0, 1], rising with the score;
            NaN without evidence.
        estimate: the `lnl_sr_tf.noise.NoiseEstimate` behind it, from the labels with
            evidence alone; its rows and columns of classes without are NaN.
        class_names: k texts.
        clean: the true labels, -1 for none of the classes, where known; else None.
        names: n paths, or None.
        evidence: where the outputs are from, in words.
        agreement: how often the outputs agree with the labels, and whether by chance, a
            `lnl_sr_tf.auditing.agreement.Agreement`; None where nobody asked.
        told: of which classes the outputs tell something, a mask of shape (k,); by
            default all.

    Example:
        >>> found = lnl.audit(labels, probabilities)
        >>> found.noise_rate, found.noise_rate_interval
        (0.41, (0.39, 0.44))
    """

    index: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    score: np.ndarray
    probability: np.ndarray
    estimate: noise.NoiseEstimate
    class_names: tuple[str, ...]
    clean: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    evidence: str = "outputs that were passed in"
    agreement: Agreement | None = None
    told: np.ndarray | None = None

    @property
    def no_evidence(self) -> bool:
        """Whether the outputs tell nothing of any label."""
        return bool(np.isnan(self.probability).all())

    @property
    def classes_without_evidence(self) -> np.ndarray:
        """The classes of which the outputs tell nothing, int64; there may be none."""
        return np.flatnonzero([] if self.told is None else ~self.told)

    @property
    def order(self) -> np.ndarray:
        """Places of the examples from the most to the least suspect, shape (n,).

        Labels without evidence come last.
        """
        unknown = np.isnan(self.probability)
        return np.lexsort((np.arange(len(self.given)), -self.score, unknown))

    @property
    def rank(self) -> np.ndarray:
        """Of each example, 1 for the most suspect."""
        rank = np.empty(len(self.given), np.int64)
        rank[self.order] = np.arange(1, len(rank) + 1)
        return rank

    @property
    def suspects(self) -> np.ndarray:
        """Places of the labels that are rather wrong than right, most suspect first."""
        order = self.order
        return order[self.probability[order] > 0.5]

    @property
    def noise_rate(self) -> float:
        """The estimated share of wrong labels, of those with evidence; NaN without."""
        known = self.probability[~np.isnan(self.probability)]
        return float(known.mean()) if len(known) else np.nan

    @property
    def noise_rate_interval(self) -> tuple[float, float]:
        """(low, high), 95 % by sampling; what the network misjudges comes on top.

        (NaN, NaN) without evidence.
        """
        known = self.probability[~np.isnan(self.probability)]
        if not len(known):
            return np.nan, np.nan
        low, high = noise.share_interval(known.sum(), len(known))
        return float(low), float(high)

    @property
    def class_rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(share, low, high) of wrong labels among those given as each class.

        NaN for a class without evidence, and for one that no example is labelled as.
        """
        classes = len(self.class_names)
        total = np.bincount(self.given, minlength=classes)
        # NaN stays NaN.
        wrong = np.bincount(self.given, self.estimate.wrong, minlength=classes)
        wrong = np.where(total > 0, wrong, np.nan)
        low, high = noise.share_interval(wrong, np.where(total > 0, total, np.nan))
        return wrong / np.maximum(total, 1), low, high

    @property
    def matrix(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(T, low, high), each of shape (k, k): the transition matrix, P(given | true).

        It is of the labels with evidence; rows and columns of classes without are NaN,
        but for the columns of classes that no example is labelled as. Of a class that
        no example seems to be of, the matrix is what it was assumed to be, and the
        interval nearly [0, 1].
        """
        counts = self.estimate.counts
        total = np.broadcast_to(np.nansum(counts, axis=1, keepdims=True), counts.shape)
        low, high = noise.share_interval(counts, total)
        unknown = np.isnan(counts)
        low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
        return self.estimate.matrix, low, high

    @property
    def no_sign(self) -> bool:
        """Whether no more looks wrong than a network's own mistakes would."""
        few = len(self.suspects) <= _NO_SIGN * len(self.given)
        return few and self.noise_rate <= _NO_RATE

    @property
    def words(self) -> str:
        """The outcome in a line."""
        if self.no_evidence:
            return f"no evidence: {self._agreement_words}, so that no rate can be told"
        known = int(np.count_nonzero(~np.isnan(self.probability)))
        suspects = (
            f"{len(self.suspects)} of {known} labels are more likely wrong than right"
        )
        if self.no_sign:
            found = f"no sign of label noise: {suspects}"
        else:
            low, high = self.noise_rate_interval
            found = f"noise rate {self.noise_rate:.3f} ({low:.3f} to {high:.3f}); "
            found += suspects
        missing = [self.class_names[i] for i in self.classes_without_evidence]
        if not missing:
            return found
        return (
            f"{found}; no evidence about the {len(self.given) - known} given as "
            f"{few(missing)}"
        )

    @property
    def _agreement_words(self):
        if self.agreement is None:
            return "nothing is known of any label"
        return (
            f"the outputs agree with {self.agreement.hits} of {len(self.given)} "
            f"labels, where chance would have {self.agreement.expected:.0f}"
            + (", but not class by class" * self.agreement.over_all)
        )


def few(names: Sequence[str]) -> str:
    """The first of the names, for a line."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
