"""Batches of uint8 images and labels, in the form that the backend reads fastest."""

import types
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.datasets.batches.stream_spec import Parts, StreamSpec
from lnl_sr_tf.datasets.images.image_files import Images

__all__ = ["Parts", "evaluation_batches", "steps_per_epoch", "training_batches"]


def training_batches(
    images: Images,
    labels: npt.ArrayLike,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    augmentation: Augmentation | None = None,
    mixup_alpha: float = 0.0,
    num_classes: int | None = None,
    with_index: bool = False,
    first_step: int = 0,
    parts: Parts | None = None,
    plan: EpochPlan | None = None,
    weights: npt.ArrayLike | None = None,
) -> Any:
    """Shuffled, augmented batches of all epochs from the first one on, in one stream.

    The order and the augmentation of epoch t depend on (seed, t) alone, so a stream
    that starts at t is the rest of one that started at 0. They are the same on every
    backend. The whole dataset is shuffled. The last batch of an epoch holds what is
    left.

    Args:
        images: uint8, shape (n, height, width, channels); those in files are decoded in
            parallel while the model trains.
        labels: integers, shape (n,); or shares of the k classes, shape (n, k).
        batch_size: examples a batch.
        seed: in [0, 2^31).
        epochs: of the whole run.
        first_epoch: where the stream starts.
        augmentation: how images are varied; None for not at all.
        mixup_alpha: α of mixup, which makes labels distributions; 0 for none.
        num_classes: k, for mixup.
        with_index: give `{"label": …, "index": …}` in place of labels, where the index
            says which of the n examples each is.
        first_step: the step of the first epoch where the stream starts.
        parts: which parts of each batch to give, in place of all of it; on TensorFlow
            alone.
        plan: which examples each batch has, in place of all in a random order; then
            `batch_size` is that of its batches, and `seed` and `mixup_alpha` are its
            own.
        weights: of the examples, shape (n,), or None.

    Returns:
        An iterable of (images, labels), or of (images, labels, weights), with
        `steps_per_epoch` batches for each epoch, for `fit(steps_per_epoch=…)`: on
        TensorFlow a `tf.data.Dataset`, on other backends a generator.
    """
    shares = np.ndim(labels) == 2
    labels = np.asarray(labels, np.float32 if shares else np.int32)
    augmentation = augmentation or Augmentation()
    spec = StreamSpec(
        images,
        labels,
        batch_size,
        plan or EpochPlan(len(labels), seed, augmentation.columns, mixup_alpha),
        epochs,
        first_epoch,
        first_step,
        augmentation,
        num_classes,
        with_index,
        parts,
        None if weights is None else np.asarray(weights, np.float32),
    )
    return _for_backend().training_batches(spec)


def evaluation_batches(
    images: Images,
    labels: npt.ArrayLike,
    batch_size: int,
    one_hot_classes: int | None = None,
    parts: Parts | None = None,
) -> Any:
    """All examples in their order, once.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: integers, shape (n,).
        batch_size: examples a batch.
        one_hot_classes: k, for labels as one-hot vectors; None for integers.
        parts: which parts of each batch to give, on TensorFlow alone; the stream then
            repeats without end.

    Returns:
        (images, labels) in batches, for `predict` and `evaluate`, as often as wanted:
        on TensorFlow a `tf.data.Dataset`, on other backends a `keras.utils.PyDataset`.
    """
    more = {"parts": parts} if parts else {}
    return _for_backend().evaluation_batches(
        images, np.asarray(labels, np.int32), batch_size, one_hot_classes, **more
    )


def steps_per_epoch(size: int, batch_size: int) -> int:
    """Batches an epoch: ⌈size / batch_size⌉."""
    return -(-size // batch_size)


def _for_backend() -> types.ModuleType:
    # Imported here: other backends run without TensorFlow.
    if keras.backend.backend() == "tensorflow":
        from lnl_sr_tf.datasets.batches import tf_data

        return tf_data
    from lnl_sr_tf.datasets.batches import numpy_batches

    return numpy_batches
