"""Losses of every position: what Keras's reduction needs to weigh and to mask them."""

import keras
from keras import ops
from keras.src.backend import get_keras_mask, set_keras_mask

from lnl_sr_tf.predictions import like_values, may_fit, static_shape


class PositionLoss(keras.losses.Loss):
    """A loss whose `call` gives one value for each prediction.

    Predictions of shape `(batch, ..., classes)` have values of shape `(batch, ...)`:
    those of images, of the steps of a sequence, of the pixels of a map. They are
    reduced as those of every Keras loss; a weight or a mask that says less than one
    number for each position is of all positions that share it.
    """

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The reduced loss.

        Args:
            y_true: labels.
            y_pred: predictions, shape `(batch, ..., classes)`.
            sample_weight: a number for each example, shape `(batch,)`, or for each
                position, shape `(batch, ...)`.

        Raises:
            ValueError: if the shapes do not fit.
        """
        if sample_weight is not None:
            sample_weight = like_values("sample_weight", sample_weight, y_pred)
        mask = get_keras_mask(y_pred)
        if mask is not None:
            expanded = like_values("mask", mask, y_pred)
            # Converted here: Keras does before `call`, and the mask is lost with it.
            converted = ops.convert_to_tensor(y_pred, dtype=self.dtype)
            if expanded is not mask and converted is y_pred:
                converted = ops.copy(y_pred)
            if converted is not y_pred:
                set_keras_mask(converted, expanded)
            y_pred = converted
        return super().__call__(y_true, y_pred, sample_weight=sample_weight)

    def get_config(self):
        """The arguments of every Keras loss; Keras leaves out the dtype."""
        return {**super().get_config(), "dtype": self.dtype}


def masked_sum(values, term, name):
    """A loss's values and a term for each, where the loss's own mask keeps them.

    Args:
        values: what `call` of a loss gave.
        term: a tensor of the same shape.
        name: the loss, for messages.

    Raises:
        ValueError: if the shapes differ.
    """
    values = ops.convert_to_tensor(values)
    rank, shape = static_shape(values)
    if rank is not None and not may_fit(shape, term.shape):
        raise ValueError(
            f"{name} must give a value for each prediction, shape {tuple(term.shape)}. "
            f"Received values of shape {shape}"
        )
    mask = get_keras_mask(values)
    if mask is None:
        return values + term
    total = values + ops.where(mask, term, 0.0)
    set_keras_mask(total, mask)
    return total
