"""Rockafellian relaxation: examples that fit badly lose their weight."""

import math
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, loss_of_this_library
from lnl_sr_tf.losses.examples import places
from lnl_sr_tf.losses.mean_absolute_error import (
    MeanAbsoluteError,
    NormalizedMeanAbsoluteError,
)
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class RockafellianRelaxation(RobustLoss):
    """Any loss of this library, weighed for each example: w_i L(u_i, y_i).

    Weights are those of a distribution over the examples that is optimised, too,

        min_p Σ_i p_i c_i + γ/2 Σ_i |p_i − 1/N|,  w_i = N p_i,

    with the loss c_i that example i had when it was last trained on. The minimum takes
    all weight from those with c_i > min c + γ and gives it to those of the smallest
    loss, in equal parts. After every `every` epochs w moves a share μ of the way there;
    `lnl.callbacks.Reweighing` does that. It begins with w_i = 1. Chen et al.,
    "Enhancing Learning with Noisy Labels via Rockafellian Relaxation" (ICLR 2026).

    It takes a large loss for a wrong label, which a loss that is robust by itself need
    not have: their MAE falls from 88.3 to 83.0 % by it (CIFAR-10, symmetric 0.3).

    It needs the index of each example: without `index`, as in evaluation, L is that of
    the loss, so train with `lnl.training.RobustModel`.

    Args:
        loss: a loss of this library that takes logits and has a formula for each class.
        cost: γ ≥ 0, the price of moving weight, in units of the loss.
        share: μ in (0, 1].
        every: after how many epochs examples are weighed anew, at least 1.
        contamination: C' in [0, 1), the share of wrong labels if it is known: then γ
            is such that this share loses its weight, and μ is 1. 0 takes γ and μ.
        num_examples: N, the number of training examples.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples`.

    Warns:
        UserWarning: if it goes around an absolute error.

    Example:
        loss = RockafellianRelaxation(CrossEntropy(), num_examples=50000)
        model = lnl.training.RobustModel(images, logits)  # passes the index on
        model.compile("sgd", loss=loss)
        targets = {"label": y, "index": numpy.arange(50000)}
        model.fit(x, targets, epochs=50, callbacks=[lnl.callbacks.Reweighing()])
    """

    parts = ("loss",)
    parameters = ("cost", "share", "every", "contamination", "num_examples")

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        cost: float = 0.8,
        share: float = 0.5,
        every: int = 10,
        contamination: float = 0.0,
        num_examples: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        if isinstance(self.loss, (MeanAbsoluteError, NormalizedMeanAbsoluteError)):
            warnings.warn(
                "RockafellianRelaxation makes the absolute error worse by its authors' "
                f"numbers; take it around CrossEntropy. Received: loss={self.loss!r}",
                stacklevel=2,
            )
        if self.loss.needs_logits and not self.from_logits:
            raise ValueError(
                f"{type(self.loss).__name__} is a function of the logits. Received: "
                "from_logits=False"
            )
        self.separable = self.loss.separable
        self.cost = check_range("cost", cost, 0.0, float("inf"))
        self.share = check_range("share", share, 0.0, 1.0, open_low=True)
        self.every = int(check_range("every", every, 1.0, float("inf")))
        self.contamination = check_range(
            "contamination", contamination, 0.0, 1.0, open_high=True
        )
        self.num_examples = num_examples
        self.needs_index = num_examples is not None
        self._memory: list[keras.Variable] = []
        if num_examples is not None:
            self._memory = [
                keras.Variable(
                    np.full(num_examples, value),
                    dtype="float32",
                    trainable=False,
                    name=name,
                )
                for name, value in (("weights", 1.0), ("losses", 0.0), ("seen", 0.0))
            ]

    @property
    def state(self) -> list[keras.Variable]:
        """w, c, and whether an example was seen; shape (examples,) each."""
        return self._memory

    @property
    def trusted(self) -> np.ndarray | None:
        """Whether each example has a weight, shape (examples,); None without memory."""
        if not self._memory:
            return None
        return ops.convert_to_numpy(self._memory[0]) > 0

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes."""
        if self.from_logits:
            return self.loss.outputs(y_pred)
        return super().outputs(y_pred)

    def per_class(self, outputs: Tensor) -> Tensor:
        """L(u, i) of the wrapped loss, without weights."""
        return self.loss.per_class(outputs)

    def call(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor | None = None
    ) -> Tensor:
        """Loss of each position, shape (batch, ...).

        Args:
            y_true: as for every loss of this library.
            y_pred: as for every loss of this library.
            index: the index of each example, integers in [0, N) of shape (batch,); by
                default that of `within_step`. If an example has several positions, N
                counts positions, and the shape is (batch, ...). Outside [0, N) the loss
                is NaN, and nothing is remembered.
        """
        values = super().call(y_true, y_pred)
        index = known_index() if index is None else index
        if index is None:
            return values
        if self.num_examples is None:
            raise ValueError(
                "`index` needs a weight of each example. Received: num_examples=None"
            )
        shape = tuple(ops.convert_to_tensor(y_pred).shape)
        index, known = places(index, shape[:-1], self.num_examples, shape)
        weights, losses, seen = self._memory
        fixed = ops.stop_gradient(ops.cast(values, "float32"))
        for memory, value in ((losses, fixed), (seen, ops.ones_like(fixed))):
            before = ops.take(memory.value, index, axis=0)
            value = ops.reshape(ops.where(known, value, before), (-1,))
            places_ = ops.reshape(index, (-1, 1))
            memory.assign(ops.scatter_update(memory.value, places_, value))
        weight = ops.cast(ops.take(weights.value, index, axis=0), values.dtype)
        return ops.where(known, weight * values, math.nan)

    def reweigh(self) -> None:
        """Move the weights of the examples that were seen, by their last losses."""
        weights, losses, seen = (ops.convert_to_numpy(one) for one in self._memory)
        known = seen > 0
        costs = losses[known].astype(np.float64)
        if not costs.size:
            return
        limit, share = costs.min() + self.cost, self.share
        if self.contamination:
            limit, share = np.quantile(costs, 1.0 - self.contamination), 1.0
        best = costs == costs.min()
        wanted = np.where(costs > limit, 0.0, 1.0)
        wanted[best] += np.sum(costs > limit) / np.sum(best)
        moved = weights.copy()
        moved[known] = share * wanted + (1.0 - share) * weights[known]
        self._memory[0].assign(moved)
