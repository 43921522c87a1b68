"""The handwritten digits that scikit-learn ships: 8×8 pixels, ten classes."""

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset, pixel_statistics

_TRAIN_SIZE = 1437  # four fifths of 1797


def load():
    """The digits, 1437 for training and 360 for testing, always the same split.

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
