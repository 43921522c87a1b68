"""What losses that remember examples have in common: where the examples are."""

from keras import ops

from lnl_sr_tf.predictions import may_fit
from lnl_sr_tf.types import Tensor


def places(
    index: Tensor, positions: tuple[int | None, ...], num_examples: int, shape: object
) -> tuple[Tensor, Tensor]:
    """The index with 0 where it is none, and whether it is one.

    A compiled step cannot raise, and would use another example's memory.

    Args:
        index: integers, one for each position.
        positions: the shape of the positions, that of the predictions without classes.
        num_examples: n; an index is in [0, n).
        shape: of the predictions, for the message.

    Raises:
        ValueError: if the index has not the shape of the positions.
    """
    index = ops.convert_to_tensor(index)
    if not may_fit(index.shape, positions):
        raise ValueError(
            "`index` must hold an integer for each prediction, in the shape of the "
            "predictions without classes. Received: index of shape "
            f"{tuple(index.shape)}, predictions of shape {shape}"
        )
    known = ops.logical_and(index >= 0, index < num_examples)
    return ops.where(known, index, 0), known
