"""What is measured once, of the trained model."""

import numpy as np

from lnl_sr_tf.datasets.batches import pipeline

_BATCH = 256
_LARGE_BATCH = 512


def evaluate(model, dataset):
    """Accuracy by class, on further test sets, and agreement with the given labels.

    Args:
        model: a `keras.Model` from uint8 images to logits.
        dataset: a `lnl_sr_tf.datasets.Dataset`.

    Returns:
        A dict, ready for JSON: `class_accuracy`, or `given_class_accuracy` where the
        labels of the test set are as noisy as the rest; `more_test_accuracy` by name,
        where there are further test sets; `validation_accuracy`, by given labels, where
        examples are kept from training; and where clean labels are not known,
        `given_label_agreement`, the share of training examples that the model, as it is
        in the end, gives the label that they came with.
    """
    hits = _hits(model, dataset.test_images, dataset.test_labels)
    by_class = {}
    for label, name in enumerate(dataset.class_names):
        members = hits[dataset.test_labels == label]
        by_class[name] = float(members.mean()) if len(members) else None
    held_out = dataset.test_labels_are == "held out"
    found = {"given_class_accuracy" if held_out else "class_accuracy": by_class}
    if dataset.more_tests:
        found["more_test_accuracy"] = {
            name: float(_hits(model, test.images, test.labels).mean())
            for name, test in dataset.more_tests.items()
        }
    if dataset.validation:
        part = dataset.validation
        found["validation_accuracy"] = float(
            _hits(model, part.images, part.labels).mean()
        )
    if dataset.clean_labels is None:
        agreement = _hits(model, dataset.train_images, dataset.given_labels)
        found["given_label_agreement"] = float(agreement.mean())
    return found


def outputs(model, images):
    """A model's outputs for images, a batch at a time: `predict` is slower to begin.

    Args:
        model: a `keras.Model` of uint8 images.
        images: uint8, shape (n, height, width, channels), an array or `ImageFiles`.

    Returns:
        An array of as many outputs.

    Example:
        >>> outputs(model, dataset.test_images).shape
        (360, 10)
    """
    found = [
        model.predict_on_batch(images[start : start + _LARGE_BATCH])
        for start in range(0, len(images), _LARGE_BATCH)
    ]
    return np.concatenate(found)


def class_accuracy(summary):
    """Dict from a class to its accuracy, by whatever labels there are."""
    return summary.get("class_accuracy") or summary["given_class_accuracy"]


def _hits(model, images, labels):
    """Whether each image gets its label, a boolean array."""
    batches = pipeline.evaluation_batches(images, labels, _BATCH)
    logits = model.predict(batches, verbose=0)
    return np.argmax(logits, axis=1) == labels
