"""The handwritten digits that scikit-learn ships: 8×8 pixels, ten classes."""

from collections.abc import Callable

import numpy as np

from lnl_sr_tf.datasets.copies import array_contents, warn_of_copies
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.images.pixel_statistics import pixel_statistics

_TRAIN_SIZE = 1437  # four fifths of 1797


def load(tell: Callable[[str], None] = print) -> Dataset:
    """The digits, 1437 for training and 360 for testing, always the same split.

    Args:
        tell: called with a line where images are copies of others.

    Returns:
        A `Dataset` with images of shape (8, 8, 1).

    Example:
        >>> len(load().test_labels)
        360
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = bunch.target.astype(np.int64)
    # RandomState's stream is frozen for good, unlike that of default_rng.
    order = np.random.RandomState(0).permutation(len(labels))
    train, test = order[:_TRAIN_SIZE], order[_TRAIN_SIZE:]
    mean, std = pixel_statistics(images[train])
    parts = {
        name: array_contents(name, images[chosen], labels[chosen])
        for name, chosen in (("train", train), ("test", test))
    }
    warn_of_copies(parts, tell)
    return Dataset(
        name="digits",
        train_images=images[train],
        given_labels=labels[train],
        clean_labels=labels[train],
        test_images=images[test],
        test_labels=labels[test],
        class_names=tuple(str(name) for name in bunch.target_names),
        mean=mean,
        std=std,
    )
