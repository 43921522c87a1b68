"""Marginal distribution adjustment: no class is trusted for being easy."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.losses.base import (
    RobustLoss,
    check_range,
    log_probabilities,
    loss_of_this_library,
)
from lnl_sr_tf.losses.examples import places
from lnl_sr_tf.losses.labels import label_distribution
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class MarginalDistributionAdjustment(RobustLoss):
    """Any loss of this library, of the labels alone that the network says by itself.

    An example is trusted where the largest of û is its label's, with

        û_k = (u_k / m_k) / Σ_j (u_j / m_j),  m ← λ m + (1 − λ) · mean of a batch's u.

    m is what the network says on the whole: a class that it finds easy is said often,
    and its labels would be trusted for that; û is what it would say if it said all
    classes equally often. L counts for examples that are trusted; others have 0, and
    count in the mean. In the first `warmup` epochs all are trusted; then, after each
    epoch, those that agreed when they were last trained on:
    `lnl.callbacks.ExampleSelection` does that. Pan et al., "Debiased Sample Selection
    for Learning with Noisy Labels" (CVPR 2026); their removal of candidate classes is
    not here.

    It needs the index of each example: without `index`, as in evaluation, L is that of
    the loss, so train with `lnl.training.RobustModel`.

    Args:
        loss: a loss of this library that takes logits and has a formula for each class.
        momentum: λ in [0, 1); published: 0.99. m begins with 1/k.
        warmup: epochs in which all are trusted, at least 1.
        num_examples: n, the number of training examples.
        num_classes: k.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples` and `num_classes`.

    Example:
        loss = lnl.losses.get("mda_ce", num_examples=len(y), num_classes=10)
        model = lnl.training.RobustModel(images, logits)  # passes the index on
        model.compile("sgd", loss=loss)
        targets = {"label": y, "index": numpy.arange(len(y))}
        model.fit(x, targets, epochs=60, callbacks=[lnl.callbacks.ExampleSelection()])
    """

    parts = ("loss",)
    parameters = ("momentum", "warmup", "num_examples", "num_classes")

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        momentum: float = 0.99,
        warmup: int = 10,
        num_examples: int | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        if self.loss.needs_logits and not self.from_logits:
            raise ValueError(
                f"{type(self.loss).__name__} is a function of the logits. Received: "
                "from_logits=False"
            )
        self.separable = self.loss.separable
        self.momentum = check_range("momentum", momentum, 0.0, 1.0, open_high=True)
        self.warmup = int(check_range("warmup", warmup, 1.0, float("inf")))
        if (num_examples is None) != (num_classes is None):
            raise ValueError(
                "`num_examples` and `num_classes` belong together. Received: "
                f"num_examples={num_examples}, num_classes={num_classes}"
            )
        self.num_examples = num_examples
        self.num_classes = num_classes
        self.needs_index = num_examples is not None
        self._memory: list[keras.Variable] = []
        if num_examples is not None and num_classes is not None:
            self._memory = [
                keras.Variable(value, dtype="float32", trainable=False, name=name)
                for name, value in (
                    ("trusted", np.ones(num_examples)),
                    ("agreed", np.ones(num_examples)),
                    ("marginal", np.full(num_classes, 1.0 / num_classes)),
                )
            ]

    @property
    def state(self) -> list[keras.Variable]:
        """Who is trusted and who agreed, shape (examples,) each, and m."""
        return self._memory

    @property
    def trusted(self) -> np.ndarray | None:
        """Whether each example is trusted, shape (examples,); None without memory."""
        if not self._memory:
            return None
        return ops.convert_to_numpy(self._memory[0]) > 0

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes."""
        if self.from_logits:
            return self.loss.outputs(y_pred)
        return super().outputs(y_pred)

    def per_class(self, outputs: Tensor) -> Tensor:
        """L(u, i) of the wrapped loss, of an example that is trusted."""
        return self.loss.per_class(outputs)

    def call(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor | None = None
    ) -> Tensor:
        """Loss of each position, shape (batch, ...).

        Args:
            y_true: as for every loss of this library.
            y_pred: as for every loss of this library.
            index: the index of each example, integers in [0, n) of shape (batch,); by
                default that of `within_step`. If an example has several positions, n
                counts positions, and the shape is (batch, ...). Outside [0, n) the loss
                is NaN, and nothing is remembered.
        """
        values = super().call(y_true, y_pred)
        index = known_index() if index is None else index
        if index is None:
            return values
        if self.num_examples is None:
            raise ValueError(
                "`index` needs a memory of examples. Received: num_examples=None"
            )
        log_u = log_probabilities(y_pred, self.from_logits, self.epsilon)
        shape = tuple(log_u.shape)
        if shape[-1] != self.num_classes:
            raise ValueError(
                f"`num_classes` is {self.num_classes}. Received predictions of shape "
                f"{shape}"
            )
        index, known = places(index, shape[:-1], self.num_examples, shape)
        self._remember(y_true, ops.stop_gradient(log_u), index, known)
        trusted = ops.take(self._memory[0].value, index, axis=0)
        values = ops.cast(trusted, values.dtype) * values
        return ops.where(known, values, math.nan)

    def _remember(self, y_true, log_u, index, known):
        """Move m by this batch, and note which of its examples agree."""
        _, agreed, marginal = self._memory
        counted = ops.expand_dims(ops.cast(known, log_u.dtype), -1)
        axes = tuple(range(len(log_u.shape) - 1))
        total = ops.sum(counted * ops.exp(log_u), axis=axes)
        mean = ops.cast(total / ops.maximum(ops.sum(counted), 1.0), "float32")
        moved = self.momentum * marginal.value + (1.0 - self.momentum) * mean
        moved = ops.where(ops.any(known), moved, marginal.value)
        marginal.assign(moved)
        adjusted = log_u - ops.log(ops.maximum(ops.cast(moved, log_u.dtype), 1e-30))
        given = ops.argmax(label_distribution(y_true, log_u), axis=-1)
        agrees = ops.cast(ops.argmax(adjusted, axis=-1) == given, "float32")
        before = ops.take(agreed.value, index, axis=0)
        agrees = ops.reshape(ops.where(known, agrees, before), (-1,))
        agreed.assign(
            ops.scatter_update(agreed.value, ops.reshape(index, (-1, 1)), agrees)
        )

    def select(self) -> None:
        """Trust those that agreed; where none did, those that were trusted."""
        agreed = ops.convert_to_numpy(self._memory[1])
        if agreed.any():
            self._memory[0].assign(agreed)
