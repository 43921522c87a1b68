"""Batches for backends other than TensorFlow, by NumPy and a thread."""

import contextlib
import dataclasses
import functools
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from lnl_sr_tf.datasets.batches import random_crop
from lnl_sr_tf.datasets.batches.augment import Augmentation, augment
from lnl_sr_tf.datasets.batches.mixup import mixup
from lnl_sr_tf.datasets.batches.stream_spec import StreamSpec
from lnl_sr_tf.datasets.features.viewed_rows import ViewedRows
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images, batch_of

_AHEAD = 2  # batches that are ready before they are asked for


def training_batches(spec: StreamSpec) -> Iterator[tuple[Any, ...]]:
    """The batches of `pipeline.training_batches`."""
    images, plan, augmentation = spec.images, spec.plan, spec.augmentation
    rest, part_columns = augmentation, 0
    if isinstance(images, ImageFiles) and augmentation.random_resized_crop:
        # The part is taken when the file is decoded.
        part_columns = random_crop.COLUMNS
        rest = dataclasses.replace(augmentation, random_resized_crop=0.0)
    mixed_here = plan.mixup_alpha and not plan.mixed_by_model
    mixed_classes = spec.num_classes if mixed_here else None
    prepare = compiled(functools.partial(prepared, rest, mixed_classes))

    def batches():
        skipped = spec.first_step * spec.batch_size
        for epoch in range(spec.first_epoch, spec.epochs):
            order, numbers = plan.of(epoch)
            for start in range(skipped, plan.size, spec.batch_size):
                chosen = order[start : start + spec.batch_size]
                drawn = numbers[start : start + spec.batch_size]
                if part_columns:
                    area = augmentation.random_resized_crop
                    of_parts, drawn = drawn[:, :part_columns], drawn[:, part_columns:]
                    batch = images.take(chosen).random_parts(area, of_parts)
                elif isinstance(images, ViewedRows) and augmentation.columns:
                    batch = images.drawn(chosen, drawn[:, 0])
                else:
                    batch = batch_of(images, chosen)
                batch, target = prepare(batch, spec.labels[chosen], drawn)
                if spec.with_index:
                    target = {"label": target, "index": chosen}
                if plan.mixed_by_model:
                    target["mixing"] = drawn[:, -2:]
                if spec.weights is None:
                    yield batch, target
                else:
                    yield batch, target, spec.weights[chosen]
            skipped = 0

    return _prefetched(batches)


def prepared(
    augmentation: Augmentation,
    mixed_classes: int | None,
    images: Any,
    labels: Any,
    numbers: Any,
) -> tuple[Any, Any]:
    """A batch augmented, and by mixup where a number of classes is given.

    Args:
        augmentation: how images are varied.
        mixed_classes: k, for mixup; None or 0 without.
        images: uint8 tensor of shape (batch, height, width, channels).
        labels: integer tensor of shape (batch,), or shares of shape (batch, k).
        numbers: float32 tensor of shape (batch, columns), as `EpochPlan.of` draws them.
    """
    columns = augmentation.columns
    if columns:
        images = augment(images, numbers[:, :columns], augmentation)
    if mixed_classes:
        images, labels = mixup(images, labels, mixed_classes, numbers[:, columns:])
    return images, labels


def compiled(function: Callable) -> Callable:
    """The function, compiled on JAX, which is slow one operation at a time."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function)


def _prefetched(batches: Callable[[], Iterator]) -> Iterator:
    """The same batches, made by another thread while the model trains."""
    ready: queue.Queue = queue.Queue(_AHEAD)
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

    def __init__(
        self,
        images: Images,
        labels: np.ndarray,
        batch_size: int,
        one_hot_classes: int | None,
    ) -> None:
        super().__init__()
        self.images = images
        self.labels = labels
        self.batch_size = batch_size
        self.one_hot_classes = one_hot_classes

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        part = slice(step * self.batch_size, (step + 1) * self.batch_size)
        labels = self.labels[part]
        if self.one_hot_classes:
            labels = np.eye(self.one_hot_classes, dtype=np.float32)[labels]
        return batch_of(self.images, part), labels


def evaluation_batches(
    images: Images, labels: np.ndarray, batch_size: int, one_hot_classes: int | None
) -> keras.utils.PyDataset:
    """The batches of `pipeline.evaluation_batches`."""
    return _Evaluation(images, labels, batch_size, one_hot_classes)
