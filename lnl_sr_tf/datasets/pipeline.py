"""The `tf.data` pipeline: batches of uint8 images and labels."""

import numpy as np
import tensorflow as tf

from lnl_sr_tf.datasets.augment import Augmentation, augment


def training_batches(
    images, labels, batch_size, seed, epochs, first_epoch=0, augmentation=None
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
        batch = tf.gather(images, index)
        if augmentation.active:
            batch_seed = tf.random.experimental.stateless_fold_in(epoch_seed, step)
            batch = augment(batch, batch_seed, augmentation)
        return batch, tf.gather(labels, index)

    return (
        tf.data.Dataset.range(first_epoch, epochs)
        .flat_map(epoch_batches)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def steps_per_epoch(size, batch_size):
    """Batches an epoch: ⌈size / batch_size⌉."""
    return -(-size // batch_size)


def evaluation_batches(images, labels, batch_size):
    """All examples in their order, once.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: integers, shape (n,).
        batch_size: examples a batch.

    Returns:
        A `tf.data.Dataset` of (images, labels).
    """
    size = len(labels)
    images, labels = _tensors(images, labels)
    steps = steps_per_epoch(size, batch_size)

    def load(step):
        start = step * batch_size
        end = tf.minimum(start + batch_size, size)
        return images[start:end], labels[start:end]

    return (
        tf.data.Dataset.range(steps)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _tensors(images, labels):
    with tf.device("CPU"):
        return tf.constant(images), tf.constant(np.asarray(labels, np.int32))
