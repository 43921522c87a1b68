"""What accuracy is measured by: the labels of a test set, of three kinds, in words."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """One kind of labels, for people.

    Args:
        accuracy: what accuracy by them is, within a sentence.
        labels: which they are, for the legend of a figure.
        notice: the line before numbers that are measured by them.
    """

    accuracy: str
    labels: str
    notice: str


# By `test_labels` of `summary.json`, which is `Dataset.test_labels_are`.
WORDS = {
    "clean": Words(
        "accuracy on the clean test set",
        "test set, clean labels",
        "Accuracy on the clean test set:",
    ),
    "given": Words(
        "accuracy by the labels that the test set came with",
        "test set, the labels it came with",
        "Accuracy by the labels that the test set came with, taken as right:",
    ),
    "held out": Words(
        "accuracy by the given labels of the held-out part",
        "held-out part, given labels",
        "Accuracy on clean labels cannot be measured; this is by the given labels of "
        "the held-out part, as noisy as the rest:",
    ),
}


def kind(summary: Mapping) -> str:
    """The kind in a run's summary; those of earlier versions had clean ones alone."""
    return summary.get("test_labels", "clean")
