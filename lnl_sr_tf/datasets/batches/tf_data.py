"""Batches by `tf.data`, prepared in parallel while the model trains."""

import dataclasses
from typing import Any

import tensorflow as tf

from lnl_sr_tf.datasets.batches import random_crop
from lnl_sr_tf.datasets.batches.augment import Augmentation, augment
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.datasets.batches.mixup import mixup
from lnl_sr_tf.datasets.batches.stream_spec import Parts, StreamSpec
from lnl_sr_tf.datasets.features.viewed_rows import ViewedRows
from lnl_sr_tf.datasets.images.image_files import (
    ImageFiles,
    Images,
    batch_dtype,
    batch_of,
)


def training_batches(spec: StreamSpec) -> tf.data.Dataset:
    """The batches of `pipeline.training_batches`."""
    plan, parts, batch_size = spec.plan, spec.parts, spec.batch_size
    with tf.device("CPU"):
        labels = tf.constant(spec.labels)
        weights = None if spec.weights is None else tf.constant(spec.weights)
    drawn = _epochs(plan, spec.first_epoch, spec.epochs, batch_size)
    drawn = drawn.skip(spec.first_step)
    if parts and not plan.mixup_alpha:
        drawn, batch_size = _split(drawn, parts), parts.most(batch_size)
    batches = _loaded(spec.images, drawn, batch_size, plan.columns, spec.augmentation)

    def prepared(batch, order, numbers):
        target = tf.gather(labels, order)
        if plan.mixup_alpha and not plan.mixed_by_model:
            batch, target = mixup(batch, target, spec.num_classes, numbers[:, -2:])
        if spec.with_index:
            target = {"label": target, "index": order}
        if plan.mixed_by_model:
            target["mixing"] = numbers[:, -2:]
        if weights is not None:
            return batch, target, tf.gather(weights, order)
        return batch, target

    batches = batches.map(
        prepared, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
    if parts and plan.mixup_alpha:
        # Mixup takes pairs from all of a batch, so it must be whole until then.
        batches = _split(batches, parts)
    return batches.prefetch(tf.data.AUTOTUNE)


def evaluation_batches(
    images: Images,
    labels: Any,
    batch_size: int,
    one_hot_classes: int | None,
    parts: Parts | None = None,
) -> tf.data.Dataset:
    """The batches of `pipeline.evaluation_batches`."""
    size = len(labels)
    with tf.device("CPU"):
        labels = tf.constant(labels)
    count = -(-size // batch_size)
    too_few = parts is not None and 0 < size % batch_size < parts.of

    def of_step(step):
        start, end = step * batch_size, tf.minimum((step + 1) * batch_size, size)
        if too_few:  # in the last batch; so all are of about one size
            start, end = (
                tf.cast(tf.cast(part, tf.int64) * size // count, tf.int32)
                for part in (step, step + 1)
            )
        order = tf.ensure_shape(tf.range(start, end), [None])
        return order, tf.zeros((end - start, 0))

    def with_target(batch, order, numbers):
        target = tf.gather(labels, order)
        return batch, tf.one_hot(target, one_hot_classes) if one_hot_classes else target

    chosen = tf.data.Dataset.range(count, output_type=tf.int32).map(of_step)
    if parts:
        chosen, batch_size = _split(chosen.repeat(), parts), parts.most(batch_size)
    batches = _loaded(images, chosen, batch_size, 0, Augmentation())
    batches = batches.map(with_target).prefetch(tf.data.AUTOTUNE)
    if parts:
        return batches
    # Of files it is not known, and Keras warns at their end.
    return batches.apply(tf.data.experimental.assert_cardinality(count))


def _epochs(
    plan: EpochPlan, first: int, epochs: int, batch_size: int
) -> tf.data.Dataset:
    """The examples of each batch and their random numbers, of all epochs."""

    def drawn(epoch):
        return plan.of(int(epoch))

    def examples(epoch):
        order, numbers = tf.numpy_function(drawn, [epoch], [tf.int32, tf.float32])
        order = tf.ensure_shape(order, [plan.size])
        numbers = tf.ensure_shape(numbers, [plan.size, plan.all_columns])
        batches = tf.data.Dataset.from_tensor_slices((order, numbers))
        return batches.batch(batch_size)

    return tf.data.Dataset.range(first, epochs).flat_map(examples)


def _split(batches: tf.data.Dataset, parts: Parts) -> tf.data.Dataset:
    """In place of each batch some of its parts, one after the other."""

    def of_batch(*batch):
        size = tf.shape(tf.nest.flatten(batch)[0])[0]

        def part(number):
            start, end = number * size // parts.of, (number + 1) * size // parts.of
            if_few = tf.where(size < parts.of, [0, size], [start, end])
            start, end = tf.unstack(if_few)
            return tf.nest.map_structure(lambda values: values[start:end], batch)

        numbers = tf.data.Dataset.range(
            parts.first, parts.first + parts.count, output_type=tf.int32
        )
        return numbers.map(part)

    return batches.flat_map(of_batch)


def _loaded(
    images: Images,
    chosen: tf.data.Dataset,
    batch_size: int,
    columns: int,
    augmentation: Augmentation,
) -> tf.data.Dataset:
    """Batches of (images, order, numbers) for those of (order, numbers).

    Args:
        images: of all examples.
        chosen: which examples make each batch, and their numbers, of which the first
            `columns` are for the augmentation.
        batch_size: the most examples that a batch has.
        columns: how many numbers the augmentation takes.
        augmentation: how images are varied.
    """
    if isinstance(images, ImageFiles):
        return _from_files(images, chosen, batch_size, columns, augmentation)

    def load(order, numbers):
        if columns and isinstance(images, ViewedRows):
            return _drawn(images, order, numbers), order, numbers
        batch = _taken(images, order)
        if columns:
            batch = augment(batch, numbers[:, :columns], augmentation)
        return batch, order, numbers

    return chosen.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


def _taken(images: Any, index: tf.Tensor) -> tf.Tensor:
    """Some images of an array that stays NumPy's: TensorFlow would copy all of it."""
    (batch,) = tf.numpy_function(
        lambda index: [batch_of(images, index)], [index], [batch_dtype(images)]
    )
    return tf.ensure_shape(batch, [*index.shape, *images.shape[1:]])


def _drawn(rows: ViewedRows, index: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Some rows, each by the view that the first of its numbers says."""
    (batch,) = tf.numpy_function(
        lambda index, numbers: [rows.drawn(index, numbers)],
        [index, numbers[:, 0]],
        [tf.float32],
    )
    return tf.ensure_shape(batch, [*index.shape, *rows.shape[1:]])


def _from_files(
    files: ImageFiles,
    chosen: tf.data.Dataset,
    batch_size: int,
    columns: int,
    augmentation: Augmentation,
) -> tf.data.Dataset:
    """The same, image by image until they are varied: large batches cost memory."""
    with tf.device("CPU"):
        paths = tf.constant(files.paths.tolist())

    def padded(order, numbers):
        missing = batch_size - tf.shape(order)[0]
        order = tf.pad(order, [[0, missing]], constant_values=-1)
        numbers = tf.pad(numbers, [[0, missing], [0, 0]])
        return tf.data.Dataset.from_tensor_slices((order, numbers))

    def load(index, numbers):
        image = tf.cond(
            index < 0,
            lambda: tf.zeros(files.shape[1:], tf.uint8),
            lambda: _varied(files, paths[index], numbers[:columns], augmentation),
        )
        return image, index, numbers

    def without_padding(batch, order, numbers):
        count = tf.reduce_sum(tf.cast(order >= 0, tf.int32))
        return batch[:count], order[:count], numbers[:count]

    # Every batch is padded to the same size, so that batching again keeps its bounds.
    return (
        chosen.flat_map(padded)
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size, drop_remainder=True, num_parallel_calls=2)
        .map(without_padding)
    )


def _varied(
    files: ImageFiles, path: tf.Tensor, numbers: tf.Tensor, augmentation: Augmentation
) -> tf.Tensor:
    """One image, decoded and varied; where a random part is taken, only that part."""
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
