"""What predictions must be for a loss, a metric or a layer to make sense of them."""

import warnings

from keras import ops


def check_classes(y_pred, what):
    """The number of classes of predictions of shape (batch, ..., classes).

    Args:
        y_pred: a tensor; its shape is looked at, and nothing computed.
        what: the name of what takes them, for messages.

    Raises:
        ValueError: if there is no axis beside that of the classes, or the classes are
            not known, or fewer than two.
    """
    rank, shape = static_shape(y_pred)
    if rank is None or rank < 2 or shape[-1] is None:
        raise ValueError(
            f"{what} takes predictions of shape (batch, ..., classes), where the "
            f"number of classes is known. Received predictions of shape {shape}"
        )
    if shape[-1] < 2:
        raise ValueError(
            f"{what} takes predictions of two classes and more: give the network two "
            "outputs, or take `keras.losses.BinaryCrossentropy` for one. Received "
            f"predictions of shape {shape}"
        )
    return shape[-1]


def static_shape(tensor):
    """(rank, shape) as far as they are known; None where they are not."""
    shape = tensor.shape
    if getattr(shape, "rank", 0) is None:  # TensorFlow's, of a tensor of any rank
        return None, None
    return len(shape), tuple(shape)


def may_fit(shape, other):
    """Whether two shapes, as far as they are known, can be the same."""
    return len(shape) == len(other) and all(
        one is None or another is None or one == another
        for one, another in zip(shape, other, strict=True)
    )


def warn_of_softmax(y_pred, what):
    """Warn, as Keras does, where what is taken for logits comes from a softmax.

    That is known on TensorFlow alone: by the mark that `keras.ops.softmax` leaves, or
    by the operation that made the tensor.
    """
    if hasattr(y_pred, "_keras_logits") or _made_by_softmax(y_pred):
        warnings.warn(
            f"{what} received from_logits=True, but its predictions were produced by a "
            "softmax and are no logits. Give from_logits=False, or leave the softmax "
            "out.",
            stacklevel=3,
        )


def _made_by_softmax(tensor):
    try:
        operation = tensor.op
        while operation.type == "Cast":  # what a mixed policy puts behind it
            operation = operation.inputs[0].op
        return operation.type == "Softmax"
    except AttributeError:  # an eager tensor, or another backend's
        return False


def like_values(name, given, y_pred):
    """A weight or a mask in the shape of the values that it is of.

    Args:
        name: what it is, for messages.
        given: numbers or truths, in the shape of the predictions without classes, or of
            its first axes.
        y_pred: the predictions, shape (batch, ..., classes).

    Returns:
        Shape (batch, ...); what was given, where it has that.

    Raises:
        ValueError: if it does not fit.
    """
    given = ops.convert_to_tensor(given)
    y_pred = y_pred if hasattr(y_pred, "shape") else ops.convert_to_tensor(y_pred)
    rank, shape = static_shape(given)
    of_predictions, expected = static_shape(y_pred)
    if not rank or of_predictions is None:
        return given
    expected = expected[:-1]
    if rank == len(expected) + 1 and shape[-1] in (1, None):
        given, shape = ops.squeeze(given, axis=-1), shape[:-1]
    # An axis of 1 behind that of the examples is of all positions along it.
    spread = [other if i and n == 1 else n for i, (n, other) in _pairs(shape, expected)]
    if len(shape) > len(expected) or not may_fit(spread, expected[: len(spread)]):
        raise ValueError(
            f"`{name}` must have the shape of the predictions without classes, "
            f"{expected}, or of its first axes. Received: {name} of shape {shape}, "
            f"predictions of shape {static_shape(y_pred)[1]}"
        )
    for _ in range(len(shape), len(expected)):
        given = ops.expand_dims(given, -1)
    if len(shape) < len(expected) or spread != list(shape):
        given = ops.broadcast_to(given, ops.shape(y_pred)[:-1])
    return given


def _pairs(shape, expected):
    return enumerate(zip(shape, expected, strict=False))
