"""The audit of multi-label data: an example has any number of k labels, or none.

Each class is a problem of two classes; of them comes how likely it is that any of an
example's labels is wrong.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from lnl_sr_tf import noise, validation
from lnl_sr_tf.auditing.findings import few
from lnl_sr_tf.auditing.from_arrays import checked_index, texts
from lnl_sr_tf.auditing.rising import rising
from lnl_sr_tf.errors import InputError

# How sure outputs are to be taken. Examples are ranked a little better where they are
# taken as surer than the rates say.
_TEMPERATURES, _OF_RANKS = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0), 0.5
_SMALLEST = 1e-6  # of a sharpened output
# Largest p-value of a class's agreement by chance, and how many examples at least must
# be with its label, and without it.
_CHANCE, _FEWEST = 0.01, 10
_SURE = 1e-9  # so that no label is wrong for certain


@dataclasses.dataclass(frozen=True)
class MultiLabelAudit:
    """What is known about n examples, each with or without any of k labels.

    Made by `lnl.audit`. A label here is one of the n·k statements that an example is of
    a class, or that it is not. What is unknown is NaN.

    Args:
        index: the number of each example in its source, int64, shape (n,).
        given: 1 where an example has the label, else 0, int64, shape (n, k).
        suggested: the same with the labels turned that are more likely wrong.
        label_score: how suspect each label is, in [0, 1], shape (n, k): orders labels,
            largest first, also those of classes without evidence.
        label_probability: that each label is wrong, shape (n, k); NaN without evidence.
        score: −Σ_j log(1 − `label_score`) ≥ 0 of each example, shape (n,): orders
            examples, largest first.
        probability: that any label of the example is wrong, of classes with evidence,
            rising with `score`, shape (n,).
        matrices: P(given | true) of each class, absent before present, shape (k, 2, 2).
        counts: how many examples are of which true and given label, shape (k, 2, 2).
        class_names: k names.
        told: mask of the classes that the outputs are evidence about, shape (k,).
        names: n paths, or None.

    Example:
        found = lnl.audit(y, probabilities)  # both of shape (n, k)
        found.suspects[:3], found.class_rates[0]
    """

    index: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    label_score: np.ndarray
    label_probability: np.ndarray
    score: np.ndarray
    probability: np.ndarray
    matrices: np.ndarray
    counts: np.ndarray
    class_names: tuple[str, ...]
    told: np.ndarray
    names: tuple[str, ...] | None = None

    @property
    def no_evidence(self) -> bool:
        """Whether the outputs are no evidence about any class."""
        return not self.told.any()

    @property
    def classes_without_evidence(self) -> np.ndarray:
        """The classes that the outputs are no evidence about, int64, perhaps none."""
        return np.flatnonzero(~self.told)

    @property
    def order(self) -> np.ndarray:
        """Positions of the examples, the most suspect first, shape (n,)."""
        return np.argsort(-self.score, kind="stable")

    @property
    def rank(self) -> np.ndarray:
        """The rank of each example, 1 for the most suspect, int64, shape (n,)."""
        rank = np.empty(len(self.given), np.int64)
        rank[self.order] = np.arange(1, len(rank) + 1)
        return rank

    @property
    def suspects(self) -> np.ndarray:
        """Positions of the examples with a suspect label, most suspect first."""
        order = self.order
        return order[(self.suggested != self.given)[order].any(axis=1)]

    @property
    def suspect_labels(self) -> np.ndarray:
        """(example, class) of the labels more likely wrong than right, shape (m, 2).

        The most suspect come first.
        """
        pairs = np.argwhere(self.suggested != self.given)
        scores = self.label_score[pairs[:, 0], pairs[:, 1]]
        return pairs[np.argsort(-scores, kind="stable")]

    @property
    def noise_rate(self) -> float:
        """The estimated share of wrong labels, of classes with evidence, or NaN."""
        if self.no_evidence:
            return np.nan
        return float(self.label_probability[:, self.told].mean())

    @property
    def class_rates(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(share, low, high) of wrong labels of each class, each of shape (k,).

        A 95 % interval, for sampling alone; NaN for a class without evidence.
        """
        count = len(self.given)
        wrong = self.label_probability.sum(axis=0)
        low, high = noise.share_interval(wrong, np.where(self.told, count, np.nan))
        return wrong / count, low, high

    @property
    def words(self) -> str:
        """The outcome in one line."""
        if self.no_evidence:
            return (
                "no evidence: the outputs agree with the labels of no class more often "
                "than by chance; no noise rate is estimated"
            )
        found = (
            f"noise rate {self.noise_rate:.3f} of {len(self.given)} x "
            f"{self.told.sum()} labels; {len(self.suspect_labels)} labels of "
            f"{len(self.suspects)} examples are more likely wrong than right"
        )
        missing = [self.class_names[i] for i in self.classes_without_evidence]
        return found + (f"; no evidence about {few(missing)}" if missing else "")

    def to_csv(
        self,
        path: str | os.PathLike[str],
        *,
        texts: Sequence[str] | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        number: int = 0,
    ) -> None:
        """Write a row an example, by `multi_label_files.write_csv`.

        Args:
            path: the .csv; its folder must exist.
            texts: n texts, to stand in the table.
            rows: or n mappings from columns to cells.
            number: how many of the most suspect examples; 0 for all.

        Raises:
            InputError: if there are other than n texts or rows.
            RunError: if it cannot be written; what stood there stays.
        """
        from lnl_sr_tf.auditing import multi_label_files

        multi_label_files.write_csv(self, os.fspath(path), texts, rows, number)

    def to_page(
        self,
        path: str | os.PathLike[str],
        *,
        images: np.ndarray | None = None,
        texts: Sequence[str] | None = None,
        title: str = "Labels",
        number: int = 10_000,
    ) -> None:
        """Write a page of labels to review, by `multi_label_files.write_page`.

        Args:
            path: the .html; its folder must exist.
            images: uint8, shape (n, height, width, 1 or 3); or
            texts: n texts.
            title: its heading.
            number: how many of the most suspect labels, at most 100,000.

        Raises:
            InputError: if there are neither, both, or other than n.
            RunError: if it cannot be written; what stood there stays.
        """
        from lnl_sr_tf.auditing import multi_label_files

        multi_label_files.write_page(
            self, os.fspath(path), images, texts, title, number
        )


