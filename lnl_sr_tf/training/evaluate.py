"""What is measured once, of the trained model."""

from typing import Any

import numpy as np

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.training.predict import Predictions


def evaluate(said: Predictions, dataset: Dataset) -> dict[str, Any]:
    """Accuracy by class, on further test sets, and agreement with the given labels.

    Args:
        said: the logits of the trained network for the parts of the dataset.
        dataset: what it was trained on.

    Returns:
        A dict, ready for JSON: `class_accuracy`, or `given_class_accuracy` where the
        labels of the test set are as noisy as the rest; `more_test_accuracy` by name,
        where there are further test sets; `validation_accuracy`, by given labels, where
        examples are kept from training; and where clean labels are not known,
        `given_label_agreement`, the share of training examples that the model, as it is
        in the end, gives the label that they came with.
    """
    hits = said.test.argmax(axis=1) == dataset.test_labels
    by_class = {}
    for label, name in enumerate(dataset.class_names):
        members = hits[dataset.test_labels == label]
        by_class[name] = float(members.mean()) if len(members) else None
    held_out = dataset.test_labels_are == "held out"
    found: dict[str, Any] = {
        "given_class_accuracy" if held_out else "class_accuracy": by_class
    }
    if dataset.more_tests:
        found["more_test_accuracy"] = {
            name: _accuracy(said.more_tests[name], test.labels)
            for name, test in dataset.more_tests.items()
        }
    if said.validation is not None and dataset.validation:
        labels = dataset.validation.labels
        found["validation_accuracy"] = _accuracy(said.validation, labels)
    if said.train is not None:
        found["given_label_agreement"] = _accuracy(said.train, dataset.given_labels)
    return found


def class_accuracy(summary: dict[str, Any]) -> dict[str, float | None]:
    """From each class to its accuracy, by whatever labels there are."""
    return summary.get("class_accuracy") or summary["given_class_accuracy"]


def _accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logits.argmax(axis=1) == labels).mean())
