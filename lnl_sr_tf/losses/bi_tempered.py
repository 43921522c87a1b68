"""Bi-tempered logistic loss."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, at_least_float32, check_range, expm1
from lnl_sr_tf.types import Tensor

# Bisections, after which float32 cannot tell a difference.
_ITERATIONS = 30


@keras.saving.register_keras_serializable("lnl_sr_tf")
class BiTemperedLogisticLoss(RobustLoss):
    """Bi-tempered logistic loss, on a tempered softmax u with a heavy tail.

    L(u, i) = −log_t1 u_i − (1 − Σ_k u_k^(2−t1)) / (2 − t1), where
    log_t x = (x^(1−t) − 1) / (1 − t), and u_k = exp_t2(z_k − ν) with ν such that they
    sum to 1, where exp_t x = [1 + (1 − t) x]₊^(1/(1−t)). t1 < 1 bounds the loss, t2 > 1
    makes the tail heavy; both at 1 give cross-entropy of the softmax. Amid et al.,
    "Robust Bi-Tempered Logistic Loss Based on Bregman Divergences" (NeurIPS 2019).

    Args:
        t1: in [0, 1].
        t2: in [1, 10].
        **kwargs: arguments of `RobustLoss`: `epsilon`, `reduction`, `name`, `dtype`.

    Raises:
        ValueError: if a temperature is out of range, or `from_logits` is false.

    Example:
        >>> float(BiTemperedLogisticLoss(t1=1.0, t2=1.0)([1], [[0.0, 0.0]]))  # log 2
        0.693
    """

    parameters = ("t1", "t2")
    needs_logits = True

    def __init__(self, t1: float = 0.8, t2: float = 1.2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.t1 = check_range("t1", t1, 0.0, 1.0)
        self.t2 = check_range("t2", t2, 1.0, 10.0)

    def outputs(self, y_pred: Tensor) -> Tensor:
        """log u of the tempered softmax, shape (batch, ..., classes)."""
        logits = at_least_float32(y_pred)
        if self.t2 == 1.0:
            return ops.log_softmax(logits, axis=-1)
        fixed = ops.stop_gradient(logits)
        impossible = ops.equal(fixed, -math.inf)
        normalizer = _normalizer(fixed, self.t2)
        # dν/dz is the escort distribution of u, so no gradient goes through bisection.
        escort = ops.softmax(self.t2 * _log_exp_t(fixed - normalizer, self.t2), axis=-1)
        moved = ops.where(impossible, 0.0, logits) - ops.where(impossible, 0.0, fixed)
        normalizer += ops.sum(escort * moved, axis=-1, keepdims=True)
        return _log_exp_t(logits - normalizer, self.t2)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log_t1 u_i − (1 − Σ_k u_k^(2−t1)) / (2 − t1)."""
        rest = 1.0 - self.t1
        log_t = expm1(rest * log_probs) / rest if rest else log_probs
        powers = ops.sum(ops.exp((2.0 - self.t1) * log_probs), axis=-1, keepdims=True)
        return -log_t - (1.0 - powers) / (2.0 - self.t1)


def _log_exp_t(x, t):
    """log exp_t(x) for t > 1 and x ≤ 0."""
    return ops.log1p((1.0 - t) * x) / (1.0 - t)


def _normalizer(logits, t):
    """ν with Σ_k exp_t(z_k − ν) = 1, for t > 1, by bisection.

    In s = log(1 + (t − 1)(ν − max z)) the solution lies between 0, where the largest
    term is 1, and (t − 1) log k, where k terms as large as the largest sum to 1.
    """
    largest = ops.max(logits, axis=-1, keepdims=True, initial=-math.inf)
    low = ops.zeros_like(largest)
    width = (t - 1.0) * math.log(logits.shape[-1])
    for _ in range(_ITERATIONS):
        width /= 2.0
        shift = ops.expm1(low + width) / (t - 1.0)
        terms = ops.exp(_log_exp_t(logits - largest - shift, t))
        total = ops.sum(terms, axis=-1, keepdims=True)
        low = ops.where(total > 1.0, low + width, low)
    return largest + ops.expm1(low + width) / (t - 1.0)
