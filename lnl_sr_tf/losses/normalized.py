"""Losses divided by their sum over all labels, which makes any loss symmetric.

Ma et al., "Normalized Loss Functions for Deep Learning with Noisy Labels"
(ICML 2020): L(u, i) / Σ_j L(u, j).
"""

import keras
from keras import ops

from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.losses.generalized_cross_entropy import GeneralizedCrossEntropy
from lnl_sr_tf.types import Tensor


def _normalized(values):
    return values / ops.sum(values, axis=-1, keepdims=True)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedCrossEntropy(CrossEntropy):
    """Normalised cross-entropy, L(u, i) = log u_i / Σ_k log u_k.

    Robust, since Σ_i L(u, i) = 1, and slow to fit: it can fall by making wrong
    classes less likely still. Ma et al. (ICML 2020).

    Args:
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> float(NormalizedCrossEntropy()([1], [[0.0, 0.0]]))
        0.5
    """

    separable = False
    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """log u_i / Σ_k log u_k."""
        return _normalized(super().per_class(log_probs))


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedFocalLoss(FocalLoss):
    """Normalised focal loss, (1 − u_i)^γ log u_i / Σ_k (1 − u_k)^γ log u_k.

    Ma et al. (ICML 2020).

    Args:
        gamma: γ ≥ 0.
        constant_factor: hold the factors (1 − u)^γ constant in the gradient, as the
            published code does; the default is the true derivative.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if γ < 0.

    Example:
        >>> float(NormalizedFocalLoss(gamma=0.5)([1], [[0.0, 0.0]]))
        0.5
    """

    separable = False
    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(1 − u_i)^γ log u_i / Σ_k (1 − u_k)^γ log u_k."""
        return _normalized(super().per_class(log_probs))


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NormalizedGeneralizedCrossEntropy(GeneralizedCrossEntropy):
    """Normalised GCE, (1 − max(u_i, ε)^q) / (k − Σ_k max(u_k, ε)^q).

    Ma et al. (ICML 2020) with the loss of Zhang and Sabuncu (NeurIPS 2018).

    Args:
        q: in (0, 1].
        epsilon: ε, the probability below which the loss is constant.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if q is not in (0, 1].

    Example:
        >>> float(NormalizedGeneralizedCrossEntropy(q=0.7)([1], [[0.0, 0.0]]))
        0.5
    """

    separable = False
    symmetric = True

    def per_class(self, log_probs: Tensor) -> Tensor:
        """(1 − u_i^q) / Σ_k (1 − u_k^q)."""
        return _normalized(super().per_class(log_probs))
