"""Wrappers for imbalanced classes."""

import math
from typing import Any

import keras
from keras import ops
from numpy.typing import ArrayLike

from lnl_sr_tf.losses.base import (
    RobustLoss,
    at_least_float32,
    check_range,
    loss_of_this_library,
)
from lnl_sr_tf.types import Tensor
from lnl_sr_tf.validation import numbers


def class_counts(name: str, counts: ArrayLike) -> list[float]:
    """Numbers of at least 0, one for each class, in the order of the classes.

    Args:
        name: name of the argument, for error messages.
        counts: how many examples each class has, or its share of them, shape (k,).

    Raises:
        ValueError: if they are no such numbers, all 0, or a pandas Series in another
            order.
    """
    # A pandas Series has an order of its own; that of value_counts() is by frequency.
    series: Any = counts if hasattr(counts, "value_counts") else None
    order = [] if series is None else list(series.index)
    if order != list(range(len(order))):
        raise ValueError(
            f"`{name}` must be in the order of the classes, 0 to k − 1. Received a "
            f"{type(counts).__name__} in the order {order[:10]}"
        )
    found: list[float] = numbers(f"`{name}`", counts, ndim=1).tolist()
    if not all(n >= 0 for n in found) or not 0 < sum(found) < math.inf:
        raise ValueError(
            f"`{name}` must say how many examples each class has, not all 0. Received: "
            f"{name}={found}"
        )
    return found


def _per_class_constant(values, outputs, counts):
    if len(counts) != outputs.shape[-1]:
        raise ValueError(
            f"`counts` is for {len(counts)} classes. Received predictions of shape "
            f"{tuple(outputs.shape)}."
        )
    return ops.convert_to_tensor(values, dtype=outputs.dtype)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class ClassBalanced(RobustLoss):
    """Any loss of this library, weighted by class: w_i L(u, i).

    w_i is proportional to (1 − β) / (1 − β^n_i), the inverse of the effective number of
    class i's n_i examples, and 1 on average over the examples, so that the loss stays
    as large as without weights. The published code takes the average over the classes,
    which makes it smaller by a factor. Cui et al., "Class-Balanced Loss Based on
    Effective Number of Samples" (CVPR 2019), Eq. 3.

    Args:
        loss: a loss of this library.
        counts: n, how many examples each class has, shape (k,), in the order of the
            classes. A class without examples weighs 0.
        beta: β in [0, 1): 0 weighs all alike, 0.9999 close to 1/n_i.
        **kwargs: arguments of `RobustLoss`.

    Raises:
        ValueError: if `loss` is no loss of this library, or a number is out of range.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = ClassBalanced(CrossEntropy(), counts=[900, 100], beta=0.999)
        >>> logits = [[0.0, 0.0]]
        >>> float(loss([1], logits) / loss([0], logits))  # 0.5936 / 0.0952
        6.235
    """

    parts = ("loss",)
    parameters = ("counts", "beta")

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        counts: ArrayLike,
        beta: float = 0.9999,
        **kwargs: Any,
    ) -> None:
        self.loss = loss_of_this_library("loss", loss)
        kwargs.setdefault("from_logits", self.loss.from_logits)
        super().__init__(**kwargs)
        self.counts = class_counts("counts", counts)
        self.beta = check_range("beta", beta, 0.0, 1.0, open_high=True)
        raw = [
            (1 - self.beta) / (1 - self.beta**count) if count else 0.0
            for count in self.counts
        ]
        total = sum(w * n for w, n in zip(raw, self.counts, strict=True))
        self._weights = [w * sum(self.counts) / total for w in raw]

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes."""
        return self.loss.outputs(y_pred)

    def per_class(self, outputs: Tensor) -> Tensor:
        """w_i L(u, i)."""
        weights = _per_class_constant(self._weights, outputs, self.counts)
        return weights * self.loss.per_class(outputs)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LogitAdjusted(RobustLoss):
    """Any loss of this library on adjusted logits, z + τ log π.

    π_i is the share of class i among the examples. The prior is in the loss already, so
    the network does not learn it, and its own argmax is fair to rare classes. Menon et
    al., "Long-tail Learning via Logit Adjustment" (ICLR 2021), Eq. 10.

    Args:
        loss: a loss of this library that takes logits.
        counts: how many examples each class has, shape (k,), in the order of the
            classes; a class without examples counts as one hundredth of an example.
        tau: τ ≥ 0; 1 is the published choice, 0 leaves the logits.
        **kwargs: arguments of `RobustLoss`.

    Raises:
        ValueError: if `loss` is no loss of this library, a number is out of range, or
            `from_logits` is false.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = LogitAdjusted(CrossEntropy(), counts=[900, 100])
        >>> float(loss([1], [[0.0, 0.0]]))  # −log 0.1
        2.303
    """

    parts = ("loss",)
    parameters = ("counts", "tau")
    needs_logits = True

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        counts: ArrayLike,
        tau: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        self.counts = class_counts("counts", counts)
        self.tau = check_range("tau", tau, 0.0, float("inf"))

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes, from adjusted logits."""
        logits = at_least_float32(y_pred)
        shares = [max(count, 0.01) / sum(self.counts) for count in self.counts]
        prior = _per_class_constant(shares, logits, self.counts)
        return self.loss.outputs(logits + self.tau * ops.log(prior))

    def per_class(self, outputs: Tensor) -> Tensor:
        """L(u, i) of the wrapped loss."""
        return self.loss.per_class(outputs)
