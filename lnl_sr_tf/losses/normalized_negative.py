"""Normalised negative losses: passive losses made of active ones.

Ye et al., "Active Negative Loss Functions for Learning with Noisy Labels"
(NeurIPS 2023). The active loss is reversed, A − L(u, i), with A its largest value,
normalised over the labels, and subtracted from 1.
"""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import log_clip
from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.types import Tensor


def _normalized_negative(values, largest):
    reversed_ = largest - values
    return 1.0 - reversed_ / ops.sum(reversed_, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedNegativeCrossEntropy(CrossEntropy):
    """Normalised negative cross-entropy, 1 − (A + log u_i) / Σ_k (A + log u_k).

    A = −log ε, and u is clipped at ε. Symmetric: Σ_i L(u, i) = k − 1. Ye et al.
    (NeurIPS 2023).

    Args:
        epsilon: ε, in (0, 1); the published numbers take 1e-8.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(NormalizedNegativeCrossEntropy()([1], [[0.0, 0.0]]))
        0.5
    """

    separable = False
    symmetric = True

    def __init__(self, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """1 − (A + log u_i) / Σ_k (A + log u_k)."""
        values = super().per_class(log_clip(log_probs, self.epsilon))
        return _normalized_negative(values, -math.log(self.epsilon))


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedNegativeFocalLoss(FocalLoss):
    """Normalised negative focal loss: as for cross-entropy, with focal terms.

    1 − (A + (1 − u_i)^γ log u_i) / Σ_k (A + (1 − u_k)^γ log u_k), u clipped at ε, and
    A = −(1 − ε)^γ log ε, the largest value of the focal loss. Ye et al. (NeurIPS 2023).

    Args:
        gamma: γ ≥ 0.
        constant_factor: hold the factors (1 − u)^γ constant in the gradient, as the
            published code does; the default is the true derivative.
        epsilon: ε, in (0, 1); the published numbers take 1e-8.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if γ < 0.

    Example:
        >>> float(NormalizedNegativeFocalLoss()([1], [[0.0, 0.0]]))
        0.5
    """

    separable = False
    symmetric = True

    def __init__(
        self,
        gamma: float = 0.5,
        constant_factor: bool = False,
        epsilon: float = 1e-8,
        **kwargs: Any,
    ) -> None:
        super().__init__(gamma, constant_factor, epsilon=epsilon, **kwargs)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """1 − (A + (1 − u_i)^γ log u_i) / Σ_k (A + (1 − u_k)^γ log u_k)."""
        values = super().per_class(log_clip(log_probs, self.epsilon))
        largest = -((1.0 - self.epsilon) ** self.gamma) * math.log(self.epsilon)
        return _normalized_negative(values, largest)
