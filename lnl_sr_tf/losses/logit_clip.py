"""LogitClip: logits whose norm is bounded."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import (
    RobustLoss,
    at_least_float32,
    check_range,
    loss_of_this_library,
)
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LogitClip(RobustLoss):
    """Any loss of this library on clipped logits: z δ / ‖z‖₂ where ‖z‖₂ > 1/δ.

    With bounded logits the loss of every label is bounded, and so is the influence of a
    wrong one. The published code, which this follows, rescales logits whose norm is
    above 1/δ to the norm δ; the two norms are equal for δ = 1. Its --temp is 1/δ. A
    logit of −inf stays −inf and does not count in the norm. Wei et al., "Mitigating
    Memorization of Noisy Labels by Clipping the Model Prediction" (ICML 2023).

    Args:
        loss: a loss of this library that takes logits, for instance `CrossEntropy()`.
        delta: δ > 0; docs/losses/bounded_logits.md has what was published.
        **kwargs: arguments of `RobustLoss`: `epsilon`, `reduction`, `name`, `dtype`.

    Raises:
        ValueError: if `loss` is no loss of this library, δ is not above 0, or
            `from_logits` is false.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = LogitClip(CrossEntropy(), delta=1.0)
        >>> float(loss([1], [[3.0, 4.0]]))  # of the logits 0.6 and 0.8
        0.598
    """

    parts = ("loss",)
    parameters = ("delta",)
    needs_logits = True

    def __init__(
        self, loss: RobustLoss | dict[str, Any], delta: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        self.delta = check_range("delta", delta, 0.0, float("inf"), open_low=True)
        # What holds for all logits holds for clipped ones.
        self.symmetric = self.loss.symmetric

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes, from clipped logits."""
        logits = at_least_float32(y_pred)
        impossible = ops.equal(logits, -math.inf)
        logits = ops.where(impossible, 0.0, logits)
        # Divided by the largest entry first, so that squares do not over- or underflow.
        fixed = ops.stop_gradient(ops.absolute(logits))
        largest = ops.max(fixed, axis=-1, keepdims=True, initial=1e-12)
        square = ops.sum((logits / largest) ** 2, axis=-1, keepdims=True)
        # If all logits are 0, nothing is clipped, and the root's gradient is infinite.
        norm = largest * ops.sqrt(ops.maximum(square, 1e-12))
        clipped = logits / norm * self.delta
        logits = ops.where(norm > 1.0 / self.delta, clipped, logits)
        return self.loss.outputs(ops.where(impossible, -math.inf, logits))

    def per_class(self, outputs: Tensor) -> Tensor:
        """L(u, i) of the wrapped loss."""
        return self.loss.per_class(outputs)
