"""What a dataset is."""

import dataclasses

import numpy as np

from lnl_sr_tf.datasets.imbalance import imbalanced_indices
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import corrupt, instance_noise

# Statistics are taken over chunks: a float copy of all images would not fit.
_CHUNK = 2048


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images for training and testing, with the labels that were given for them.

    Args:
        name: its name.
        train_images: uint8, shape (n, height, width, channels).
        given_labels: int64, shape (n,): what training sees.
        clean_labels: int64, shape (n,): true labels, for measuring only.
        test_images: uint8, shape (m, height, width, channels).
        test_labels: int64, shape (m,), clean.
        class_names: one name a class.
        mean: of the pixels / 255 over the training images, one a channel.
        std: their standard deviation, one a channel.
        index: which example of the source each training image is, int64, shape (n,);
            by default all, in their order.

    Example:
        >>> data = lnl.datasets.load("digits")
        >>> noisy = data.with_noise(lnl.noise.symmetric_matrix(10, 0.4), seed=1)
        >>> noisy.noise_rate
        0.4
    """

    name: str
    train_images: np.ndarray
    given_labels: np.ndarray
    clean_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple
    mean: tuple
    std: tuple
    index: np.ndarray = None

    def __post_init__(self):
        if self.index is None:
            object.__setattr__(self, "index", np.arange(len(self.given_labels)))

    @property
    def image_shape(self):
        """(height, width, channels)."""
        return self.train_images.shape[1:]

    @property
    def num_classes(self):
        """How many classes there are."""
        return len(self.class_names)

    @property
    def noise_rate(self):
        """The share of training examples whose given label is not the clean one."""
        return float(np.mean(self.given_labels != self.clean_labels))

    def with_noise(self, matrix, seed, exact=True):
        """The same dataset with labels corrupted by a transition matrix.

        Args:
            matrix: T, as for `lnl.noise.corrupt`.
            seed: an integer or a `numpy.random.Generator`.
            exact: whether each class's share of wrong labels is exact.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: if the matrix does not fit the labels.
        """
        if len(matrix) != self.num_classes:
            raise InputError(
                f"dataset {self.name} has {self.num_classes} classes; received a "
                f"transition matrix for {len(matrix)}"
            )
        given = corrupt(self.clean_labels, matrix, seed, exact)
        return dataclasses.replace(self, given_labels=given)

    def with_instance_noise(self, rate, seed):
        """The same dataset with labels corrupted as the images suggest.

        Args:
            rate: η in [0, 1), the mean noise rate.
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset` that shares the images.

        Raises:
            InputError: if the rate is out of range.
        """
        given = instance_noise(
            self.train_images, self.clean_labels, rate, seed, self.num_classes
        )
        return dataclasses.replace(self, given_labels=given)

    def with_imbalance(self, kind, factor, seed):
        """The same dataset with fewer training examples of some classes.

        Args:
            kind: `"none"`, `"lt"` or `"step"`.
            factor: f in (0, 1], the share that the rarest class keeps.
            seed: an integer or a `numpy.random.Generator`.

        Returns:
            A new `Dataset`; test images are as they were.

        Raises:
            InputError: if an argument is out of range, or a class would lose all of its
                examples.
        """
        if kind == "none":
            return self
        kept = imbalanced_indices(
            self.clean_labels, kind, factor, seed, self.num_classes
        )
        counts = np.bincount(self.clean_labels[kept], minlength=self.num_classes)
        for label in np.flatnonzero(counts == 0):
            raise InputError(
                f"imbalance {kind} by a factor of {factor:g} leaves no example of "
                f"class {self.class_names[label]!r}; a factor closer to 1 would"
            )
        return dataclasses.replace(
            self,
            train_images=self.train_images[kept],
            given_labels=self.given_labels[kept],
            clean_labels=self.clean_labels[kept],
            index=self.index[kept],
        )


def pixel_statistics(images):
    """Mean and standard deviation of pixels / 255, one a channel, as tuples."""
    total = np.zeros(images.shape[-1])
    square = np.zeros(images.shape[-1])
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK].astype(np.float64) / 255.0
        total += chunk.sum(axis=(0, 1, 2))
        square += np.square(chunk).sum(axis=(0, 1, 2))
    count = images.size / images.shape[-1]
    mean = total / count
    std = np.sqrt(np.maximum(square / count - mean**2, 1e-12))
    return tuple(mean.tolist()), tuple(std.tolist())
