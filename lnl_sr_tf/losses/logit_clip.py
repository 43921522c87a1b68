"""LogitClip: logits whose norm has a bound."""

import math

import keras
from keras import ops

from lnl_sr_tf.losses.base import (
    RobustLoss,
    at_least_float32,
    check_range,
    loss_of_this_library,
)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LogitClip(RobustLoss):
    """Any loss of this library on clipped logits: z δ / ‖z‖₂ where ‖z‖₂ > 1/δ.

    With bounded logits the loss of every label is bounded, and so is what a wrong one
    can do. The published code, which this follows, rescales logits whose norm is above
    1/δ to the norm δ; the two are the same at δ = 1. A logit of −inf stays what it is,
    and is no part of the norm. Wei et al., "Mitigating Memorization of Noisy Labels by
    Clipping the Model Prediction" (ICML 2023).

    Args:
        loss: a loss of this library that takes logits, for instance `CrossEntropy()`.
        delta: δ > 0; published: between 0.5 and 2.5.
        **kwargs: arguments of `RobustLoss`: `epsilon`, `reduction`, `name`, `dtype`.

    Raises:
        ValueError: if `loss` is no loss of this library, δ is not above 0, or
            `from_logits` is false.

    Example:
        >>> LogitClip(CrossEntropy(), delta=1.0)([1], [[3.0, 4.0]])
    """

    parts = ("loss",)
    parameters = ("delta",)
    needs_logits = True

    def __init__(self, loss, delta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        self.delta = check_range("delta", delta, 0.0, float("inf"), open_low=True)

    @property
    def symmetric(self):
        """As the loss inside: what holds for all logits holds for clipped ones."""
        return self.loss.symmetric

    def outputs(self, y_pred):
        """What the loss inside takes, from clipped logits."""
        logits = at_least_float32(y_pred)
        impossible = ops.equal(logits, -math.inf)
        logits = ops.where(impossible, 0.0, logits)
        # By the largest entry first, so that squares neither overflow nor vanish.
        fixed = ops.stop_gradient(ops.absolute(logits))
        largest = ops.max(fixed, axis=-1, keepdims=True, initial=1e-12)
        square = ops.sum((logits / largest) ** 2, axis=-1, keepdims=True)
        # Where all logits are 0 nothing is clipped, and a root would divide by 0.
        norm = largest * ops.sqrt(ops.maximum(square, 1e-12))
        clipped = logits / norm * self.delta
        logits = ops.where(norm > 1.0 / self.delta, clipped, logits)
        return self.loss.outputs(ops.where(impossible, -math.inf, logits))

    def per_class(self, outputs):
        """L(u, i) of the loss inside."""
        return self.loss.per_class(outputs)
