"""Mean absolute error, as it is and normalised."""

from typing import Any

import keras

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class MeanAbsoluteError(RobustLoss):
    """Mean absolute error, L(u, i) = s (1 − u_i); with s = 2 that is ‖u − e_i‖₁.

    Symmetric, Σ_i L(u, i) = s (k − 1), and so robust by itself, but slow to fit: its
    gradient gives hard examples no more weight. Ghosh et al., "Robust Loss Functions
    under Label Noise for Deep Neural Networks" (AAAI 2017).

    Args:
        scale: s > 0. 2 is the definition; active passive losses are published with
            1, which `lnl.losses.get("nce_mae")` takes. `keras.losses.MeanAbsoluteError`
            of probabilities is the mean over the classes, s = 2/k.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if s is not above 0.

    Example:
        >>> float(MeanAbsoluteError()([1], [[0.0, 0.0]]))
        1.0
    """

    separable = True
    symmetric = True

    parameters = ("scale",)

    def __init__(self, scale: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = check_range("scale", scale, 0.0, float("inf"), open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """s (1 − u_i)."""
        return -self.scale * expm1(log_probs)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedMeanAbsoluteError(RobustLoss):
    """Normalised mean absolute error, L(u, i) = (1 − u_i) / (k − 1).

    Mean absolute error divided by its sum over the k labels, so that Σ_i L(u, i) = 1.
    Ma et al., "Normalized Loss Functions for Deep Learning with Noisy Labels"
    (ICML 2020).

    Args:
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(NormalizedMeanAbsoluteError()([1], [[0.0, 0.0]]))
        0.5
    """

    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(1 − u_i) / (k − 1)."""
        return -expm1(log_probs) / (log_probs.shape[-1] - 1)
