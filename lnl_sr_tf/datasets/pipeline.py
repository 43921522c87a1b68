"""The `tf.data` pipeline: batches of uint8 images and labels."""

import numpy as np
import tensorflow as tf

from lnl_sr_tf.datasets.augment import Augmentation, augment
from lnl_sr_tf.datasets.mixup import mixup


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
):
    """Shuffled, augmented batches of all epochs from the first one on, in one stream.

    The order and the augmentation of epoch t depend on (seed, t) alone, so a
    stream that starts at t is the rest of one that started at 0. The shuffle is
    over the whole set. The last batch of an epoch holds what is left.

    Args:
        images: uint8, shape (n, height, width, channels).
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

    Returns:
        A `tf.data.Dataset` of (images, labels), with `steps_per_epoch` batches for
        each epoch; for `fit(steps_per_epoch=…)`.
    """
    augmentation = augmentation or Augmentation()
    size = len(labels)
    images, labels = _tensors(images, labels)

    def epoch_batches(epoch):
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(
            tf.range(size, dtype=tf.int64), seed=epoch_seed
        )
        steps = tf.data.Dataset.from_tensor_slices(order).batch(batch_size).enumerate()
        return steps.map(lambda step, index: (epoch_seed, step, index))

    def load(epoch_seed, step, index):
        batch, target = tf.gather(images, index), tf.gather(labels, index)
        batch_seed = tf.random.experimental.stateless_fold_in(epoch_seed, step)
        if augmentation.active:
            batch = augment(batch, batch_seed, augmentation)
        if mixup_alpha:
            mixup_seed = tf.random.experimental.stateless_fold_in(batch_seed, 1)
            batch, target = mixup(batch, target, num_classes, mixup_alpha, mixup_seed)
        if with_index:
            target = {"label": target, "index": index}
        return batch, target

    return (
        tf.data.Dataset.range(first_epoch, epochs)
        .flat_map(epoch_batches)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def steps_per_epoch(size, batch_size):
    """Batches an epoch: ⌈size / batch_size⌉."""
    return -(-size // batch_size)


def evaluation_batches(images, labels, batch_size, one_hot_classes=None):
    """All examples in their order, once.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: integers, shape (n,).
        batch_size: examples a batch.
        one_hot_classes: k, for labels as one-hot vectors; None for integers.

    Returns:
        A `tf.data.Dataset` of (images, labels).
    """
    size = len(labels)
    images, labels = _tensors(images, labels)
    steps = steps_per_epoch(size, batch_size)

    def load(step):
        start = step * batch_size
        end = tf.minimum(start + batch_size, size)
        target = labels[start:end]
        if one_hot_classes:
            target = tf.one_hot(target, one_hot_classes)
        return images[start:end], target

    return (
        tf.data.Dataset.range(steps)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _tensors(images, labels):
    with tf.device("CPU"):
        return tf.constant(images), tf.constant(np.asarray(labels, np.int32))
