"""Cross-entropy."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CrossEntropy(RobustLoss):
    """Cross-entropy, L(u, i) = −log u_i.

    It learns fast and well from clean labels, but memorises wrong ones: the sum over
    all labels, Σ_i L(u, i), is unbounded, so it is not robust by itself.

    Args:
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(CrossEntropy()([1], [[0.0, 0.0]]))  # log 2
        0.693
    """

    separable = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log u_i."""
        return -log_probs


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SmoothedCrossEntropy(CrossEntropy):
    """Label smoothing, L(u, i) = −(1 − s) log u_i − s/k Σ_j log u_j.

    Cross-entropy with the label's one-hot vector mixed with the uniform one. Szegedy
    et al., "Rethinking the Inception Architecture for Computer Vision" (CVPR 2016);
    under label noise: Lukasik et al., "Does Label Smoothing Mitigate Label Noise?"
    (ICML 2020).

    Args:
        smoothing: s in [0, 1), by default 0.1; 0 gives cross-entropy, and is the
            default of label_smoothing in `keras.losses.CategoricalCrossentropy`, 0.0.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if s is out of range.

    Example:
        >>> float(SmoothedCrossEntropy(smoothing=0.1)([1], [[0.0, 0.0]]))  # log 2
        0.693
    """

    separable = False
    parameters = ("smoothing",)

    def __init__(self, smoothing: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smoothing = check_range("smoothing", smoothing, 0.0, 1.0, open_high=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−(1 − s) log u_i − s/k Σ_j log u_j."""
        values = super().per_class(log_probs)
        mean = ops.mean(values, axis=-1, keepdims=True)
        return (1.0 - self.smoothing) * values + self.smoothing * mean
