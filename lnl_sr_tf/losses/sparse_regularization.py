"""Sparse regularization: the term that keeps a network's output close to one-hot."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.loss_names import NOT_REGULARIZED
from lnl_sr_tf.losses.adaptive_weight import AdaptiveWeight
from lnl_sr_tf.losses.added_term import AddedTerm
from lnl_sr_tf.losses.base import (
    check_range,
    log_clip,
    log_probabilities,
)
from lnl_sr_tf.losses.nested import without_terms
from lnl_sr_tf.losses.per_position import counted, masked_sum
from lnl_sr_tf.losses.within_step import is_training, tell_parts
from lnl_sr_tf.predictions import check_classes
from lnl_sr_tf.types import Tensor

# The largest float32, the type of the variable λ. Infinite λ would make the loss NaN.
_LARGEST_WEIGHT = 3.4028234e38


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SparseRegularization(AddedTerm):
    """Adds λ‖u‖_p^p to any loss: L(u, y) + λ Σ_k max(u_k, ε)^p.

    Where outputs are one-hot, Σ_i L(u, i) is the same for all of them, and that
    makes every loss tolerant of label noise. This term, together with
    `lnl.layers.OutputSharpening`, holds outputs close to one-hot. Zhou et al.,
    "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021), Eq. 9.

    λ is a variable: `lnl.callbacks.AdaptiveRegularization` lets it follow training, and
    `lnl.callbacks.RegularizationScheduler` grow from epoch to epoch. Its initial value
    λ0 is kept apart from its present one, so that a loss that is trained again, or
    saved and loaded, follows the same schedule.

    Args:
        loss: the loss L. Its `call` must return a value per example; its own reduction
            is not used.
        p: in (0, 1], the exponent; 0.1 for ten classes, 0.01 for a hundred.
        weight: λ ≥ 0; at the start of training below 1/p.
        from_logits: whether the network gives logits or probabilities; None, the
            default, takes what the wrapped loss says.
        epsilon: ε, the probability below which the term is constant. It matters:
            without it tiny probabilities dominate the gradient.
        reduction: as for every `keras.losses.Loss`.
        name: name of the instance.
        dtype: dtype of the computation.
        initial_weight: λ0 ≥ 0, where a schedule starts; by default `weight`. Saving
            keeps both.

    Raises:
        ValueError: if `loss` is no Keras loss, does not say whether it takes logits,
            has its classes along another axis than the last, or contradicts sparse
            regularization; or if a number is out of range.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = SparseRegularization(CrossEntropy(), p=0.1, weight=1.2)
        >>> float(loss([1], [[0.0, 0.0]]))  # log 2 + 1.2 · 2 · 0.5^0.1
        2.932
    """

    parameters: tuple[str, ...] = ("p", "weight")
    refused = NOT_REGULARIZED
    refusal = "cannot be regularised"
    term = "the regularisation"

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        p: float = 0.1,
        weight: float = 1.0,
        from_logits: bool | None = None,
        epsilon: float = 1e-7,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | keras.DTypePolicy | None = None,
        initial_weight: float | None = None,
    ) -> None:
        super().__init__(loss, from_logits, reduction, name, dtype)
        self.p = check_range("p", p, 0.0, 1.0, open_low=True)
        self.epsilon = check_range("epsilon", epsilon, 0.0, 1.0, True, True)
        weight = _checked("weight", weight)
        self._weight = keras.Variable(
            weight, dtype="float32", trainable=False, name="regularization_weight"
        )
        self._initial = weight
        if initial_weight is not None:
            self._initial = _checked("initial_weight", initial_weight)
        self._moved_to = self._now()
        self.adaptive: AdaptiveWeight | None = None

    def adapt(self, pace: float = 0.1) -> AdaptiveWeight:
        """Let λ follow training from now on, by an `AdaptiveWeight`.

        Saving keeps the present λ, and not that it follows.

        Args:
            pace: in (0, 1), the relative change from epoch to epoch below which
                outputs stay as sure, and λ begins to grow.

        Returns:
            The `AdaptiveWeight`, to be told how long a training is.
        """
        self.adaptive = AdaptiveWeight(self._weight, self.p, pace)
        return self.adaptive

    @property
    def weight(self) -> keras.Variable:
        """λ. Assigning a number sets both λ and λ0, where a schedule starts."""
        return self._weight

    @weight.setter
    def weight(self, value: float) -> None:
        self._initial = _checked("weight", value)
        self._move(self._initial)

    @property
    def initial_weight(self) -> float:
        """λ0, where a schedule starts: λ as it was given, or last assigned."""
        now = self._now()
        # A value that no schedule set was assigned to the variable by the user.
        kept = self.adaptive or now == self._moved_to
        return self._initial if kept else now

    def move_weight(self, value: float) -> None:
        """Set λ as a schedule does: λ0 stays the same.

        Raises:
            ValueError: if it is too large for float32.
        """
        self._initial = self.initial_weight
        self._move(_checked("weight", value))

    def _move(self, value):
        self._weight.assign(value)
        self._moved_to = self._now()

    def _now(self):
        return float(ops.convert_to_numpy(self._weight))

    @property
    def fitted(self) -> keras.losses.Loss:
        """The loss that fits the labels, without the terms that are added to it."""
        return without_terms(self)

    @property
    def state(self) -> list[keras.Variable]:
        """Variables that a checkpoint needs: λ only if more than the epoch moves it."""
        own = self.adaptive.state if self.adaptive else []
        return [*super().state, *own]

    @property
    def variables(self) -> list[keras.Variable]:
        """λ, and the variables of the wrapped loss."""
        own = self.adaptive.variables if self.adaptive else []
        return [self._weight, *own, *super().variables]

    def norm(self, y_pred: Tensor) -> Tensor:
        """‖u‖_p^p = Σ_k exp(p log max(u_k, ε)) of each position, shape (batch, ...).

        Raises:
            ValueError: if there are fewer than two classes.
        """
        return self._norm(self._log_probs(y_pred))

    def _log_probs(self, y_pred):
        y_pred = ops.convert_to_tensor(y_pred)
        check_classes(y_pred, type(self).__name__)
        return log_probabilities(y_pred, self.from_logits, self.epsilon)

    def _norm(self, log_probs):
        return ops.sum(
            ops.exp(self.p * log_clip(log_probs, self.epsilon)),
            axis=-1,
        )

    def call(self, y_true: Tensor, y_pred: Tensor, **kwargs: Any) -> Tensor:
        """Loss of each position, shape (batch, ...).

        Args:
            y_true: labels as the wrapped loss takes them.
            y_pred: logits or probabilities, shape (batch, ..., classes).
            **kwargs: for the wrapped loss.

        Returns:
            The values, with the mask of the wrapped loss, if any: a masked position
            does not count in the norm either.

        Raises:
            ValueError: if the wrapped loss gives values of another shape.
        """
        log_probs = self._log_probs(y_pred)
        norm = self._norm(log_probs)
        fit = self.loss.call(y_true, y_pred, **kwargs)
        tell_parts(self, fit, norm)
        if self.adaptive and is_training():
            surplus = ops.exp(ops.max(log_probs, axis=-1)) - 1 / log_probs.shape[-1]
            self.adaptive.update(surplus, counted(fit, y_pred))
        # `.value` hands XLA a tensor; it cannot compile a Keras variable.
        # A copy, since another call may move λ before the gradient is taken.
        weight = ops.copy(self._weight.value) if self.adaptive else self._weight.value
        term = ops.cast(weight, norm.dtype) * norm
        return masked_sum(fit, term, type(self.loss).__name__)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss, with the present λ and λ0."""
        config = super().get_config()
        config.update(
            p=self.p,
            weight=self._now(),
            initial_weight=self.initial_weight,
            epsilon=self.epsilon,
        )
        return config


def _checked(name, value):
    return check_range(name, value, 0.0, _LARGEST_WEIGHT)
