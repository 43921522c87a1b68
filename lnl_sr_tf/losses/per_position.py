"""Losses of every position, with masks and weights in the shape that Keras reduces."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask

from lnl_sr_tf.losses.within_step import known_weight
from lnl_sr_tf.predictions import like_values, may_fit, static_shape
from lnl_sr_tf.types import Tensor


class PositionLoss(keras.losses.Loss):
    """A loss whose `call` gives one value for each prediction.

    Predictions of shape `(batch, ..., classes)` have values of shape `(batch, ...)`:
    one for each image, each step of a sequence, or each pixel of a map. They are
    reduced as those of every Keras loss. A weight or a mask with fewer axes is
    broadcast over the positions.
    """

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        """The reduced loss.

        Args:
            y_true: labels.
            y_pred: predictions, shape `(batch, ..., classes)`.
            sample_weight: a number for each example, shape `(batch,)`, or for each
                position, shape `(batch, ...)`.

        Raises:
            ValueError: if the shapes do not match.
        """
        if sample_weight is not None:
            sample_weight = like_values("sample_weight", sample_weight, y_pred)
        mask = get_keras_mask(y_pred)
        if mask is not None:
            expanded = like_values("mask", mask, y_pred)
            # Converted here, because the mask is lost when Keras converts.
            converted = ops.convert_to_tensor(y_pred, dtype=self.dtype)
            if expanded is not mask and converted is y_pred:
                converted = ops.copy(y_pred)
            if converted is not y_pred:
                set_keras_mask(converted, expanded)
            y_pred = converted
        return super().__call__(y_true, y_pred, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments of every Keras loss, and the dtype, which Keras leaves out."""
        return {**super().get_config(), "dtype": self.dtype}


def masked_sum(values: Tensor, term: Tensor, name: str) -> Tensor:
    """values + term; where the loss masks a value, the term does not count either.

    Args:
        values: what `call` of a loss returned.
        term: a tensor of the same shape.
        name: name of the loss, for error messages.

    Raises:
        ValueError: if the shapes differ.
    """
    values = ops.convert_to_tensor(values)
    shape = static_shape(values)
    if shape is not None and not may_fit(shape, term.shape):
        raise ValueError(
            f"{name} must give a value for each prediction, shape {tuple(term.shape)}. "
            f"Received values of shape {shape}"
        )
    mask = get_keras_mask(values)
    dtype = keras.backend.result_type(values.dtype, term.dtype)
    values, term = ops.cast(values, dtype), ops.cast(term, dtype)
    if mask is None:
        return values + term
    total = values + ops.where(mask, term, 0.0)
    set_keras_mask(total, mask)
    return total


def counted(values: Tensor, y_pred: Tensor) -> Tensor | None:
    """Whether each position counts in what is said of a whole batch.

    A position does not that the loss or a layer masks, or whose sample weight is not
    above 0.

    Args:
        values: the loss of each position, with the mask of the loss.
        y_pred: what it is of, shape (batch, ..., classes), with the mask of a layer.

    Returns:
        Boolean, shape (batch, ...); None if all count.
    """
    weight = known_weight()
    if weight is not None:
        weight = ops.convert_to_tensor(weight)
        # A single number weighs all alike.
        weight = weight > 0 if len(weight.shape) else None
    counts = None
    for name, one in (
        ("mask", get_keras_mask(values)),
        ("mask", get_keras_mask(y_pred)),
        ("sample_weight", weight),
    ):
        if one is not None:
            one = ops.cast(like_values(name, one, y_pred), "bool")
            counts = one if counts is None else ops.logical_and(counts, one)
    return counts
