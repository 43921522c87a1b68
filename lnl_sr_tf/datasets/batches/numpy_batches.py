"""Batches for backends other than TensorFlow, which is not needed here."""

import contextlib
import dataclasses
import functools
import queue
import threading

import keras
import numpy as np

from lnl_sr_tf.datasets.batches import random_crop
from lnl_sr_tf.datasets.batches.augment import augment
from lnl_sr_tf.datasets.batches.mixup import mixup
from lnl_sr_tf.datasets.images.image_files import ImageFiles

_AHEAD = 2  # batches that are ready before they are asked for


def training_batches(
    images, labels, batch_size, plan, first, epochs, augmentation, num_classes,
    with_index,
):  # fmt: skip
    """A generator of the batches of `pipeline.training_batches`.

    Args:
        plan: an `EpochPlan`, whose columns are those of the augmentation.
        first: the epoch, and the step of it, where the stream starts.
        augmentation: an `Augmentation`.

    The others are as there.
    """
    labels = np.asarray(labels, np.int32)
    of_parts = 0
    rest = augmentation
    if isinstance(images, ImageFiles) and augmentation.random_resized_crop:
        # The part is taken when the file is decoded.
        of_parts = random_crop.COLUMNS
        rest = dataclasses.replace(augmentation, random_resized_crop=0.0)
    prepare = compiled(
        functools.partial(prepared, rest, plan.mixup_alpha and num_classes)
    )

    def batches():
        skipped = first[1] * batch_size
        for epoch in range(first[0], epochs):
            order, numbers = plan.of(epoch)
            for start in range(skipped, plan.size, batch_size):
                chosen = order[start : start + batch_size]
                drawn = numbers[start : start + batch_size]
                if of_parts:
                    area = augmentation.random_resized_crop
                    batch = images.take(chosen).parts(area, drawn[:, :of_parts])
                    drawn = drawn[:, of_parts:]
                else:
                    batch = images[chosen]
                batch, target = prepare(batch, labels[chosen], drawn)
                yield batch, _indexed(target, chosen) if with_index else target
            skipped = 0

    return _ahead(batches)


def prepared(augmentation, mixing, images, labels, numbers):
    """A batch augmented, and mixed where there are classes for it."""
    columns = augmentation.columns
    if columns:
        images = augment(images, numbers[:, :columns], augmentation)
    if mixing:
        images, labels = mixup(images, labels, mixing, numbers[:, columns:])
    return images, labels


def compiled(function):
    """Compiled where the backend is JAX, which is slow an operation at a time."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function)


def _indexed(target, index):
    return {"label": target, "index": index}


def _ahead(batches):
    """The same batches, made by another thread while the model trains."""
    ready = queue.Queue(_AHEAD)
    gone = threading.Event()

    def put(item):
        while not gone.is_set():
            with contextlib.suppress(queue.Full):
                return ready.put(item, timeout=0.1)

    def work():
        try:
            for batch in batches():
                put((batch, None))
                if gone.is_set():
                    return
            put((None, None))
        except BaseException as error:  # for the thread that asks
            put((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            batch, error = ready.get()
            if error is not None:
                raise error
            if batch is None:
                return
            yield batch
    finally:
        gone.set()
        thread.join()


class _Evaluation(keras.utils.PyDataset):
    """All examples in their order."""

    def __init__(self, images, labels, batch_size, one_hot_classes):
        super().__init__()
        self.images = images
        self.labels = np.asarray(labels, np.int32)
        self.batch_size = batch_size
        self.one_hot_classes = one_hot_classes

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, step):
        part = slice(step * self.batch_size, (step + 1) * self.batch_size)
        labels = self.labels[part]
        if self.one_hot_classes:
            labels = np.eye(self.one_hot_classes, dtype=np.float32)[labels]
        return self.images[part], labels


def evaluation_batches(images, labels, batch_size, one_hot_classes):
    """A `keras.utils.PyDataset` of the batches of `pipeline.evaluation_batches`."""
    return _Evaluation(images, labels, batch_size, one_hot_classes)
