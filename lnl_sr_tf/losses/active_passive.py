"""Active passive loss: the sum of two symmetric losses that complement each other."""

from typing import Any

import keras

from lnl_sr_tf.losses.base import RobustLoss, check_range, loss_of_this_library
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class ActivePassiveLoss(RobustLoss):
    """Active passive loss, L(u, i) = α · active(u, i) + β · passive(u, i).

    The active loss raises u_i alone; the passive one also lowers the others. If both
    are symmetric, so is the sum, and together they fit faster than each alone. Ma et
    al., "Normalized Loss Functions for Deep Learning with Noisy Labels"
    (ICML 2020).

    Args:
        active: a loss of this library, for instance `NormalizedCrossEntropy()`.
        passive: another, for instance `MeanAbsoluteError()`.
        alpha: α ≥ 0.
        beta: β ≥ 0.
        **kwargs: arguments of `RobustLoss`. These `from_logits` and `reduction` apply,
            not those of the two losses; each clips at its own `epsilon`.

    Raises:
        ValueError: if one of the two is no loss of this library, or a weight is
            negative.

    Example:
        >>> from lnl_sr_tf.losses import MeanAbsoluteError, NormalizedCrossEntropy
        >>> loss = ActivePassiveLoss(NormalizedCrossEntropy(), MeanAbsoluteError())
        >>> float(loss([1], [[0.0, 0.0]]))  # 0.5 + 1
        1.5
    """

    parts = ("active", "passive")
    parameters = ("alpha", "beta")

    def __init__(
        self,
        active: RobustLoss | dict[str, Any],
        passive: RobustLoss | dict[str, Any],
        alpha: float = 1.0,
        beta: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.active = _of_probabilities("active", active)
        self.passive = _of_probabilities("passive", passive)
        self.alpha = check_range("alpha", alpha, 0.0, float("inf"))
        self.beta = check_range("beta", beta, 0.0, float("inf"))
        self.symmetric = self.active.symmetric and self.passive.symmetric

    def per_class(self, log_probs: Tensor) -> Tensor:
        """α · active + β · passive."""
        active = self.active.per_class(log_probs)
        return self.alpha * active + self.beta * self.passive.per_class(log_probs)


def _of_probabilities(name, loss):
    loss = loss_of_this_library(name, loss)
    if loss.needs_logits:
        raise ValueError(
            f"`{name}` must be a function of the softmax. Received: {name}={loss!r}, "
            "which is one of the logits"
        )
    return loss
