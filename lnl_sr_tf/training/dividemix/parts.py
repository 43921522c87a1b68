"""A step's batch in its parts, and what networks say of them."""

from keras import ops

from lnl_sr_tf.types import Tensor


def halves(values: Tensor) -> tuple[Tensor, Tensor]:
    """The first half of the rows, and the second."""
    half = ops.shape(values)[0] // 2
    return values[:half], values[half:]


def views(values: Tensor) -> Tensor:
    """Of shape (2 · batch, k): (2, batch, k), a row for each view."""
    return ops.stack(halves(values))


def probabilities(logits: Tensor) -> Tensor:
    """The softmax in float32, without gradient."""
    return ops.stop_gradient(ops.softmax(ops.cast(logits, "float32"), axis=-1))
