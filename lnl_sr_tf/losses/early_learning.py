"""Early-learning regularization."""

import math

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, check_range, finite_logs
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.predictions import may_fit


@keras.saving.register_keras_serializable("lnl_sr_tf")
class EarlyLearningRegularization(RobustLoss):
    """Cross-entropy with ELR, L(u, i) = −log u_i + λ log(1 − Σ_k t_k u_k).

    t is the moving average of what the network said of the same example before,
    t ← β t + (1 − β) u, so that what was learned early outweighs a label that is to be
    memorised late. It needs to know which example is which: without `index`, as in
    evaluation, L is cross-entropy, so train by `lnl.training.RobustModel`. Liu et al.,
    "Early-Learning Regularization Prevents Memorization of Noisy Labels" (NeurIPS
    2020).

    Args:
        strength: λ ≥ 0.
        momentum: β in [0, 1).
        num_examples: n, how many examples are trained on.
        num_classes: k. With n it gives the memory of t, n·k numbers, which is in
            `state`.
        epsilon: ε: u is held in [ε, 1 − ε] for the second term; published: 1e-4.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `reduction`, `name`,
            `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given where there is no
            memory.

    Example:
        >>> loss = EarlyLearningRegularization(num_examples=50000, num_classes=10)
        >>> model = lnl.training.RobustModel(images, logits)  # gives the index
        >>> model.compile("sgd", loss=loss)
        >>> model.fit(x, {"label": y, "index": numpy.arange(50000)})
    """

    parameters = ("strength", "momentum", "num_examples", "num_classes")

    def __init__(
        self,
        strength=3.0,
        momentum=0.7,
        num_examples=None,
        num_classes=None,
        epsilon=1e-4,
        **kwargs,
    ):
        super().__init__(epsilon=epsilon, **kwargs)
        self.strength = check_range("strength", strength, 0.0, float("inf"))
        self.momentum = check_range("momentum", momentum, 0.0, 1.0, open_high=True)
        # Beyond, u would be held in an empty interval, or 1 − ε be 1.
        check_range("epsilon", epsilon, 1e-7, 0.5, open_high=True)
        if (num_examples is None) != (num_classes is None):
            raise ValueError(
                "`num_examples` and `num_classes` belong together. Received: "
                f"num_examples={num_examples}, num_classes={num_classes}"
            )
        self.num_examples = num_examples
        self.num_classes = num_classes
        self._memory = None
        if num_examples is not None:
            self._memory = keras.Variable(
                ops.zeros((num_examples, num_classes)),
                dtype="float32",
                trainable=False,
                name="predictions",
            )

    @property
    def state(self):
        """The moving averages, shape (examples, classes)."""
        return [] if self._memory is None else [self._memory]

    @property
    def needs_index(self):
        """Whether it trains with an index: where it has a memory."""
        return self._memory is not None

    def per_class(self, log_probs):
        """−log u_i."""
        return -log_probs

    def call(self, y_true, y_pred, index=None):
        """Loss of each position, shape (batch, ...).

        Args:
            y_true: as for every loss of this library.
            y_pred: as for every loss of this library.
            index: which of the n examples each is, integers of shape (batch,); by
                default what `within_step` says. Where an example has several positions,
                n counts positions, and the shape is (batch, ...). The loss of one that
                is none of them is NaN, and nothing is remembered of it.
        """
        log_probs = finite_logs(self.checked_outputs(y_pred))
        values = of_labels(y_true, self.per_class(log_probs))
        index = known_index() if index is None else index
        if index is None:
            return values
        if self._memory is None:
            raise ValueError(
                "`index` needs a memory of predictions. Received: "
                f"num_examples={self.num_examples}, num_classes={self.num_classes}"
            )
        probs = ops.clip(ops.exp(log_probs), self.epsilon, 1.0 - self.epsilon)
        index = self._checked(index, probs)
        known = ops.logical_and(index >= 0, index < self.num_examples)
        average = self._remember(probs, ops.where(known, index, 0), known)
        agreement = ops.sum(average * probs, axis=-1)
        values = values + self.strength * ops.log(1.0 - agreement)
        # A compiled step cannot raise, and would take another example's memory.
        return ops.where(known, values, math.nan)

    def _checked(self, index, probs):
        """The index, if it says of each position which one it is.

        Raises:
            ValueError: if its shape is another, or the memory is of other classes.
        """
        index = ops.convert_to_tensor(index)
        if not may_fit(index.shape, probs.shape[:-1]):
            raise ValueError(
                "`index` must say of each prediction which of the n it is, so it has "
                "their shape without classes. Received: index of shape "
                f"{tuple(index.shape)}, predictions of shape {tuple(probs.shape)}"
            )
        if probs.shape[-1] != self.num_classes:
            raise ValueError(
                f"`num_classes` is {self.num_classes}. Received predictions of shape "
                f"{tuple(probs.shape)}"
            )
        return index

    def _remember(self, probs, index, known):
        """t of these examples, brought up to date; no gradient goes through it."""
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
