"""Early-learning regularization."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, finite_logs
from lnl_sr_tf.losses.examples import places
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class EarlyLearningRegularization(RobustLoss):
    """Cross-entropy with ELR, L(u, i) = −log u_i + λ log(1 − Σ_k t_k u_k).

    t is the moving average of the network's earlier outputs for the same example,
    t ← β t + (1 − β) u, so that what was learned early outweighs a wrong label that
    would be memorised late. It needs the index of each example: without `index`, as in
    evaluation, L is cross-entropy, so train with `lnl.training.RobustModel`. Liu et
    al., "Early-Learning Regularization Prevents Memorization of Noisy Labels" (NeurIPS
    2020).

    Args:
        strength: λ ≥ 0.
        momentum: β in [0, 1).
        num_examples: n, the number of training examples.
        num_classes: k. The moving averages, n·k numbers, are in `state`.
        epsilon: ε: u is clipped to [ε, 1 − ε] for the second term; published: 1e-4.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `reduction`, `name`,
            `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples` and `num_classes`.

    Example:
        loss = EarlyLearningRegularization(num_examples=50000, num_classes=10)
        model = lnl.training.RobustModel(images, logits)  # passes the index on
        model.compile("sgd", loss=loss)
        model.fit(x, {"label": y, "index": numpy.arange(50000)})
    """

    parameters = ("strength", "momentum", "num_examples", "num_classes")

    def __init__(
        self,
        strength: float = 3.0,
        momentum: float = 0.7,
        num_examples: int | None = None,
        num_classes: int | None = None,
        epsilon: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(epsilon=epsilon, **kwargs)
        self.strength = check_range("strength", strength, 0.0, float("inf"))
        self.momentum = check_range("momentum", momentum, 0.0, 1.0, open_high=True)
        # Outside, [ε, 1 − ε] would be empty, or 1 − ε rounded to 1.
        check_range("epsilon", epsilon, 1e-7, 0.5, open_high=True)
        if (num_examples is None) != (num_classes is None):
            raise ValueError(
                "`num_examples` and `num_classes` belong together. Received: "
                f"num_examples={num_examples}, num_classes={num_classes}"
            )
        self.num_examples = num_examples
        self.num_classes = num_classes
        self._memory = None
        # Without moving averages it is cross-entropy.
        self.needs_index = num_examples is not None
        if self.needs_index:
            self._memory = keras.Variable(
                ops.zeros((num_examples, num_classes)),
                dtype="float32",
                trainable=False,
                name="predictions",
            )

    @property
    def state(self) -> list[keras.Variable]:
        """The moving averages, shape (examples, classes)."""
        return [] if self._memory is None else [self._memory]

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log u_i."""
        return -log_probs

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
                is NaN, and no moving average changes.
        """
        log_probs = finite_logs(self.checked_outputs(y_pred))
        values = of_labels(y_true, self.per_class(log_probs))
        index = known_index() if index is None else index
        if index is None:
            return values
        if self._memory is None or self.num_examples is None:
            raise ValueError(
                "`index` needs a memory of predictions. Received: "
                f"num_examples={self.num_examples}, num_classes={self.num_classes}"
            )
        probs = ops.clip(ops.exp(log_probs), self.epsilon, 1.0 - self.epsilon)
        shape = tuple(probs.shape)
        index, known = places(index, shape[:-1], self.num_examples, shape)
        if shape[-1] != self.num_classes:
            raise ValueError(
                f"`num_classes` is {self.num_classes}. Received predictions of shape "
                f"{shape}"
            )
        average = self._remember(probs, index, known)
        agreement = ops.sum(average * probs, axis=-1)
        values = values + self.strength * ops.log(1.0 - agreement)
        return ops.where(known, values, math.nan)

    def _remember(self, probs, index, known):
        """t of these examples, updated; no gradient goes through it."""
        probs = ops.stop_gradient(probs)
        probs = probs / ops.sum(probs, axis=-1, keepdims=True)
        memory = self._memory.value
        before = ops.cast(ops.take(memory, index, axis=0), probs.dtype)
        average = self.momentum * before + (1.0 - self.momentum) * probs
        average = ops.where(ops.expand_dims(known, -1), average, before)
        updates = ops.cast(average, memory.dtype)
        if len(index.shape) > 1:
            index = ops.reshape(index, (-1,))
            updates = ops.reshape(updates, (-1, self.num_classes))
        self._memory.assign(
            ops.scatter_update(memory, ops.expand_dims(index, -1), updates)
        )
        return average
