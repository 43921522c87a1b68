"""Negative learning: lower the probability of a class that the example is not of.

Kim et al., "NLNL: Negative Learning for Noisy Labels" (ICCV 2019).
"""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask

from lnl_sr_tf.losses.base import RobustLoss, expm1, finite_logs
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.predictions import like_values
from lnl_sr_tf.schedules import STAGES
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class NegativeLearning(RobustLoss):
    """Negative learning, L(u, i) = −log max(1 − u_ī, ε), with ī drawn at each call.

    The complementary label ī is drawn uniformly from the classes other than i, for
    each example and each call. It is seldom the true class even where i is wrong, so
    little is learned from a wrong label; but little is learned from a right one, too.
    Their code has ε = 1e-5. Kim et al. (ICCV 2019).

    Args:
        seed: in [0, 2³¹); the same seed gives the same draws. None draws a seed. The
            position in the sequence of draws is in `state`.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if `seed` is no whole number or out of range.

    Example:
        >>> float(NegativeLearning(seed=1)([1], [[0.0, 0.0]]))  # log 2
        0.693
    """

    parameters: tuple[str, ...] = ("seed",)

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if seed is not None and not (
            isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**31
        ):
            raise ValueError(
                f"`seed` must be a whole number in [0, 2^31). Received: seed={seed!r}"
            )
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    @property
    def state(self) -> list[keras.Variable]:
        """The position in the sequence of draws."""
        return [self._generator.state]

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log max(1 − u_ī, ε)."""
        *positions, classes = ops.shape(log_probs)
        shift = keras.random.randint((*positions, 1), 1, classes, seed=self._generator)
        complementary = (ops.arange(classes, dtype="int32") + shift) % classes
        values = -ops.log(ops.maximum(-expm1(log_probs), self.epsilon))
        return ops.take_along_axis(values, complementary, axis=-1)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SelectiveNegativePositiveLearning(NegativeLearning):
    """Negative learning in three stages, as its authors trained it.

    1. negative: L(u, i) = −log(1 − u_ī) for every example;
    2. selective negative: the same, only for examples with u_i > 1/k;
    3. selective positive: −log u_i, only for examples with u_i > 1/2.

    The mean is over the selected examples (positions, if an example has several), and 0
    if a batch has none. Masked positions do not count; a sample weight multiplies a
    position's loss and does not change how many are selected. The stage is a variable,
    which `lnl.callbacks.StageScheduler` sets from the epoch. Their code has ε = 1e-5,
    weighs each example by n_max / n_i of its given class, and selects by the mean of
    its last ten outputs. Kim et al. (ICCV 2019).

    Args:
        seed: as for `NegativeLearning`.
        stage: `negative`, `selective_negative` or `selective_positive`; saving keeps
            the present one.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Example:
        >>> loss = SelectiveNegativePositiveLearning(seed=1)
        >>> loss.stage = "selective_positive"
        >>> float(loss([1], [[0.0, 0.0]]))  # no probability is above 1/2
        0.0
    """

    parameters = ("seed", "stage")

    def __init__(
        self, seed: int | None = None, stage: str = "negative", **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        self._stage = keras.Variable(0, dtype="int32", trainable=False, name="stage")
        self.stage = stage

    @property
    def variables(self) -> list[keras.Variable]:
        """The position in the sequence of draws, and the stage."""
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

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of each position, shape (batch, ...), divided by the share selected."""
        log_probs = finite_logs(self.checked_outputs(y_pred))
        log_given = of_labels(y_true, log_probs)
        negative = of_labels(y_true, self.per_class(log_probs))
        stage = self._stage.value
        thresholds = ops.convert_to_tensor(
            [-1.0, 1.0 / log_probs.shape[-1], 0.5], dtype=log_probs.dtype
        )
        selected = ops.cast(
            ops.exp(log_given) > ops.take(thresholds, stage), log_probs.dtype
        )
        values = ops.where(stage == 2, -log_given, negative)
        valid = ops.ones_like(selected)
        mask = get_keras_mask(y_pred)
        if mask is not None:
            valid = ops.cast(like_values("mask", mask, y_pred), selected.dtype)
        # At least 1, so as not to divide by 0.
        chosen = ops.maximum(ops.sum(selected * valid), 1.0)
        return selected * values * (ops.maximum(ops.sum(valid), 1.0) / chosen)
