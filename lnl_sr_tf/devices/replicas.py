"""What the replicas of a step, the devices that share a batch, exchange."""

from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.types import Tensor


def count() -> int:
    """The number of replicas of the current strategy; 1 without one."""
    if keras.backend.backend() != "tensorflow":
        return 1  # JAX takes a step over all devices as one
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def whole_batch(values: Any) -> Any:
    """The examples of all replicas, in their order, on each of them.

    A loss of the whole batch is then the same as on one device, whether it counts,
    ranks or remembers its examples. The sum of its gradients over n replicas is n times
    too large; `share` divides by n.

    Args:
        values: a nested structure of tensors, whose first axis is that of this
            replica's examples, and of None.

    Returns:
        The same structure with the examples of all replicas, and with their Keras
        masks.
    """
    if count() == 1:
        return values
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None:  # not within a step: only shapes are computed
        return values
    here = context.replica_id_in_sync_group
    first = next(v for v in keras.tree.flatten(values) if v is not None)
    sizes = context.all_reduce(
        tf.distribute.ReduceOp.SUM,
        tf.one_hot(here, count(), tf.shape(first)[0], 0, dtype=tf.int32),
    )
    before, after = tf.reduce_sum(sizes[:here]), tf.reduce_sum(sizes[here + 1 :])

    def gathered(value):
        if value is None:
            return None
        mask = getattr(value, "_keras_mask", None)
        value = tf.convert_to_tensor(value)
        # Every device can add int64.
        kind = tf.int64 if value.dtype.is_integer else value.dtype
        paddings = [[before, after]] + [[0, 0]] * (value.shape.rank - 1)
        padded = tf.pad(tf.cast(value, kind), paddings)
        whole = context.all_reduce(tf.distribute.ReduceOp.SUM, padded)
        whole = tf.ensure_shape(tf.cast(whole, value.dtype), [None, *value.shape[1:]])
        if mask is not None:
            whole._keras_mask = tf.cast(gathered(tf.cast(mask, tf.int32)), tf.bool)
        return whole

    return keras.tree.map_structure(gathered, values)


def total(values: Iterable[Tensor]) -> Iterable[Tensor]:
    """Each tensor's sum over the replicas."""
    if count() == 1:
        return values
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, list(values))


def share(loss: Tensor) -> Tensor:
    """This replica's share of the loss of the whole batch; the shares sum to it."""
    if count() == 1:
        return loss
    loss = ops.convert_to_tensor(loss)
    return loss / ops.cast(count(), loss.dtype)
