"""Logit bias: a head start for the logit of the label."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import (
    RobustLoss,
    check_range,
    expm1,
    finite_logs,
    loss_of_this_library,
)
from lnl_sr_tf.losses.labels import is_integer, label_distribution, of_labels
from lnl_sr_tf.types import Tensor

# Beyond it e^b − 1 leaves the range in which float32 tells it from e^b, or overflows.
_LARGEST = 50.0


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LogitBias(RobustLoss):
    """Any loss of the softmax, with b added to the logit of the label: L(ũ, i).

    ũ = softmax(z + b e_i), so ũ_i = e^b u_i / (1 + (e^b − 1) u_i). Bounded losses have
    next to no gradient where u_i is small, as it is for every label before training if
    there are many classes; b moves it to where they have one. Prediction stays that of
    z. Staats et al., "Enhancing Noise-Robust Losses for Large-Scale Noisy Data
    Learning" (AAAI 2025), who write ε for b and MAE* for this around MAE.

    Args:
        loss: a loss of this library that takes logits and is a function of their
            softmax, for instance `MeanAbsoluteError()`.
        bias: b in [−50, 50]; 0 changes nothing. docs/losses/symmetric.md says how to
            choose it by the number of classes.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if `loss` is no loss of this library or is a function of the logits
            themselves, or b is out of range.

    Example:
        >>> from lnl_sr_tf.losses import MeanAbsoluteError
        >>> loss = LogitBias(MeanAbsoluteError(scale=1.0), bias=0.0)
        >>> float(loss([1], [[0.0, 0.0]]))
        0.5
    """

    parts = ("loss",)
    parameters = ("bias",)

    def __init__(
        self, loss: RobustLoss | dict[str, Any], bias: float = 2.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        if self.loss.needs_logits:
            raise ValueError(
                "`loss` must be a function of the softmax, for instance "
                f"`lnl.losses.MeanAbsoluteError()`. Received: loss={loss!r}"
            )
        self.bias = check_range("bias", bias, -_LARGEST, _LARGEST)
        self.separable = self.loss.separable
        # With b, the sum over all labels is no longer that of one softmax.
        self.symmetric = self.loss.symmetric and self.bias == 0.0

    def of_targets(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        """Loss of each position; for integer labels from one softmax, not from k."""
        if self.separable or not is_integer(y_true, outputs):
            return super().of_targets(y_true, outputs)
        outputs = finite_logs(outputs)
        own = label_distribution(y_true, outputs)
        return of_labels(y_true, self.loss.per_class(self._biased(outputs, own)))

    def per_class(self, log_probs: Tensor) -> Tensor:
        """L(ũ, i), where ũ is another for every i."""
        if self.separable:
            gain = expm1(ops.cast(self.bias, log_probs.dtype))
            given = log_probs + self.bias - ops.log1p(gain * ops.exp(log_probs))
            return self.loss.per_class(given)
        own = ops.eye(log_probs.shape[-1], dtype=log_probs.dtype)
        each = self._biased(ops.expand_dims(log_probs, -2), own)
        return ops.diagonal(self.loss.per_class(each), axis1=-2, axis2=-1)

    def _biased(self, log_probs, own):
        """log ũ, where `own` is one-hot for the class that b goes to."""
        return finite_logs(ops.log_softmax(log_probs + self.bias * own, axis=-1))
