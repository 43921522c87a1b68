"""Loss correction by a transition matrix.

Patrini et al., "Making Deep Neural Networks Robust to Label Noise: A Loss Correction
Approach" (CVPR 2017). T[i, j] = P(given label j | true label i).
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from lnl_sr_tf.losses.base import RobustLoss
from lnl_sr_tf.types import Tensor
from lnl_sr_tf.validation import transition_matrix


class _Correction(RobustLoss):
    """What forward and backward correction share: the matrix."""

    parameters = ("matrix",)

    def __init__(self, matrix: ArrayLike | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if matrix is not None:
            matrix = transition_matrix("`matrix`", matrix).tolist()
        self.matrix = matrix

    def _matrix(self, log_probs):
        """T as a tensor; without one, the identity."""
        classes = log_probs.shape[-1]
        if self.matrix is None:
            return ops.eye(classes, dtype=log_probs.dtype)
        if len(self.matrix) != classes:
            raise ValueError(
                f"`matrix` is for {len(self.matrix)} classes. Received predictions of "
                f"shape {tuple(log_probs.shape)}."
            )
        return ops.convert_to_tensor(self.matrix, dtype=log_probs.dtype)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class ForwardCorrection(_Correction):
    """Forward correction, L(u, i) = −log max(Σ_j u_j T[j, i], ε), ε = 1e-30.

    Cross-entropy with the given label of the prediction for the true one, multiplied by
    T. With the true T, its minimiser is that of cross-entropy on clean labels. Patrini
    et al. (CVPR 2017), Theorem 2.

    Args:
        matrix: T, shape (k, k), rows that sum to 1; None is the identity, which gives
            cross-entropy. `lnl.noise.symmetric_matrix`, for instance, makes one.
        epsilon: ε, the probability of the given label below which the loss is constant;
            small, because where T has zeros the probability of a given label can be
            close to 0 and needs a gradient.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if the matrix is not a transition matrix, or is for another number
            of classes.

    Example:
        >>> float(ForwardCorrection([[0.8, 0.2], [0.2, 0.8]])([1], [[0.0, 0.0]]))
        0.693
    """

    def __init__(
        self, matrix: ArrayLike | None = None, epsilon: float = 1e-30, **kwargs: Any
    ) -> None:
        super().__init__(matrix, epsilon=epsilon, **kwargs)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log max(Σ_j u_j T[j, i], ε)."""
        if self.matrix is None:
            return -log_probs
        given = ops.matmul(ops.exp(log_probs), self._matrix(log_probs))
        return -ops.log(ops.maximum(given, self.epsilon))


@keras.saving.register_keras_serializable("lnl_sr_tf")
class BackwardCorrection(_Correction):
    """Backward correction, L(u, i) = −Σ_j T⁻¹[i, j] log max(u_j, ε).

    Its expectation over given labels is cross-entropy with the true one, so it is
    unbiased. It is bounded below by ε only, and its variance is large where T is close
    to singular; forward correction is the more stable of the two. Patrini et al.
    (CVPR 2017), Theorem 1.

    Args:
        matrix: T, shape (k, k), rows that sum to 1, invertible; None is the identity,
            which gives cross-entropy.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if the matrix is not a transition matrix or has no inverse.

    Example:
        >>> float(BackwardCorrection([[0.8, 0.2], [0.2, 0.8]])([1], [[0.0, 0.0]]))
        0.693
    """

    def __init__(self, matrix: ArrayLike | None = None, **kwargs: Any) -> None:
        super().__init__(matrix, **kwargs)
        self._inverse = None if self.matrix is None else _inverse(self.matrix)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−Σ_j T⁻¹[i, j] log max(u_j, ε)."""
        if self.matrix is None:
            return -log_probs
        self._matrix(log_probs)  # for its check
        inverse = ops.convert_to_tensor(self._inverse, dtype=log_probs.dtype)
        values = -ops.maximum(log_probs, math.log(self.epsilon))
        return ops.matmul(values, ops.transpose(inverse))


def _inverse(matrix):
    """The inverse of a matrix.

    Raises:
        ValueError: if there is none, or rounding would dominate it.
    """
    matrix = np.asarray(matrix)
    condition = np.linalg.cond(matrix)
    if not condition < 1e6:
        raise ValueError(
            "`matrix` must have an inverse; rows of this one are almost the same, so "
            "backward correction cannot tell their true labels apart. Received a "
            f"matrix of condition number {condition:.3g}; expected less than 1e6"
        )
    return np.linalg.inv(matrix)
