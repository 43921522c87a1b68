"""Label-distributionally robust loss with a Kullback-Leibler penalty."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, at_least_float32, check_range
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LabelDistributionallyRobustKL(RobustLoss):
    """LDR-KL loss, L(s, i) = λ log 1/k Σ_j exp((m [j ≠ i] + s_j − s_i) / λ).

    s = k softplus(z) / Σ_j softplus(z_j) are the scores of the logits z. λ lies between
    cross-entropy with a margin (λ = 1) and a mean over the other classes (λ → ∞), which
    is symmetric. Zhu, Ying and Yang, "Label Distributionally Robust Losses for
    Multi-class Classification: Consistency, Robustness and Adaptivity" (ICML 2023).

    Args:
        margin: m ≥ 0; published: 0.1.
        temperature: λ > 0; published: 10 for ten classes, 1 for a hundred.
        **kwargs: arguments of `RobustLoss`: `epsilon`, `reduction`, `name`, `dtype`.

    Raises:
        ValueError: if a number is out of range, or `from_logits` is false.

    Example:
        >>> float(LabelDistributionallyRobustKL(0.0, 1.0)([1], [[0.0, 0.0]]))
        0.0
    """

    parameters = ("margin", "temperature")
    needs_logits = True

    def __init__(
        self, margin: float = 0.1, temperature: float = 10.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.margin = check_range("margin", margin, 0.0, float("inf"))
        self.temperature = check_range(
            "temperature", temperature, 0.0, float("inf"), open_low=True
        )

    def outputs(self, y_pred: Tensor) -> Tensor:
        """The logarithm of s / k, which sums to 1, shape (batch, ..., classes)."""
        logits = at_least_float32(y_pred)
        # Far below 0, softplus(z) is exp(z), whose logarithm is z.
        small = logits < -15.0
        softplus = ops.softplus(ops.where(small, 0.0, logits))
        return ops.log_softmax(ops.where(small, logits, ops.log(softplus)), axis=-1)

    def per_class(self, log_shares: Tensor) -> Tensor:
        """λ log 1/k Σ_j exp((m [j ≠ i] + s_j − s_i) / λ), from log s/k."""
        classes = log_shares.shape[-1]
        scores = classes * ops.exp(log_shares)
        margin = self.margin / self.temperature
        top = ops.one_hot(ops.argmax(scores, -1), classes, dtype=scores.dtype)
        # `initial` lets a batch be empty; scores are at least 0.
        fixed = ops.stop_gradient(scores)
        largest = ops.max(fixed, axis=-1, keepdims=True, initial=0.0)
        below = (scores - largest) / self.temperature
        # The mean of exp(below), without the margin for i itself, as 1 + missing, which
        # loses no digits to log k.
        terms = ops.expm1(below)
        missing = ops.sum(terms, axis=-1, keepdims=True) - terms
        missing = (missing + ops.expm1(below - margin)) / classes
        # Where 1 + missing is close to 0: from the other classes alone.
        rest = ops.logsumexp(
            ops.where(top > 0, below - 1e30, below), axis=-1, keepdims=True
        )
        others = ops.where(top > 0, rest, 0.0)
        exact = ops.logaddexp(others, below - margin) - math.log(classes)
        small = missing < -0.5
        log_mean = ops.where(
            ops.logical_and(small, top > 0),
            exact,
            ops.log1p(ops.where(ops.logical_and(small, top > 0), 0.0, missing)),
        )
        return self.temperature * log_mean + largest + self.margin - scores
