"""Checks of the shapes of predictions, and of weights and masks that belong to them."""

import warnings
from collections.abc import Sequence

from keras import ops

from lnl_sr_tf.types import Tensor


def check_classes(y_pred: Tensor, what: str) -> int:
    """The number of classes of predictions of shape (batch, ..., classes).

    Args:
        y_pred: predictions, of which only the shape counts.
        what: the name of what takes them, for error messages.

    Raises:
        ValueError: if there is no axis besides that of the classes, or the number of
            classes is unknown or below two.
    """
    shape = static_shape(y_pred)
    classes = shape[-1] if shape and len(shape) > 1 else None
    if classes is None:
        raise ValueError(
            f"{what} takes predictions of shape (batch, ..., classes), where the "
            f"number of classes is known. Received predictions of shape {shape}"
        )
    if classes < 2:
        raise ValueError(
            f"{what} takes predictions of at least two classes: give the network two "
            "outputs, or use `keras.losses.BinaryCrossentropy` for one. Received "
            f"predictions of shape {shape}"
        )
    return classes


def static_shape(tensor: Tensor) -> tuple[int | None, ...] | None:
    """The shape as far as it is known before the step runs; None if not even the rank.

    A size that is unknown is None.
    """
    shape = tensor.shape
    if getattr(shape, "rank", 0) is None:  # TensorFlow's, of a tensor of any rank
        return None
    return tuple(shape)


def may_fit(shape: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Whether two shapes can be equal, as far as their sizes are known."""
    return len(shape) == len(other) and all(
        one is None or another is None or one == another
        for one, another in zip(shape, other, strict=True)
    )


def warn_of_softmax(y_pred: Tensor, what: str) -> None:
    """Warn, as Keras does, if predictions taken for logits come from a softmax.

    This is known with TensorFlow alone: from the mark that `keras.ops.softmax` leaves,
    or from the operation that made the tensor.

    Args:
        y_pred: the predictions.
        what: the name of what takes them, for the warning.
    """
    if hasattr(y_pred, "_keras_logits") or _made_by_softmax(y_pred):
        warnings.warn(
            f"{what} received from_logits=True, but its predictions were produced by a "
            "softmax and are no logits. Give from_logits=False, or remove the softmax.",
            stacklevel=3,
        )


def _made_by_softmax(tensor):
    try:
        operation = tensor.op
        while operation.type == "Cast":  # which a mixed dtype policy adds
            operation = operation.inputs[0].op
        return operation.type == "Softmax"
    except AttributeError:  # an eager tensor, or another backend's
        return False


def like_values(name: str, given: Tensor, y_pred: Tensor) -> Tensor:
    """A weight or a mask, broadcast to the shape of the loss's values.

    Args:
        name: name of the argument, for error messages.
        given: the weight or mask, in the shape of the predictions without classes, or
            of its first axes.
        y_pred: the predictions, shape (batch, ..., classes).

    Returns:
        Shape (batch, ...); `given` itself, if it has that shape.

    Raises:
        ValueError: if the shapes do not match.
    """
    given = ops.convert_to_tensor(given)
    y_pred = y_pred if hasattr(y_pred, "shape") else ops.convert_to_tensor(y_pred)
    shape, of_predictions = static_shape(given), static_shape(y_pred)
    if not shape or of_predictions is None:
        return given
    expected = of_predictions[:-1]
    if len(shape) == len(expected) + 1 and shape[-1] in (1, None):
        given, shape = ops.squeeze(given, axis=-1), shape[:-1]
    # An axis of size 1, after that of the examples, is broadcast.
    spread = [other if i and n == 1 else n for i, (n, other) in _pairs(shape, expected)]
    if len(shape) > len(expected) or not may_fit(spread, expected[: len(spread)]):
        raise ValueError(
            f"`{name}` must have the shape of the predictions without classes, "
            f"{expected}, or of its first axes. Received: {name} of shape {shape}, "
            f"predictions of shape {of_predictions}"
        )
    for _ in range(len(shape), len(expected)):
        given = ops.expand_dims(given, -1)
    if len(shape) < len(expected) or spread != list(shape):
        given = ops.broadcast_to(given, ops.shape(y_pred)[:-1])
    return given


def _pairs(shape, expected):
    return enumerate(zip(shape, expected, strict=False))
