"""Partially Huberised losses: where a loss is steep, a straight line takes over."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1, log_clip
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class PartiallyHuberisedCrossEntropy(RobustLoss):
    """Partially Huberised cross-entropy.

    L(u, i) = −log u_i where u_i > 1/τ, else −τ u_i + log τ + 1: the slope in u_i is
    never steeper than τ, which limits the gradient of a wrong label. Menon et al.,
    "Can Gradient Clipping Mitigate Label Noise?" (ICLR 2020).

    Args:
        tau: τ > 1, the steepest slope; not the temperature of output sharpening.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if τ is not above 1.

    Example:
        >>> float(PartiallyHuberisedCrossEntropy(tau=2.0)([1], [[0.0, 0.0]]))  # log 2
        0.693
    """

    separable = True
    parameters = ("tau",)

    def __init__(self, tau: float = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tau = check_range("tau", tau, 1.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log u_i, or −τ u_i + log τ + 1."""
        log_tau = math.log(self.tau)
        line = log_tau + 1.0 - self.tau * ops.exp(log_probs)
        return ops.where(log_probs > -log_tau, -log_probs, line)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class PartiallyHuberisedGeneralizedCrossEntropy(RobustLoss):
    """Partially Huberised generalized cross-entropy.

    L(u, i) = (1 − u_i^q) / q where u_i > v, else −τ (u_i − v) + (1 − v^q) / q, with
    v = τ^(−1/(1−q)), where the slope −u^(q−1) reaches −τ. Menon et al., "Can Gradient
    Clipping Mitigate Label Noise?" (ICLR 2020).

    Args:
        q: in (0, 1); 1 would be linear everywhere.
        tau: τ > 1, the steepest slope; not the temperature of output sharpening.
        epsilon: ε, the probability below which the curved part is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if q is not in (0, 1) or τ is not above 1.

    Example:
        >>> float(PartiallyHuberisedGeneralizedCrossEntropy(q=0.5)([1], [[0.0, 0.0]]))
        0.586
    """

    separable = True
    parameters = ("q", "tau")

    def __init__(self, q: float = 0.7, tau: float = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.q = check_range("q", q, 0.0, 1.0, open_low=True, open_high=True)
        self.tau = check_range("tau", tau, 1.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(1 − u_i^q) / q, or −τ (u_i − v) + (1 − v^q) / q."""
        log_v = -math.log(self.tau) / (1.0 - self.q)
        curve = -expm1(self.q * log_clip(log_probs, self.epsilon)) / self.q
        at_v = -math.expm1(self.q * log_v) / self.q
        line = at_v - self.tau * (ops.exp(log_probs) - math.exp(log_v))
        return ops.where(log_probs > log_v, curve, line)
