"""Batches of uint8 images and labels, as the backend likes them best."""

from typing import NamedTuple

import keras

from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan


class Parts(NamedTuple):
    """Which parts of each batch a stream gives, one after the other.

    A batch of n examples has parts that differ in size by at most one; one that has
    fewer examples than parts is each of its parts, whole: the means over all of them,
    which is what a step takes, are those of the batch, and no device is without an
    example, which TensorFlow's convolutions cannot do.

    Args:
        of: how many parts a batch has, one for each device.
        first: the first part that the stream gives, from 0.
        count: how many, for the devices of one machine.
    """

    of: int
    first: int
    count: int

    def most(self, batch_size):
        """The most examples that a part of such a batch may have."""
        return max(-(-batch_size // self.of), min(self.of - 1, batch_size))


def training_batches(
    images,
    labels,
    batch_size,
    seed,
    epochs,
    first_epoch=0,
    augmentation=None,
    mixup_alpha=0.0,
    num_classes=None,
    with_index=False,
    first_step=0,
    parts=None,
):
    """Shuffled, augmented batches of all epochs from the first one on, in one stream.

    The order and the augmentation of epoch t depend on (seed, t) alone, so a
    stream that starts at t is the rest of one that started at 0. They are the same on
    every backend. The shuffle is over the whole set. The last batch of an epoch holds
    what is left.

    Args:
        images: uint8, shape (n, height, width, channels), an array or `ImageFiles`,
            which are decoded in parallel while the model trains.
        labels: integers, shape (n,).
        batch_size: examples a batch.
        seed: a whole number in [0, 2^31).
        epochs: number of epochs of the whole run.
        first_epoch: where the stream starts.
        augmentation: an `Augmentation`, or `None`.
        mixup_alpha: α of mixup, which makes labels distributions; 0 for none.
        num_classes: k, for mixup.
        with_index: give `{"label": …, "index": …}` in place of labels, where the index
            says which of the n examples each is.
        first_step: the step of the first epoch where the stream starts.
        parts: the `Parts` of each batch to give, in place of all of it; on TensorFlow.

    Returns:
        An iterable of (images, labels), with `steps_per_epoch` batches for each epoch,
        for `fit(steps_per_epoch=…)`: on TensorFlow a `tf.data.Dataset`, on other
        backends a generator.
    """
    augmentation = augmentation or Augmentation()
    plan = EpochPlan(len(labels), seed, augmentation.columns, mixup_alpha)
    return _stream().training_batches(
        images,
        labels,
        batch_size,
        plan,
        (first_epoch, first_step),
        epochs,
        augmentation,
        num_classes,
        with_index,
        **_of_parts(parts),
    )


def evaluation_batches(images, labels, batch_size, one_hot_classes=None, parts=None):
    """All examples in their order, once.

    Args:
        images: uint8, shape (n, height, width, channels), an array or `ImageFiles`.
        labels: integers, shape (n,).
        batch_size: examples a batch.
        one_hot_classes: k, for labels as one-hot vectors; None for integers.
        parts: the `Parts` of each batch to give; the stream then starts over again and
            again.

    Returns:
        (images, labels) in batches, for `predict` and `evaluate`, as often as wanted:
        on TensorFlow a `tf.data.Dataset`, on other backends a `keras.utils.PyDataset`.
    """
    return _stream().evaluation_batches(
        images, labels, batch_size, one_hot_classes, **_of_parts(parts)
    )


def steps_per_epoch(size, batch_size):
    """Batches an epoch: ⌈size / batch_size⌉."""
    return -(-size // batch_size)


def _of_parts(parts):
    """As an argument, which other backends than TensorFlow do not take."""
    return {"parts": parts} if parts else {}


def _stream():
    # Imported here, so that TensorFlow is not needed where another backend is.
    if keras.backend.backend() == "tensorflow":
        from lnl_sr_tf.datasets.batches import tf_data

        return tf_data
    from lnl_sr_tf.datasets.batches import numpy_batches

    return numpy_batches
