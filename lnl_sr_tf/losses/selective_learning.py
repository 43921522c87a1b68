"""Negative learning in stages: of all labels, of those above chance, and positive.

Kim et al., "NLNL: Negative Learning for Noisy Labels" (ICCV 2019).
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.src.backend import get_keras_mask

from lnl_sr_tf.losses.base import check_range, finite_logs
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.losses.negative_learning import NegativeLearning
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.predictions import like_values
from lnl_sr_tf.schedules import STAGES
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SelectiveNegativePositiveLearning(NegativeLearning, ExampleLoss):
    """Negative learning in three stages, as its authors trained it.

    1. negative: L(u, i) = −w_i log(1 − u_ī) for every example;
    2. selective negative: the same, only for examples with ū_i > 1/k;
    3. selective positive: −w_i log u_i, only for examples with ū_i > 1/2.

    ū is the mean of the last outputs that the example had in the steps before, or the
    output of this one where it had none, or `num_examples` is None; and w is 1 unless
    it is given. The mean is over the selected examples (positions, if an example has
    several), in the third stage weighed by w, and 0 if a batch has none. Masked
    positions do not count; a sample weight multiplies a position's loss and does not
    change how many are selected. The stage is a variable, which
    `lnl.callbacks.StageScheduler` sets from the epoch.

    Their code has ε = 1e-5, ten outputs, of which those that an example has not had
    yet count as 0, and w_i = n_max / n_i, with n_i examples of the given class i and
    n_max of the most frequent one. Kim et al. (ICCV 2019).

    Args:
        seed: as for `NegativeLearning`.
        stage: `negative`, `selective_negative` or `selective_positive`; saving keeps
            the present one.
        num_examples: n, the number of training examples; then it needs the index of
            each, so train with `lnl.training.RobustModel`.
        history: how many outputs ū is the mean of, at least 1.
        class_weight: w, k numbers of at least 0; None for 1.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples`.

    Example:
        >>> loss = SelectiveNegativePositiveLearning(seed=1)
        >>> loss.stage = "selective_positive"
        >>> float(loss([1], [[0.0, 0.0]]))  # no probability is above 1/2
        0.0
    """

    parameters = ("seed", "stage", "num_examples", "history", "class_weight")
    kept = "the last outputs of each example"

    def __init__(
        self,
        seed: int | None = None,
        stage: str = "negative",
        num_examples: int | None = None,
        history: int = 10,
        class_weight: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        # `initial_state` needs it.
        self.history = int(check_range("history", history, 1.0, float("inf")))
        super().__init__(seed, num_examples=num_examples, **kwargs)
        self.class_weight = _checked_weight(class_weight)
        self._stage = keras.Variable(0, dtype="int32", trainable=False, name="stage")
        self.stage = stage

    def initial_state(self) -> dict[str, Tensor]:
        """The outputs for the given label, and how many there were."""
        return {
            "outputs": ops.zeros((*self.sizes, self.history)),
            "seen": ops.zeros(self.sizes),
        }

    @property
    def state(self) -> list[keras.Variable]:
        """The position in the sequence of draws, and what is kept of each example."""
        return [self._generator.state, *self._state]

    @property
    def variables(self) -> list[keras.Variable]:
        """The state, and the stage."""
        return [*self.state, self._stage]

    @property
    def stage(self) -> str:
        """The stage, one of `STAGES`; assign another to change it."""
        return STAGES[int(ops.convert_to_numpy(self._stage))]

    @stage.setter
    def stage(self, value: str) -> None:
        if value not in STAGES:
            raise ValueError(
                f"`stage` must be one of {', '.join(STAGES)}. Received: {value!r}"
            )
        self._stage.assign(STAGES.index(value))

    def call(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor | None = None
    ) -> Tensor:
        """Loss of each position, shape (batch, ...), divided by the share selected."""
        index = known_index() if index is None else index
        if index is None:
            log_probs = finite_logs(self.checked_outputs(y_pred))
            given = ops.exp(of_labels(y_true, log_probs))
            return self._selected(y_true, y_pred, log_probs, given)
        return super().call(y_true, y_pred, index)

    def of_examples(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The same, selected by the outputs before, to which this one is added."""
        log_probs = finite_logs(self.checked_outputs(y_pred))
        given = ops.exp(of_labels(y_true, log_probs))
        outputs, seen = self._state
        before = self.recall(outputs, index, "float32")
        count = self.recall(seen, index, "float32")
        mean = ops.sum(before, axis=-1) / ops.clip(count, 1.0, self.history)
        mean = ops.where(count > 0, mean, ops.cast(given, "float32"))
        values = self._selected(y_true, y_pred, log_probs, mean)
        place = ops.one_hot(
            ops.cast(count, "int32") % self.history, self.history, dtype="float32"
        )
        now = ops.cast(ops.expand_dims(ops.stop_gradient(given), -1), "float32")
        self.keep(outputs, place * now + (1.0 - place) * before, index, known)
        self.keep(seen, count + 1.0, index, known)
        return values, known

    def _selected(self, y_true, y_pred, log_probs, confidence):
        """The loss of the stage, where the given label is likely enough."""
        stage = self._stage.value
        thresholds = ops.convert_to_tensor(
            [-1.0, 1.0 / log_probs.shape[-1], 0.5], dtype=log_probs.dtype
        )
        selected = ops.cast(
            confidence > ops.cast(ops.take(thresholds, stage), confidence.dtype),
            log_probs.dtype,
        )
        negative = of_labels(y_true, self.per_class(log_probs))
        values = ops.where(stage == 2, -of_labels(y_true, log_probs), negative)
        counted = ops.ones_like(selected)
        mask = get_keras_mask(y_pred)
        if mask is not None:
            counted = ops.cast(like_values("mask", mask, y_pred), selected.dtype)
        positions = ops.maximum(ops.sum(counted), 1.0)
        if self.class_weight is not None:
            weight = ops.convert_to_tensor(self.class_weight, dtype=log_probs.dtype)
            weight = of_labels(y_true, ops.broadcast_to(weight, ops.shape(log_probs)))
            values = weight * values
            counted = ops.where(stage == 2, weight, 1.0) * counted
        chosen = ops.sum(selected * counted)
        # Nothing is divided by 0.
        chosen = ops.where(chosen > 0, chosen, 1.0)
        return selected * values * (positions / chosen)


def _checked_weight(weight):
    if weight is None:
        return None
    found = np.asarray(weight, np.float64)
    if found.ndim != 1 or not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(
            "`class_weight` must be a number of at least 0 for each class. Received: "
            f"class_weight={weight!r}"
        )
    return found.tolist()