def audit_multi_label(
    labels: ArrayLike,
    probabilities: ArrayLike | None = None,
    *,
    logits: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    index: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> MultiLabelAudit:
    """Audit multi-label data by the outputs of any network.

    Each example should be judged by a network that was trained without it (folds).

    A class is judged as a problem of two, by `noise.estimate_noise` of [1 − p, p]. Some
    networks are surer than they should be, others less sure: of the temperatures 0.1,
    0.2, 0.35, 0.5, 0.7 and 1 the one counts under which the given labels are most
    likely. `label_score` is that of the same model with at most 0.5, by which labels
    are ranked a little better. The score of an example is −log of the probability that
    none of its labels is wrong, if they go wrong independently of each other, given p:
    −Σ_j log(1 − label_score_j). Its probability is 1 − Π_j (1 − label_probability_j)
    over the classes with evidence, made to rise with the score (isotonic regression).

    Whether p is evidence about a class is tested first. The m largest p are taken as
    predictions of a class that m examples are labelled as, so that a rare class is
    predicted too, and as many hits must have p ≤ 0.01 by chance (Fisher's exact test).
    A class with fewer than 10 examples with its label, or 10 without it, has no
    evidence, nor has one all of whose labels look wrong. Of such a class there are
    scores, by which its labels may be looked at, and no probability, rate or suspect.

    Args:
        labels: 0 and 1, shape (n, k), k ≥ 2.
        probabilities: of each class, shape (n, k), in [0, 1]; rows need not sum to 1.
            Or else
        logits: shape (n, k), of which the logistic function is taken.
        class_names: k names; by default the numbers.
        index: numbers of the examples in their source; by default 0, 1, …
        names: n paths.

    Raises:
        InputError: if shapes do not fit, or values are not what they should be.

    Example:
        >>> p = np.tile([[0.9, 0.1], [0.2, 0.9], [0.1, 0.2], [0.9, 0.8]], (20, 1))
        >>> y = (p > 0.5).astype(int)
        >>> y[6, 1] = 1
        >>> audit_multi_label(y, p).suspect_labels
        array([[6, 1]])
    """
    given, outputs = _checked(labels, probabilities, logits)
    count, classes = given.shape
    if class_names is None:
        class_names = tuple(map(str, range(classes)))
    called = texts("class_names", class_names, classes)
    if len(set(called)) < classes:
        raise InputError(
            f"class_names: expected different texts; received {called!r:.80}"
        )
    paths = None if names is None else texts("names", names, count)
    numbers = checked_index(index, count)
    score = np.empty((count, classes))
    probability = np.full((count, classes), np.nan)
    matrices, counts = np.full((2, classes, 2, 2), np.nan)
    told = np.zeros(classes, bool)
    for j in range(classes):
        both = np.stack([1.0 - outputs[:, j], outputs[:, j]], axis=1)
        found, temperature = _most_likely(both, given[:, j])
        right = (found.wrong <= 0.5)[given[:, j] == 1]
        if right.any() and _agrees(outputs[:, j], given[:, j]):
            told[j] = True
            matrices[j], counts[j] = found.matrix, found.counts
            probability[:, j] = found.wrong
        if temperature > _OF_RANKS:
            found = noise.estimate_noise(both, given[:, j], _OF_RANKS)
        score[:, j] = found.wrong
    of_example = -np.log1p(-np.minimum(score, 1.0 - _SURE)).sum(axis=1)
    any_wrong = np.full(count, np.nan)
    if told.any():
        any_wrong = rising(of_example, 1.0 - (1.0 - probability[:, told]).prod(axis=1))
    return MultiLabelAudit(
        index=numbers,
        given=given,
        suggested=np.where(probability > 0.5, 1 - given, given),
        label_score=score,
        label_probability=probability,
        score=of_example,
        probability=any_wrong,
        matrices=matrices,
        counts=counts,
        class_names=called,
        told=told,
        names=paths,
    )


def _checked(labels, probabilities, logits):
    """(labels, int64; probabilities, float64), both of shape (n, k)."""
    if (probabilities is None) == (logits is None):
        raise InputError("expected labels with either probabilities or logits")
    given = validation.numbers("labels", labels, ndim=2)
    bad = np.argwhere((given != 0) & (given != 1))
    if len(bad):
        i, j = bad[0]
        raise InputError(
            f"labels: expected 0 and 1 in shape (n, k), of multi-label data; received "
            f"{given[i, j]:g} in row {i}"
        )
    name = "probabilities" if logits is None else "logits"
    outputs = validation.numbers(name, probabilities if logits is None else logits, 2)
    if outputs.shape != given.shape or len(given) < 1:
        raise InputError(
            f"{name}: expected the shape {given.shape} of the labels, with at least "
            f"one example; received {outputs.shape}"
        )
    if logits is not None:
        bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        outputs = 1.0 / (1.0 + np.exp(-np.clip(outputs, -500.0, 500.0)))
    else:
        bad = np.flatnonzero(~((outputs >= 0) & (outputs <= 1)).all(axis=1))
    if len(bad):
        wanted = "finite numbers" if logits is not None else "numbers in [0, 1]"
        raise InputError(f"{name}, row {bad[0]}: expected {wanted}")
    one_each = (given.sum(axis=1) == 1).all()
    if one_each and logits is None and (np.abs(outputs.sum(axis=1) - 1) < 0.01).all():
        raise InputError(
            "labels: expected shape (n,), since each example has one label, and its "
            "probabilities sum to 1; argmax(axis=1) gives them"
        )
    return given.astype(np.int64), outputs


def _agrees(outputs, given):
    """Whether the largest outputs fall on the label more often than by chance."""
    count, with_label = len(given), int(given.sum())
    if min(with_label, count - with_label) < _FEWEST:
        return False
    least = np.partition(outputs, count - with_label)[count - with_label]
    # Of equal outputs all or none are predicted, whichever are nearer to as many.
    predicted = min(
        outputs >= least, outputs > least, key=lambda some: abs(some.sum() - with_label)
    )
    hits = int(given[predicted].sum())
    chance = stats.hypergeom.sf(hits - 1, count, with_label, int(predicted.sum()))
    return bool(chance <= _CHANCE)


def _most_likely(both, given):
    """(noise estimate, temperature) under which the given labels are most likely."""
    logits = np.log(np.maximum(both, 1e-30))
    logits = logits[:, 1] - logits[:, 0]
    best = None
    for temperature in _TEMPERATURES:
        found = noise.estimate_noise(both, given, temperature)
        sharp = 1.0 / (1.0 + np.exp(-np.clip(logits / temperature, -50.0, 50.0)))
        sharp = np.clip(sharp, _SMALLEST, 1.0 - _SMALLEST)
        likely = (1.0 - sharp) * found.matrix[0, given] + sharp * found.matrix[1, given]
        likelihood = np.log(likely).sum()
        if best is None or likelihood > best[0]:
            best = likelihood, found, temperature
    return best[1:]
