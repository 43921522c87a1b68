"""Marginal distribution adjustment: no class is trusted for being easy."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, log_probabilities
from lnl_sr_tf.losses.example_weighting import ExampleWeighting
from lnl_sr_tf.losses.labels import label_distribution
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class MarginalDistributionAdjustment(ExampleWeighting):
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

    parameters = ("momentum", "warmup", "num_examples", "num_classes")
    kept = "a memory of examples"

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        momentum: float = 0.99,
        warmup: int = 10,
        num_examples: int | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(loss, num_examples, num_classes, **kwargs)
        self.momentum = check_range("momentum", momentum, 0.0, 1.0, open_high=True)
        self.warmup = int(check_range("warmup", warmup, 1.0, float("inf")))

    def initial_state(self) -> dict[str, Tensor]:
        """Who is trusted and who agreed, shape (examples,) each, and m."""
        examples, classes = self.sizes
        return {
            "trusted": ops.ones((examples,)),
            "agreed": ops.ones((examples,)),
            "marginal": ops.full((classes,), 1.0 / classes, dtype="float32"),
        }

    def watch(
        self,
        y_true: Tensor,
        y_pred: Tensor,
        values: Tensor,
        index: Tensor,
        known: Tensor,
    ) -> None:
        """Move m by a batch, and note which of its examples agree."""
        _, agreed, marginal = self.state
        log_u = log_probabilities(y_pred, self.from_logits, self.epsilon)
        log_u = ops.stop_gradient(log_u)
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
        self.keep(agreed, agrees, index, known)

    def select(self) -> None:
        """Trust those that agreed; where none did, those that were trusted."""
        agreed = ops.convert_to_numpy(self.state[1])
        if agreed.any():
            self.state[0].assign(agreed)
