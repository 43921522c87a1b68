"""Batches by `tf.data`, prepared in parallel while the model trains."""

import dataclasses

import numpy as np
import tensorflow as tf

from lnl_sr_tf.datasets import random_crop
from lnl_sr_tf.datasets.augment import augment
from lnl_sr_tf.datasets.image_files import ImageFiles
from lnl_sr_tf.datasets.mixup import mixup


def training_batches(
    images, labels, batch_size, plan, first, epochs, augmentation, num_classes,
    with_index,
):  # fmt: skip
    """A `tf.data.Dataset` of the batches of `pipeline.training_batches`.

    Args:
        plan: an `EpochPlan`, whose columns are those of the augmentation.
        first: the epoch, and the step of it, where the stream starts.
        augmentation: an `Augmentation`.

    The others are as there.
    """
    with tf.device("CPU"):
        labels = tf.constant(np.asarray(labels, np.int32))
    if isinstance(images, ImageFiles):
        batches = _from_files(images, batch_size, plan, first, epochs, augmentation)
    else:
        batches = _from_array(images, batch_size, plan, first, epochs, augmentation)

    def prepared(batch, order, numbers):
        target = tf.gather(labels, order)
        if plan.mixup_alpha:
            batch, target = mixup(batch, target, num_classes, numbers[:, -2:])
        if with_index:
            target = {"label": target, "index": order}
        return batch, target

    return batches.map(
        prepared, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).prefetch(tf.data.AUTOTUNE)


def _epochs(plan, first, epochs, of_epoch, missing=0):
    """What `of_epoch` makes of the examples of each epoch, one after the other."""

    def drawn(epoch):
        order, numbers = plan.of(int(epoch))
        filling = np.full(missing, -1, np.int32)
        zeros = np.zeros((missing, plan.all_columns), np.float32)
        return np.concatenate([order, filling]), np.concatenate([numbers, zeros])

    def examples(epoch):
        order, numbers = tf.numpy_function(drawn, [epoch], [tf.int32, tf.float32])
        order = tf.ensure_shape(order, [plan.size + missing])
        numbers = tf.ensure_shape(numbers, [plan.size + missing, plan.all_columns])
        return of_epoch(tf.data.Dataset.from_tensor_slices((order, numbers)))

    return tf.data.Dataset.range(first, epochs).flat_map(examples)


def _from_array(images, batch_size, plan, first, epochs, augmentation):
    """Batches of (images, order, numbers), whole batches at a time."""

    def of_epoch(examples):
        return examples.batch(batch_size)

    def load(order, numbers):
        batch = _taken(images, order)
        if plan.columns:
            batch = augment(batch, numbers[:, : plan.columns], augmentation)
        return batch, order, numbers

    first_epoch, first_step = first
    return (
        _epochs(plan, first_epoch, epochs, of_epoch)
        .skip(first_step)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    )


def _taken(images, index):
    """Some of the images of an array, which TensorFlow would copy to hold it."""
    (batch,) = tf.numpy_function(lambda index: [images[index]], [index], [images.dtype])
    return tf.ensure_shape(batch, [*index.shape, *images.shape[1:]])


def _from_files(files, batch_size, plan, first, epochs, augmentation):
    """The same, image by image until they are varied: large batches cost memory."""
    with tf.device("CPU"):
        paths = tf.constant(files.paths.tolist())

    def load(index, numbers):
        image = tf.cond(
            index < 0,
            lambda: tf.zeros(files.shape[1:], tf.uint8),
            lambda: _varied(files, paths[index], numbers[: plan.columns], augmentation),
        )
        return image, index, numbers

    def without_filling(batch, order, numbers):
        count = tf.reduce_sum(tf.cast(order >= 0, tf.int32))
        return batch[:count], order[:count], numbers[:count]

    # Filled up, so that batches end where epochs do.
    missing = -plan.size % batch_size
    first_epoch, first_step = first
    return (
        _epochs(plan, first_epoch, epochs, lambda examples: examples, missing)
        .skip(first_step * batch_size)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size, drop_remainder=True, num_parallel_calls=2)
        .map(without_filling)
    )


def _varied(files, path, numbers, augmentation):
    """One image, decoded and varied; of a random part no more than that is decoded."""
    part = None
    if augmentation.random_resized_crop:
        drawn = numbers[None, : random_crop.COLUMNS]
        numbers = numbers[random_crop.COLUMNS :]

        def part(height, width):
            area = augmentation.random_resized_crop
            return random_crop.random_boxes(height, width, area, drawn)[0]

    image = files.read(path, part)
    rest = dataclasses.replace(augmentation, random_resized_crop=0.0)
    return augment(image[None], numbers[None], rest)[0] if rest.columns else image


def evaluation_batches(images, labels, batch_size, one_hot_classes):
    """As `lnl_sr_tf.datasets.pipeline.evaluation_batches`, a `tf.data.Dataset`."""
    size = len(labels)
    with tf.device("CPU"):
        labels = tf.constant(np.asarray(labels, np.int32))

    def target(labels):
        return tf.one_hot(labels, one_hot_classes) if one_hot_classes else labels

    def load(step):
        start = step * batch_size
        end = tf.minimum(start + batch_size, size)
        index = tf.ensure_shape(tf.range(start, end), [None])
        return _taken(images, index), target(labels[start:end])

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
        stream = tf.data.Dataset.range(-(-size // batch_size)).map(
            load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )
    return stream.prefetch(tf.data.AUTOTUNE)
