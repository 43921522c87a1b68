"""Negative learning: lower the probability of a class that the example is not of.

Kim et al., "NLNL: Negative Learning for Noisy Labels" (ICCV 2019).
"""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, expm1
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
