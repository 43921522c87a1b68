"""Labels in every form, and the values that belong to them among those of all classes.

Predictions have the shape (..., classes). Labels are integers of shape (...) or
(..., 1), or distributions of shape (..., classes). The number of axes tells which, and
where that is the same, the size of the last axis. Shapes are compared when a step is
compiled. Sizes that are unknown then are compared within the step, which fails if they
differ.
"""

import math

import keras
from keras import ops

from lnl_sr_tf.predictions import may_fit, static_shape
from lnl_sr_tf.types import Tensor

# The largest whole number up to which all are exact in these types.
_EXACT = {"bfloat16": 256, "float16": 2048}


def of_labels(y_true: Tensor, values: Tensor) -> Tensor:
    """Σ_i y_i v_i: the values of the labels' classes, among those of all classes.

    Args:
        y_true: labels y, in any form.
        values: v, shape `(..., classes)`.

    Returns:
        Shape `(...)`. Values of classes other than an integer label's do not count,
        even where they are infinite; NaN for an integer outside [0, classes).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true = ops.convert_to_tensor(y_true)
    if not is_integer(y_true, values):
        return ops.sum(label_distribution(y_true, values) * values, axis=-1)
    hit, valid = _hit(_positions(y_true, values), values.shape[-1])
    # A compiled step cannot raise. NaN is noticed; zeros would not be.
    return ops.where(valid, ops.sum(ops.where(hit, values, 0.0), axis=-1), math.nan)


def label_distribution(y_true: Tensor, values: Tensor) -> Tensor:
    """Labels as distributions over the classes.

    Args:
        y_true: labels in any form.
        values: what the labels belong to, shape `(..., classes)`; only its shape and
            dtype count.

    Returns:
        The distributions, shape `(..., classes)`; NaN for an integer outside
        [0, classes).

    Raises:
        ValueError: if the shapes do not match.
    """
    y_true = ops.convert_to_tensor(y_true)
    form = _form(y_true, values)
    if form == "distribution":
        return ops.cast(_compared(y_true, values), values.dtype)
    if form == "unknown":
        return _told_by_size(y_true, values)
    return _one_hot(_positions(y_true, values), values)


def is_integer(y_true: Tensor, values: Tensor) -> bool:
    """Whether labels are known to be integers, not distributions over the classes.

    Raises:
        ValueError: if the shapes do not match.
    """
    return _form(y_true, values) in ("integer", "column")


def _form(y_true, values):
    """The form of labels: integer, column, distribution, or unknown."""
    shape = static_shape(y_true)
    if shape is None:
        return "unknown"
    of_values = static_shape(values)
    same = len(shape) == len(of_values)
    form = "integer"
    if same:
        forms = {of_values[-1]: "distribution", 1: "column", None: "unknown"}
        form = forms.get(shape[-1])
    elif len(shape) != len(of_values) - 1:
        form = None
    if form is None or not may_fit(shape[:-1] if same else shape, of_values[:-1]):
        raise ValueError(
            f"Labels must be integers of shape {_text(of_values[:-1])} or "
            f"{_text((*of_values[:-1], 1))}, or distributions of shape "
            f"{_text(of_values)}, to fit predictions of shape {_text(of_values)}. "
            f"Received labels of shape {_text(shape)}."
        )
    dtype = keras.backend.standardize_dtype(y_true.dtype)
    if form != "distribution" and of_values[-1] > _EXACT.get(dtype, math.inf):
        raise ValueError(
            f"Labels of dtype {dtype} do not tell {of_values[-1]} classes apart. Give "
            'integers, or the loss dtype="float32", which converts them'
        )
    return form


def _text(shape):
    """A shape as text, with "batch" for a first axis of unknown size."""
    names = ["batch" if i == 0 and n is None else str(n) for i, n in enumerate(shape)]
    return f"({', '.join(names)}{',' * (len(names) == 1)})"


def _positions(y_true, values):
    """Integer labels, in the shape of the predictions without classes."""
    if len(y_true.shape) == len(values.shape):
        y_true = ops.squeeze(y_true, axis=-1)
    return _compared(y_true, values)


def _compared(y_true, values):
    """The same labels; the step fails where their shape is not that of the values."""
    count = len(values.shape) - 1
    known = (*static_shape(y_true)[:count], *static_shape(values)[:count])
    if None not in known:
        return y_true
    if keras.backend.standardize_dtype(y_true.dtype) == "bool":
        y_true = ops.cast(y_true, "int32")
    column = len(y_true.shape) > count
    zeros = [
        ops.zeros_like(y_true[..., 0] if column else y_true),
        ops.zeros_like(values[..., 0], dtype=y_true.dtype),
    ]
    # Stacking fails for different shapes, where a sum would be broadcast. The zeros are
    # added to the labels because the compiler removes what the result does not need.
    zeros = ops.max(ops.stack(zeros), axis=0)
    return y_true + (ops.expand_dims(zeros, -1) if column else zeros)


def _hit(labels, classes):
    """(whether a class is the label's, shape (..., classes); whether it has one)."""
    if keras.backend.standardize_dtype(labels.dtype) in _SMALL:
        labels = ops.cast(labels, "int32")  # too small for the number of classes
    integers = ops.cast(labels, "int32")
    valid = ops.logical_and(labels >= 0, labels < classes)
    if keras.backend.is_float_dtype(labels.dtype):
        valid = ops.logical_and(valid, ops.cast(integers, labels.dtype) == labels)
    hit = ops.expand_dims(integers, -1) == ops.arange(classes, dtype="int32")
    return hit, valid


_SMALL = ("bool", "int8", "uint8", "int16", "uint16")


def _one_hot(labels, values):
    hit, valid = _hit(labels, values.shape[-1])
    one_hot = ops.cast(hit, values.dtype)
    return ops.where(ops.expand_dims(valid, -1), one_hot, math.nan)


def _told_by_size(y_true, values):
    """Distributions from labels whose form is known within the compiled step only."""
    if static_shape(y_true) is None:
        y_true = _of_known_rank(y_true, values)
    y_true = _compared(y_true, values)
    return ops.where(
        ops.equal(ops.shape(y_true)[-1], 1),
        _one_hot(y_true[..., 0], values),
        ops.cast(y_true, values.dtype),
    )


def _of_known_rank(y_true, values):
    """Labels of unknown rank, reshaped to the axes of the positions and one more."""
    size = _size(y_true)
    lengths = []
    for axis, length in enumerate(ops.shape(values)[:-1]):
        # Of an unknown rank there is no shape; but the size of a slice is known.
        thin = _size(y_true[(*[slice(None)] * axis, slice(0, 1))])
        lengths.append(ops.where(size > 0, size // ops.maximum(thin, 1), length))
    count = ops.prod(ops.stack(lengths))
    return ops.reshape(y_true, (*lengths, ops.where(size > 0, size // count, 1)))


def _size(tensor):
    return ops.cast(ops.size(tensor), "int32")
