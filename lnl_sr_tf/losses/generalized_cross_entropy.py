"""Generalized cross-entropy."""

from typing import Any

import keras

from lnl_sr_tf.losses.base import RobustLoss, check_range, expm1, log_clip
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class GeneralizedCrossEntropy(RobustLoss):
    """Generalized cross-entropy, L(u, i) = (1 − max(u_i, ε)^q) / q.

    Between cross-entropy (q → 0) and mean absolute error (q = 1): the larger q,
    the more robust and the slower to fit. Zhang and Sabuncu, "Generalized Cross
    Entropy Loss for Training Deep Neural Networks with Noisy Labels"
    (NeurIPS 2018), Eq. 6.

    Args:
        q: in (0, 1]; 0.7 in that paper and by default, where
            `keras.losses.CategoricalGeneralizedCrossEntropy` has 0.5. With sparse
            regularization 0.01 (MNIST, CIFAR-10) or 0.001 (CIFAR-100).
        epsilon: ε, the probability below which the loss is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if q is not in (0, 1].

    Example:
        >>> float(GeneralizedCrossEntropy(q=1.0)([1], [[0.0, 0.0]]))
        0.5
    """

    separable = True
    parameters = ("q",)

    def __init__(self, q: float = 0.7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.q = check_range("q", q, 0.0, 1.0, open_low=True)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(1 − u_i^q) / q as −expm1(q log u_i) / q, exact for small q too."""
        return -expm1(self.q * log_clip(log_probs, self.epsilon)) / self.q
