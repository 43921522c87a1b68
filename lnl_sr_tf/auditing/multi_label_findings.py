"""What an audit of multi-label data finds, of labels, of examples and of classes."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.auditing.findings import few, ranks
from lnl_sr_tf.shown import Shown


@dataclasses.dataclass(frozen=True, repr=False)
class MultiLabelAudit(Shown):
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

    def _facts(self) -> dict[str, object]:
        examples, classes = self.given.shape
        return {
            "labels": f"{examples} examples, {classes} classes",
            "found": self.words,
            "most suspect": ", ".join(map(str, self.index[self.suspects[:5]])) or None,
        }

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
        return ranks(self.order)

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
            number: how many of the most suspect labels; 0 for all.

        Raises:
            InputError: if there are neither, both, or other than n.
            RunError: if it cannot be written; what stood there stays.
        """
        from lnl_sr_tf.auditing import multi_label_files

        multi_label_files.write_page(
            self, os.fspath(path), images, texts, title, number
        )
