"""Focal loss."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1
from lnl_sr_tf.types import Tensor

# (1 − u)^γ with γ < 1 has an infinite slope at u = 1. The loss itself has slope 0
# there, and a float32 probability this close to 1 is 1.
_SMALLEST = 1e-12


@keras.saving.register_keras_serializable("lnl_sr_tf")
class FocalLoss(RobustLoss):
    """Focal loss, L(u, i) = −(1 − u_i)^γ log u_i.

    Lin et al., "Focal Loss for Dense Object Detection" (ICCV 2017), Eq. 4.

    Args:
        gamma: γ ≥ 0. 0 gives cross-entropy; the paper of sparse regularization
            uses 0.5, the default. `keras.losses.CategoricalFocalCrossentropy` has 2.0,
            and multiplies by its alpha=0.25.
        constant_factor: hold (1 − u_i)^γ constant in the gradient, as the code
            published with the paper of sparse regularization does. The value is
            the same; the default is the true derivative.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if γ < 0.

    Example:
        >>> float(FocalLoss(gamma=2.0)([1], [[0.0, 0.0]]))  # 0.25 · log 2
        0.173
    """

    separable = True
    parameters: tuple[str, ...] = ("gamma", "constant_factor")

    def __init__(
        self, gamma: float = 0.5, constant_factor: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.gamma = check_range("gamma", gamma, 0.0, float("inf"))
        self.constant_factor = bool(constant_factor)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−(1 − u_i)^γ log u_i, with 1 − u as −expm1(log u)."""
        rest = ops.maximum(-expm1(log_probs), _SMALLEST)
        # As a power by `ops.power` it would take half as long again.
        factor = ops.exp(self.gamma * ops.log(rest))
        if self.constant_factor:
            factor = ops.stop_gradient(factor)
        return -factor * log_probs
