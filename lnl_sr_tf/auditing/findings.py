"""What an audit finds: of each label, of each class and of all labels."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.auditing.agreement import Agreement
from lnl_sr_tf.auditing.budget_order import budget_order
from lnl_sr_tf.auditing.evidence import Information
from lnl_sr_tf.auditing.memorisation import Memorisation
from lnl_sr_tf.auditing.yield_curve import YieldCurve, yield_curve
from lnl_sr_tf.errors import first_of
from lnl_sr_tf.noise.output_kind import OutputKind
from lnl_sr_tf.shown import Shown, share

if TYPE_CHECKING:
    from lnl_sr_tf.auditing.from_features import FromFeatures

# Share of suspects and estimated noise rate up to which there is no sign of noise: on
# clean data a network errs about as often.
_NO_SIGN, _NO_RATE = 0.01, 0.02
_SHOWN = 5  # names of classes in a line


@dataclasses.dataclass(frozen=True, repr=False)
class Audit(Shown):
    """What is known about n labels of k classes. Made by `lnl.audit`.

    Outputs that agree with the labels no more often than by chance are no evidence:
    about all labels, or about those of some classes, such as one that the network never
    predicts. What is then unknown is NaN.

    Args:
        index: the number of each example in its source, int64, shape (n,).
        given: the labels that were given, int64, shape (n,).
        suggested: the most likely class, int64, shape (n,); the given label where it is
            more likely right than wrong, or no class with evidence is more likely.
        score: in nats, ≥ 0. Where outputs are sharp, as under sparse regularization,
            −log ū_given(x), the cross-entropy of the given label; ū is the network's
            output, averaged over epochs where they were recorded. Otherwise −log P(true
            = given | x, given) by the noise estimate.
        probability: that the given label is wrong, in [0, 1], rising with the score;
            NaN without evidence.
        estimate: the noise estimate behind it, from the labels with evidence alone; its
            rows and columns of classes without evidence are NaN.
        class_names: k names.
        clean: the true labels, -1 for none of the classes; None where unknown.
        names: n paths, or None.
        evidence: where the outputs come from, in words.
        agreement: how often the outputs agree with the labels, and how likely that is
            by chance; None where it was not tested.
        told: mask of the classes that the outputs are evidence about, shape (k,); by
            default all.
        features: near copies and examples of no class; None where nobody looked.
        kind: whether the outputs are sharp; None where it was not found out.
        rate_interval: 95 % interval of the noise rate; by default Wilson's, which is
            for sampling alone.
        information: the share of what the labels say that the outputs tell.
        memorisation: of a run, what its curves say.

    Example:
        found = lnl.audit(labels, probabilities)
        found.noise_rate, found.noise_rate_interval  # 0.41, (0.39, 0.44)
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
    features: "FromFeatures | None" = None
    kind: OutputKind | None = None
    rate_interval: tuple[float, float] | None = None
    information: Information | None = None
    memorisation: Memorisation | None = None

    @property
    def no_evidence(self) -> bool:
        """Whether the outputs are no evidence about any label."""
        return bool(np.isnan(self.probability).all())

    @property
    def classes_without_evidence(self) -> np.ndarray:
        """The classes that the outputs are no evidence about, int64, perhaps none."""
        return np.flatnonzero([] if self.told is None else ~self.told)

    @property
    def order(self) -> np.ndarray:
        """Positions of the examples, the most suspect first, shape (n,).

        Labels without evidence come last.
        """
        order = np.argsort(-self.score, kind="stable")
        unknown = np.isnan(self.probability[order])
        return np.concatenate([order[~unknown], order[unknown]])

    @property
    def rank(self) -> np.ndarray:
        """The rank of each example, 1 for the most suspect, int64, shape (n,)."""
        return ranks(self.order)

    @property
    def suspects(self) -> np.ndarray:
        """Positions of the labels more likely wrong than right, most suspect first.

        They are positions in the arrays of this audit, such as `suggested`. Of a run,
        `index[suspects]` are those in its data.
        """
        found = np.flatnonzero(self.probability > 0.5)
        return found[np.argsort(-self.score[found], kind="stable")]

    @property
    def noise_rate(self) -> float:
        """The estimated share of wrong labels among those with evidence, or NaN."""
        known = self.probability[~np.isnan(self.probability)]
        return float(known.mean()) if len(known) else np.nan

    @property
    def noise_rate_interval(self) -> tuple[float, float]:
        """(low, high), a 95 % interval; (NaN, NaN) without evidence.

        What it rests on is told by `lnl_sr_tf.auditing.rate_interval`; where a run
        learned labels by heart (`lower_bound`) the rate may be above it.
        """
        known = self.probability[~np.isnan(self.probability)]
        if not len(known):
            return np.nan, np.nan
        if self.rate_interval is not None:
            return self.rate_interval
        low, high = noise.share_interval(known.sum(), len(known))
        return float(low), float(high)

    @property
    def lower_bound(self) -> bool:
        """Whether the noise rate is a lower bound: the run learned labels by heart."""
        return self.memorisation is not None and self.memorisation.found

    @property
    def yield_curve(self) -> YieldCurve:
        """How many wrong labels are expected among the first m of `order`."""
        known = self.probability[self.order]
        return yield_curve(known[~np.isnan(known)], *self.noise_rate_interval)

    def budget_order(self, seed: int = 0) -> np.ndarray:
        """Positions in the order that gains most where few labels can be put right.

        For up to a tenth of the labels; for more, `order` (docs/measurements/audit.md).

        Args:
            seed: of the draw.
        """
        return budget_order(self.probability, seed)

    @property
    def class_rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(share, low, high) of wrong labels among those of each given class.

        Each of shape (k,); NaN for a class without evidence or without labels.
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

        It is estimated from the labels with evidence. Rows and columns of classes
        without evidence are NaN, except the columns of classes without labels. The row
        of a class to which no example seems to belong is what it was assumed to be, and
        its intervals are nearly [0, 1].
        """
        counts = self.estimate.counts
        total = np.broadcast_to(np.nansum(counts, axis=1, keepdims=True), counts.shape)
        low, high = noise.share_interval(counts, total)
        unknown = np.isnan(counts)
        low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
        return self.estimate.matrix, low, high

    @property
    def no_sign(self) -> bool:
        """Whether no more labels look wrong than by a network's own mistakes.

        Labels that were learned by heart look right: then it is no sign of anything.
        """
        if self.lower_bound:
            return False
        few = len(self.suspects) <= _NO_SIGN * len(self.given)
        return few and self.noise_rate <= _NO_RATE

    @property
    def words(self) -> str:
        """The outcome in one line."""
        if self.no_evidence:
            return f"no evidence: {self._agreement_words}; no noise rate is estimated"
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
        if self.lower_bound:
            found += "; labels were learned by heart, so that the rate is a lower bound"
        missing = [self.class_names[i] for i in self.classes_without_evidence]
        if not missing:
            return found
        return (
            f"{found}; no evidence about the {len(self.given) - known} labelled "
            f"{few(missing)}"
        )

    def to_csv(
        self,
        path: str | os.PathLike[str],
        *,
        texts: Sequence[str] | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        number: int = 0,
    ) -> None:
        """Write a plain table, which a person can fill in; see `review_table.write`.

        Args:
            path: the .csv; its folder must exist.
            texts: n texts, to stand in the table.
            rows: or n mappings from columns to cells.
            number: how many of the most suspect labels; 0 for all.

        Raises:
            InputError: if there are other than n texts or rows.
            RunError: if it cannot be written; what stood there stays.

        Example:
            lnl.audit(labels, probabilities).to_csv("review.csv", texts=texts)
        """
        from lnl_sr_tf.auditing import review_table, tool_examples

        examples = None
        if texts is not None or rows is not None:
            examples = tool_examples.given_examples(
                len(self.given), None, texts=texts, rows=rows
            )
        review_table.write(self, os.fspath(path), examples, number)

    def to_label_studio(
        self,
        path: str | os.PathLike[str],
        *,
        images: Sequence[str] | None = None,
        texts: Sequence[str] | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        number: int = 0,
    ) -> None:
        """Write tasks for Label Studio, and NAME.xml; see `label_studio.write`.

        Args:
            path: the .json; its folder must exist.
            images: n addresses of images, as a browser opens them; or
            texts: n texts; or
            rows: n mappings from columns to cells; by default the files of `names`, as
                Label Studio serves them.
            number: how many of the most suspect labels; 0 for all.

        Raises:
            InputError: if there are none of them, several, or other than n.
            RunError: if a file cannot be written; what stood there stays.

        Example:
            lnl.audit(labels, probabilities).to_label_studio("tasks.json", texts=texts)
        """
        from lnl_sr_tf.auditing import label_studio, tool_examples

        examples = tool_examples.given_examples(
            len(self.given), self.names, images, texts, rows
        )
        label_studio.write(self, os.fspath(path), examples, number)

    def _facts(self) -> dict[str, object]:
        low, high = self.noise_rate_interval
        first = [
            f"{self.index[i]} ({self.class_names[self.given[i]]}, perhaps "
            f"{self.class_names[self.suggested[i]]})"
            for i in self.suspects[:_SHOWN]
        ]
        bound = ", a lower bound" if self.lower_bound else ""
        return {
            "labels": f"{len(self.given)} of {len(self.class_names)} classes",
            "noise rate": (
                "unknown"
                if self.no_evidence
                else f"{share(self.noise_rate)} ({share(low)} to {share(high)}){bound}"
            ),
            "suspect": f"{len(self.suspects)}, more likely wrong than right",
            "most suspect": ", ".join(first) or None,
            "by": self.evidence,
            "holds": "suspects, suggested, probability, noise_rate, class_rates, "
            "matrix, to_csv, to_label_studio",
        }

    @property
    def _agreement_words(self):
        if self.agreement is None:
            return "nothing is known about any label"
        return (
            f"the outputs agree with {self.agreement.hits} of {len(self.given)} "
            f"labels ({self.agreement.expected:.0f} expected by chance)"
            + (", but not class by class" * self.agreement.over_all)
        )


def ranks(order: np.ndarray) -> np.ndarray:
    """The place of each position in an order, from 1, int64, shape (n,)."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank


def few(names: Sequence[str]) -> str:
    """The first five names, and how many more there are, in one line."""
    return first_of(names, _SHOWN)
