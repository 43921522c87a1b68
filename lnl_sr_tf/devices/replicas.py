"""What the replicas of one step tell each other: the devices that share a batch."""

import keras
from keras import ops


def count():
    """How many replicas the strategy in force has; 1 without one."""
    if keras.backend.backend() != "tensorflow":
        return 1  # JAX takes a step over all devices as one
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def whole_batch(values):
    """The examples of all replicas, in their order, on each of them.

    What a loss makes of a batch is then the same as on one device, whether it counts,
    ranks or remembers its examples. Its gradient, summed over replicas, is as many
    times too large as there are: `share` divides by that.

    Args:
        values: a nest of tensors of this replica's examples, the first axis theirs, and
            of None, which stays.

    Returns:
        The same nest, with those of all replicas; with their masks, as Keras keeps
        them.
    """
    if count() == 1:
        return values
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None:  # no step, but a look at shapes
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
        # Integers as those that every device adds up.
        kind = tf.int64 if value.dtype.is_integer else value.dtype
        paddings = [[before, after]] + [[0, 0]] * (value.shape.rank - 1)
        padded = tf.pad(tf.cast(value, kind), paddings)
        whole = context.all_reduce(tf.distribute.ReduceOp.SUM, padded)
        whole = tf.ensure_shape(tf.cast(whole, value.dtype), [None, *value.shape[1:]])
        if mask is not None:
            whole._keras_mask = tf.cast(gathered(tf.cast(mask, tf.int32)), tf.bool)
        return whole

    return keras.tree.map_structure(gathered, values)


def total(values):
    """The sums of tensors over replicas."""
    if count() == 1:
        return values
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, list(values))


def share(loss):
    """This replica's share of the loss of the whole batch: their sum is the loss."""
    if count() == 1:
        return loss
    loss = ops.convert_to_tensor(loss)
    return loss / ops.cast(count(), loss.dtype)
