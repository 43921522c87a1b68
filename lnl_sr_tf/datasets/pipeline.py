"""The `tf.data` pipeline: batches of uint8 images and labels."""

import dataclasses

import numpy as np
import tensorflow as tf

from lnl_sr_tf.datasets.augment import Augmentation, augment
from lnl_sr_tf.datasets.image_files import ImageFiles
from lnl_sr_tf.datasets.mixup import mixup
from lnl_sr_tf.datasets.random_crop import random_boxes


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

    Returns:
        A `tf.data.Dataset` of (images, labels), with `steps_per_epoch` batches for
        each epoch; for `fit(steps_per_epoch=…)`.
    """
    augmentation = augmentation or Augmentation()
    epochs = tf.data.Dataset.range(first_epoch, epochs)
    with tf.device("CPU"):
        labels = tf.constant(np.asarray(labels, np.int32))
    if isinstance(images, ImageFiles):
        stream = _from_files(images, batch_size, seed, epochs, augmentation)
    else:
        stream = _from_array(images, batch_size, seed, epochs, augmentation)

    def with_targets(batch, index, batch_seed):
        target = tf.gather(labels, index)
        if mixup_alpha:
            mixup_seed = tf.random.experimental.stateless_fold_in(batch_seed, 1)
            batch, target = mixup(batch, target, num_classes, mixup_alpha, mixup_seed)
        if with_index:
            target = {"label": target, "index": index}
        return batch, target

    return stream.map(
        with_targets, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).prefetch(tf.data.AUTOTUNE)


def _order(size, seed, epoch):
    """All indices shuffled, and the epoch's seed."""
    epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
    order = tf.random.experimental.stateless_shuffle(
        tf.range(size, dtype=tf.int64), seed=epoch_seed
    )
    return order, epoch_seed


def _from_array(images, batch_size, seed, epochs, augmentation):
    """Batches of (images, indices, seed), whole batches at a time."""
    size = len(images)
    with tf.device("CPU"):
        images = tf.constant(images)

    def epoch_batches(epoch):
        order, epoch_seed = _order(size, seed, epoch)
        steps = tf.data.Dataset.from_tensor_slices(order).batch(batch_size).enumerate()
        return steps.map(lambda step, index: (epoch_seed, step, index))

    def load(epoch_seed, step, index):
        batch = tf.gather(images, index)
        batch_seed = tf.random.experimental.stateless_fold_in(epoch_seed, step)
        if augmentation.active:
            batch = augment(batch, batch_seed, augmentation)
        return batch, index, batch_seed

    return epochs.flat_map(epoch_batches).map(
        load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )


def _from_files(files, batch_size, seed, epochs, augmentation):
    """The same, image by image until they are decoded and varied, then in batches."""
    size = len(files)
    missing = -size % batch_size  # examples that the last batch of an epoch lacks
    fold_in = tf.random.experimental.stateless_fold_in
    with tf.device("CPU"):
        paths = tf.constant(files.paths.tolist())

    def epoch_examples(epoch):
        order, epoch_seed = _order(size, seed, epoch)
        # Filled up, so that batches end where epochs do.
        filled = tf.concat([order, tf.fill([missing], tf.constant(-1, tf.int64))], 0)
        examples = tf.data.Dataset.from_tensor_slices(filled).enumerate()
        return examples.map(lambda position, index: (epoch_seed, position, index))

    def load(epoch_seed, position, index):
        seed_of_one = fold_in(fold_in(epoch_seed, -1), position)
        image = tf.cond(
            index < 0,
            lambda: tf.zeros(files.shape[1:], tf.uint8),
            lambda: _varied(files, paths[index], seed_of_one, augmentation),
        )
        step = position // batch_size
        return image, index, fold_in(epoch_seed, step)

    def without_filling(batch, index, batch_seed):
        count = tf.reduce_sum(tf.cast(index >= 0, tf.int32))
        return batch[:count], index[:count], batch_seed[0]

    return (
        epochs.flat_map(epoch_examples)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size, drop_remainder=True, num_parallel_calls=2)
        .map(without_filling)
    )


def _varied(files, path, seed, augmentation):
    """One image, decoded and varied; of a random part no more than that is decoded."""
    part = None
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
    if augmentation.random_resized_crop:

        def part(height, width):
            area = augmentation.random_resized_crop
            return random_boxes(1, (height, width), area, seeds[0])[0]

    image = files.read(path, part)
    if augmentation.flip:
        # On one image at a time this is the quicker way.
        chosen = tf.random.stateless_uniform([], seeds[1]) < 0.5
        image = tf.cond(chosen, lambda: tf.reverse(image, [1]), lambda: image)
    rest = dataclasses.replace(augmentation, flip=False, random_resized_crop=0.0)
    return augment(image[None], seeds[2], rest)[0] if rest.active else image


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
    with tf.device("CPU"):
        labels = tf.constant(np.asarray(labels, np.int32))
        if not isinstance(images, ImageFiles):
            images = tf.constant(images)

    def target(labels):
        return tf.one_hot(labels, one_hot_classes) if one_hot_classes else labels

    def load(step):
        start = step * batch_size
        end = tf.minimum(start + batch_size, size)
        return images[start:end], target(labels[start:end])

    if isinstance(images, ImageFiles):
        stream = (
            tf.data.Dataset.from_tensor_slices((images.paths.tolist(), labels))
            .map(
                lambda path, label: (images.read(path), label),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .batch(batch_size, num_parallel_calls=2)
            .map(lambda batch, labels: (batch, target(labels)))
        )
    else:
        stream = tf.data.Dataset.range(steps_per_epoch(size, batch_size)).map(
            load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
    return stream.prefetch(tf.data.AUTOTUNE)
