"""What is measured after each epoch beside the test set, on examples of training."""

import keras
import numpy as np

from lnl_sr_tf.datasets.images.image_files import take

# Enough to see a share to within 2 %, and a small part of an epoch.
_SAMPLE = 2000
_BATCH = 512


class Watch(keras.callbacks.Callback):
    """Adds figures to the logs of each epoch, for the callbacks after it.

    `validation_accuracy`, by given labels, of the examples that are kept from training;
    and, of a sample of those that are trained on, where some are known to be wrong:
    `clean_part_accuracy`, of those whose given label is right;
    `wrong_part_given_accuracy`, of the others, by the given labels, which is what the
    network has memorised; and `wrong_part_true_accuracy`, of them, by the true ones.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.
        seed: of the sample.

    Example:
        >>> model.fit(batches, callbacks=[Watch(dataset, seed=1)])
    """

    def __init__(self, dataset, seed):
        super().__init__()
        self.validation = dataset.validation
        self.sample = None
        known = _known(dataset)
        if len(known):
            rng = np.random.default_rng(seed)
            size = min(_SAMPLE, len(known))
            chosen = np.sort(rng.choice(known, size, replace=False))
            self.sample = (
                take(dataset.train_images, chosen),
                dataset.given_labels[chosen],
                dataset.clean_labels[chosen],
            )

    def on_epoch_end(self, epoch, logs=None):
        """Measure."""
        if self.validation:
            found = _predicted(self.model, self.validation.images)
            hits = found == self.validation.labels
            logs["validation_accuracy"] = float(np.mean(hits))
        if self.sample:
            images, given, true = self.sample
            logs.update(memorisation(_predicted(self.model, images), given, true))


def _predicted(model, images):
    """The label that a model gives each image; `predict` would take longer to begin."""
    # Of Co-teaching, the network that is kept.
    model = getattr(model, "first", model)
    found = [
        np.argmax(model.predict_on_batch(images[start : start + _BATCH]), axis=-1)
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(found)


def memorisation(predicted, given, true):
    """How much of the right and of the wrong labels a network has learned.

    Args:
        predicted: the network's labels, shape (n,).
        given: those that it is trained on, shape (n,).
        true: the clean ones, shape (n,).

    Returns:
        A dict of the three accuracies that `Watch` describes, where there are examples
        of the kind.

    Example:
        >>> memorisation(np.array([0, 1]), np.array([0, 1]), np.array([0, 0]))
        {'clean_part_accuracy': 1.0, 'wrong_part_given_accuracy': 1.0,
         'wrong_part_true_accuracy': 0.0}
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


def _known(dataset):
    """The examples to choose from: none, where no label is known to be wrong."""
    if not dataset.noise_rate:
        return np.empty(0, np.int64)
    return np.flatnonzero(dataset.clean_labels >= 0)
