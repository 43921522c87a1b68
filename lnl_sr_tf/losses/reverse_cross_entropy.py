"""Reverse cross-entropy: alone, scaled, and together with cross-entropy."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1
from lnl_sr_tf.types import Tensor

# In place of −log 0, for the zeros of one-hot labels. The paper that introduced the
# loss prints −4 for log 0; its code, and all published numbers, take log 1e-4.
_LOG_ZERO = -math.log(1e-4)


def _reverse(log_probs, epsilon):
    """A Σ_{k≠i} max(u_k, ε) for every class i, A = −log 1e-4.

    Computed as A (1 − u_i) plus what clipping adds: a difference of sums close to 1
    would lose small probabilities, and their gradients, to rounding.
    """
    added = ops.relu(epsilon - ops.exp(log_probs))
    rest = -expm1(log_probs) + ops.sum(added, axis=-1, keepdims=True) - added
    return _LOG_ZERO * rest


@keras.saving.register_keras_serializable("lnl_sr_tf")
class ReverseCrossEntropy(RobustLoss):
    """Reverse cross-entropy, L(u, i) = A Σ_{k≠i} max(u_k, ε), A = −log 1e-4 = 9.21.

    Cross-entropy with prediction and label exchanged, log 0 taken as log 1e-4. Up to
    ε it is A/2 times mean absolute error: symmetric, robust, slow to fit. Wang et
    al., "Symmetric Cross Entropy for Robust Learning with Noisy Labels"
    (ICCV 2019).

    Args:
        epsilon: ε, the probability below which the loss is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(ReverseCrossEntropy()([1], [[0.0, 0.0]]))
        4.605
    """

    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """A Σ_{k≠i} max(u_k, ε)."""
        return _reverse(log_probs, self.epsilon)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedReverseCrossEntropy(RobustLoss):
    """Reverse cross-entropy times (k − 1) / 4, for k classes.

    The scale is that of the code published with the paper of sparse regularization. Ma
    et al., "Normalized Loss Functions for Deep Learning with Noisy Labels" (ICML 2020).

    Args:
        epsilon: ε, the probability below which the loss is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(NormalizedReverseCrossEntropy()([1], [[0.0, 0.0]]))
        1.151
    """

    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(k − 1) / 4 · A Σ_{k≠i} max(u_k, ε)."""
        scale = (log_probs.shape[-1] - 1) / 4
        return scale * _reverse(log_probs, self.epsilon)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SymmetricCrossEntropy(RobustLoss):
    """Symmetric cross-entropy, L(u, i) = −α log u_i + β A Σ_{k≠i} max(u_k, ε).

    Cross-entropy to learn fast, and reverse cross-entropy to stay robust. Wang et
    al., "Symmetric Cross Entropy for Robust Learning with Noisy Labels"
    (ICCV 2019).

    Args:
        alpha: α ≥ 0, the weight of cross-entropy.
        beta: β ≥ 0, the weight of reverse cross-entropy.
        epsilon: ε, the probability below which the reverse part is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a weight is negative.

    Example:
        >>> float(SymmetricCrossEntropy(0.1, 1.0)([1], [[0.0, 0.0]]))  # 0.069 + 4.605
        4.674
    """

    parameters = ("alpha", "beta")

    def __init__(self, alpha: float = 0.1, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = check_range("alpha", alpha, 0.0, float("inf"))
        self.beta = check_range("beta", beta, 0.0, float("inf"))

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−α log u_i + β A Σ_{k≠i} max(u_k, ε)."""
        reverse = _reverse(log_probs, self.epsilon)
        return self.beta * reverse - self.alpha * log_probs
