"""What is measured after each epoch beside the test set, on examples of training."""

from typing import Any

import keras
import numpy as np

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.training.predict import outputs

# Enough to see a share to within 2 %, and a small part of an epoch.
_SAMPLE = 2000


class PartsAccuracy(keras.callbacks.Callback):
    """Adds figures to the logs of each epoch, for the callbacks after it.

    `validation_accuracy`, by given labels, of the examples that are kept from training;
    and, of a sample of those that are trained on, where some are known to be wrong:
    `clean_part_accuracy`, of those whose given label is right;
    `wrong_part_given_accuracy`, of the others, by the given labels, which is what the
    network has memorised; and `wrong_part_true_accuracy`, of them, by the true ones.

    Args:
        dataset: what is trained on.
        seed: of the sample.

    Example:
        model.fit(batches, callbacks=[PartsAccuracy(dataset, seed=1)])
    """

    def __init__(self, dataset: Dataset, seed: int):
        super().__init__()
        self.validation = dataset.validation
        self.sample = None
        known = with_known_labels(dataset)
        if len(known) and dataset.clean_labels is not None:
            rng = np.random.default_rng(seed)
            size = min(_SAMPLE, len(known))
            chosen = np.sort(rng.choice(known, size, replace=False))
            self.sample = (
                take(dataset.train_images, chosen),
                dataset.given_labels[chosen],
                dataset.clean_labels[chosen],
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Measure."""
        if self.validation:
            said = outputs(self.model, self.validation.images)
            hits = said.argmax(axis=-1) == self.validation.labels
            logs["validation_accuracy"] = float(np.mean(hits))
        if self.sample:
            images, given, true = self.sample
            said = outputs(self.model, images).argmax(axis=-1)
            logs.update(memorisation(said, given, true))


def memorisation(
    predicted: np.ndarray, given: np.ndarray, true: np.ndarray
) -> dict[str, float]:
    """How much of the right and of the wrong labels a network has learned.

    Args:
        predicted: the network's labels, shape (n,).
        given: those that it is trained on, shape (n,).
        true: the clean ones, shape (n,).

    Returns:
        A dict of the three accuracies that `PartsAccuracy` describes, where there are
        examples of the kind.

    Example:
        >>> found = memorisation(np.array([0, 1]), np.array([0, 1]), np.array([0, 0]))
        >>> found["clean_part_accuracy"], found["wrong_part_given_accuracy"]
        (1.0, 1.0)
    """
    wrong = given != true
    found = {}
    if not wrong.all():
        found["clean_part_accuracy"] = float(np.mean(predicted[~wrong] == true[~wrong]))
    if wrong.any():
        found["wrong_part_given_accuracy"] = float(
            np.mean(predicted[wrong] == given[wrong])
        )
        found["wrong_part_true_accuracy"] = float(
            np.mean(predicted[wrong] == true[wrong])
        )
    return found


def with_known_labels(dataset: Dataset) -> np.ndarray:
    """The examples whose clean label is known; none, where no label is wrong."""
    if not dataset.noise_rate or dataset.clean_labels is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(dataset.clean_labels >= 0)
