"""What a stream of training batches is made of, whichever backend makes it."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.datasets.images.image_files import Images


class Parts(NamedTuple):
    """Which parts of each batch a stream gives, one after the other.

    A batch of n examples has parts that differ in size by at most one. One that has
    fewer examples than parts is given whole as each of its parts: the means over all
    parts, which a training step takes, are those of the batch, and no device is without
    an example, which TensorFlow's convolutions cannot handle.

    Args:
        of: how many parts a batch has, one for each device.
        first: the first part that the stream gives, from 0.
        count: how many parts it gives, for the devices of one machine.
    """

    of: int
    first: int
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs

    def most(self, batch_size: int) -> int:
        """The most examples that a part of such a batch may have."""
        return max(-(-batch_size // self.of), min(self.of - 1, batch_size))


class StreamSpec(NamedTuple):
    """The arguments of `pipeline.training_batches`, checked and complete.

    Args:
        images: uint8, shape (n, height, width, channels).
        labels: int32, shape (n,); or shares of classes, float32, shape (n, k).
        batch_size: examples a batch.
        plan: the order and the random numbers of each epoch, with as many columns as
            the augmentation takes.
        epochs: of the whole run.
        first_epoch: where the stream starts.
        first_step: likewise, within that epoch.
        augmentation: how images are varied.
        num_classes: k, for mixup; else it may be None.
        with_index: whether targets say which of the n examples each is.
        parts: of each batch, or None for all of it; on TensorFlow alone.
        weights: of the examples, float32, shape (n,), or None.
    """

    images: Images
    labels: np.ndarray
    batch_size: int
    plan: EpochPlan
    epochs: int
    first_epoch: int
    first_step: int
    augmentation: Augmentation
    num_classes: int | None
    with_index: bool
    parts: Parts | None
    weights: np.ndarray | None = None
