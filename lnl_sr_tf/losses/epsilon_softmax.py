"""ε-softmax: the network's output made almost one-hot before the loss sees it.

Wang et al., "ε-Softmax: Approximating One-Hot Vectors for Mitigating Label Noise"
(NeurIPS 2024): v = (u + m e_j) / (m + 1), where j is the most probable class. Every
output is then within 1/(m + 1) of a one-hot vector, by construction and not, as under
sparse regularization, by training.
"""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import check_range, expm1, log_clip
from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.types import Tensor


def _log_epsilon_softmax(log_probs, m, epsilon):
    """log max(v, ε), from log u."""
    largest = ops.one_hot(
        ops.argmax(log_probs, axis=-1), log_probs.shape[-1], dtype=log_probs.dtype
    )
    # (u + m) / (m + 1) as 1 − (1 − u) / (m + 1), exact close to 1. The 0.0 keeps log 0
    # of other classes out of the gradient.
    of_largest = ops.where(largest > 0, log_probs, 0.0)
    top = ops.log1p(expm1(of_largest) / (m + 1.0))
    log_v = ops.where(largest > 0, top, log_probs - math.log1p(m))
    return log_clip(log_v, epsilon)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class EpsilonSoftmaxCrossEntropy(CrossEntropy):
    """Cross-entropy of ε-softmax, L(u, i) = −log max(v_i, ε).

    v = (u + m e_j) / (m + 1), with j the most probable class. Together with the
    absolute error (`eps_ce_mae`) it is the published loss. Wang et al. (NeurIPS 2024).

    Args:
        m: m ≥ 0; 0 gives cross-entropy of the softmax.
        epsilon: in (0, 1), the probability at which v is clipped from below; the
            published numbers take 1e-8.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `reduction`, `name`,
            `dtype`.

    Raises:
        ValueError: if m < 0.

    Example:
        >>> float(EpsilonSoftmaxCrossEntropy(m=1.0)([1], [[0.0, 0.0]]))  # −log 0.25
        1.386
    """

    separable = False
    parameters = ("m",)

    def __init__(self, m: float = 1e4, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(epsilon=epsilon, **kwargs)
        self.m = check_range("m", m, 0.0, float("inf"))

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log max(v_i, ε)."""
        return super().per_class(_log_epsilon_softmax(log_probs, self.m, self.epsilon))


@keras.saving.register_keras_serializable("lnl_sr_tf")
class EpsilonSoftmaxFocalLoss(FocalLoss):
    """Focal loss of ε-softmax, L(u, i) = −(1 − v_i)^γ log v_i.

    v = (u + m e_j) / (m + 1), clipped at ε from below, with j the most probable class.
    Wang et al. (NeurIPS 2024).

    Args:
        m: m ≥ 0; 0 gives the focal loss of the softmax.
        gamma: γ ≥ 0; the published numbers take 0.1.
        constant_factor: hold (1 − v)^γ constant in the gradient, as the published code
            does; the default is the true derivative.
        epsilon: in (0, 1), the probability at which v is clipped from below.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `reduction`, `name`,
            `dtype`.

    Raises:
        ValueError: if m < 0 or γ < 0.

    Example:
        >>> float(EpsilonSoftmaxFocalLoss(m=1.0, gamma=1.0)([1], [[0.0, 0.0]]))
        1.04
    """

    separable = False
    parameters = ("m", "gamma", "constant_factor")

    def __init__(
        self,
        m: float = 1e4,
        gamma: float = 0.1,
        constant_factor: bool = False,
        epsilon: float = 1e-8,
        **kwargs: Any,
    ) -> None:
        super().__init__(gamma, constant_factor, epsilon=epsilon, **kwargs)
        self.m = check_range("m", m, 0.0, float("inf"))

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−(1 − v_i)^γ log v_i."""
        return super().per_class(_log_epsilon_softmax(log_probs, self.m, self.epsilon))
