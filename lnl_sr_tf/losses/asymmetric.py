"""Asymmetric losses: robust as long as the true label is the most frequent one.

Zhou et al., "Asymmetric Loss Functions for Learning with Noisy Labels" (ICML 2021).
"""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class AsymmetricGeneralizedCrossEntropy(RobustLoss):
    """Asymmetric GCE, L(u, i) = ((a + 1)^q − (a + u_i)^q) / q.

    Zhou et al. (ICML 2021).

    Args:
        a: a > 0; the larger, the closer to a straight line in u_i.
        q: q > 0.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a parameter is not above 0.

    Example:
        >>> float(AsymmetricGeneralizedCrossEntropy(1.0, 2.0)([1], [[0.0, 0.0]]))
        0.875
    """

    separable = True
    parameters = ("a", "q")

    def __init__(self, a: float = 6.0, q: float = 1.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = check_range("a", a, 0.0, float("inf"), open_low=True)
        self.q = check_range("q", q, 0.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """((a + 1)^q − (a + u_i)^q) / q."""
        power = ops.power(self.a + ops.exp(log_probs), self.q)
        return ((self.a + 1.0) ** self.q - power) / self.q


@keras.saving.register_keras_serializable("lnl_sr_tf")
class AsymmetricUnhingedLoss(RobustLoss):
    """Asymmetric unhinged loss, L(u, i) = ((a − u_i)^q − (a − 1)^q) / q.

    Zhou et al. (ICML 2021).

    Args:
        a: a > 1.
        q: q > 0.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a is not above 1 or q not above 0.

    Example:
        >>> float(AsymmetricUnhingedLoss(a=2.0, q=2.0)([1], [[0.0, 0.0]]))
        0.625
    """

    separable = True
    parameters = ("a", "q")

    def __init__(self, a: float = 6.3, q: float = 1.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = check_range("a", a, 1.0, float("inf"), open_low=True)
        self.q = check_range("q", q, 0.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """((a − u_i)^q − (a − 1)^q) / q."""
        # As a − 1 + (1 − u): 1 − u is exact where u is close to 1.
        power = ops.power((self.a - 1.0) - expm1(log_probs), self.q)
        return (power - (self.a - 1.0) ** self.q) / self.q


@keras.saving.register_keras_serializable("lnl_sr_tf")
class AsymmetricExponentialLoss(RobustLoss):
    """Asymmetric exponential loss, L(u, i) = exp(−u_i / a).

    Zhou et al. (ICML 2021).

    Args:
        a: a > 0.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a is not above 0.

    Example:
        >>> float(AsymmetricExponentialLoss(a=1.0)([1], [[0.0, 0.0]]))  # exp(−0.5)
        0.607
    """

    separable = True
    parameters = ("a",)

    def __init__(self, a: float = 2.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = check_range("a", a, 0.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """exp(−u_i / a)."""
        return ops.exp(-ops.exp(log_probs) / self.a)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class AsymmetricMeanSquaredError(RobustLoss):
    """Asymmetric mean squared error, L(u, i) = Σ_k (u_k − a [k = i])² / k.

    The passive part of joint asymmetric loss (`jal_ce`, `jal_fl`).

    Args:
        a: a ≥ 1; 1 gives the ordinary mean squared error, which is that of
            `keras.losses.MeanSquaredError` of probabilities; 30 by default.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a is below 1.

    Example:
        >>> float(AsymmetricMeanSquaredError(a=1.0)([1], [[0.0, 0.0]]))
        0.25
    """

    parameters = ("a",)

    def __init__(self, a: float = 30.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = check_range("a", a, 1.0, float("inf"))

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(Σ_k u_k² − u_i² + (a − u_i)²) / k."""
        probs = ops.exp(log_probs)
        others = ops.sum(probs**2, axis=-1, keepdims=True) - probs**2
        return (others + (self.a - probs) ** 2) / log_probs.shape[-1]
