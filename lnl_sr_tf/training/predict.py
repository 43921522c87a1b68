"""What a network says of images: the one way in which it is asked outside of `fit`."""

from typing import NamedTuple

import keras
import numpy as np

from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.images.image_files import Images, batch_of

_BATCH = 512


def outputs(model: keras.Model, images: Images) -> np.ndarray:
    """A model's outputs for images, a batch at a time: `predict` is slower to begin.

    Args:
        model: from images, or features, to logits; of one with two networks, what is
            kept of them is asked.
        images: uint8, shape (n, height, width, channels); or features.

    Returns:
        An array of as many outputs, for a model of logits of shape (n, k).

    Example:
        outputs(model, dataset.test_images).shape  # (360, 10)
    """
    model = getattr(model, "kept", model)
    found = [
        model.predict_on_batch(batch_of(images, slice(start, start + _BATCH)))
        for start in range(0, len(images), _BATCH)
    ]
    return np.concatenate(found)


class Predictions(NamedTuple):
    """The logits of a network for what its results are of, shape (n, k) each.

    Args:
        test: for the test set.
        more_tests: for further test sets, by name.
        validation: for the examples of `--validation_share`; None without.
        fold: for the examples of the fold that it was trained without; None without.
        train: for the training examples; None where clean labels are known, since
            nothing is measured on them then.
    """

    test: np.ndarray
    more_tests: dict[str, np.ndarray]
    validation: np.ndarray | None = None
    fold: np.ndarray | None = None
    train: np.ndarray | None = None


def predictions(model: keras.Model, dataset: Dataset) -> Predictions:
    """What a trained network says of the parts of a dataset, each asked for once.

    Args:
        model: from uint8 images to logits.
        dataset: what it was trained on.

    Example:
        predictions(model, dataset).test.shape  # (360, 10)
    """
    validation, fold = dataset.validation, dataset.fold
    return Predictions(
        test=outputs(model, dataset.test_images),
        more_tests={
            name: outputs(model, test.images)
            for name, test in dataset.more_tests.items()
        },
        validation=outputs(model, validation.images) if validation else None,
        fold=outputs(model, fold.images) if fold else None,
        train=(
            outputs(model, dataset.train_images)
            if dataset.clean_labels is None
            else None
        ),
    )
