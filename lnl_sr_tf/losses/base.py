"""The base class of the losses, and the functions that they share."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.labels import is_integer, of_labels
from lnl_sr_tf.losses.per_position import PositionLoss
from lnl_sr_tf.predictions import check_classes, warn_of_softmax
from lnl_sr_tf.types import Tensor

# In place of log 0, which a logit of −inf gives: small enough to change no sum, and
# finite, since 0 · inf is NaN.
_SMALLEST_LOG = -1e30


class RobustLoss(PositionLoss):
    """Base class of the losses: turns network outputs into log-probabilities.

    A subclass writes one formula, `per_class`, which gives L(u, i) for every class
    i at once. The loss of an example with label distribution y is Σ_i y_i L(u, i):
    for an integer or one-hot label that is L(u, y), for a soft label the expected
    loss. Formulas work on log u, in float32, so that no gradient divides by a
    probability and nothing overflows for logits up to ±1e4. A logit of −inf is a class
    of probability 0. The formula's own parameters are named in `parameters`.

    Args:
        from_logits: whether the network gives logits (the default; the losses of
            Keras have False) or probabilities, which are then clipped from below at
            `epsilon`.
        epsilon: the probability below which a loss that clips does so, in (0, 1).
        reduction: as for every `keras.losses.Loss`.
        name: name of the instance.
        dtype: dtype of the computation; by default Keras's floatx, float32.

    Call arguments:
        y_true: integer labels, shape `(batch, ...)` or `(batch, ..., 1)`, in
            [0, classes) (the loss of any other is NaN); or label distributions,
            shape `(batch, ..., classes)`.
        y_pred: logits or probabilities, shape `(batch, ..., classes)`, of at least two
            classes.
        sample_weight: shape `(batch,)` or `(batch, ...)`; None weighs all alike.

    Raises:
        ValueError: if `epsilon` is out of range, or the shapes of labels, predictions
            and weights do not match.

    Example:
        >>> class Margin(RobustLoss):
        ...     def per_class(self, log_probs):
        ...         return 1.0 - ops.exp(log_probs)
        >>> float(Margin()([1], [[0.0, 0.0]]))
        0.5
    """

    # Names of the formula's own parameters, which `get_config` returns.
    parameters: tuple[str, ...] = ()
    # Whether Σ_i L(u, i) is the same for every u, which makes the loss tolerant of
    # label noise by itself (Ghosh et al., AAAI 2017).
    symmetric: bool = False
    # Whether the formula takes the logits themselves; probabilities are not enough.
    needs_logits: bool = False
    # Whether L(u, i) depends on u_i alone, so that for an integer label it need not be
    # computed for every class.
    separable: bool = False
    # Whether training must pass the index of each example to `call`.
    needs_index: bool = False
    # Names of the arguments that are losses, for a loss made of others.
    parts: tuple[str, ...] = ()

    def __init__(
        self,
        from_logits: bool = True,
        epsilon: float = 1e-7,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.from_logits = bool(from_logits)
        if self.needs_logits and not self.from_logits:
            raise ValueError(
                f"{type(self).__name__} is a function of the logits. Received: "
                f"from_logits={from_logits!r}"
            )
        self.epsilon = check_range("epsilon", epsilon, 0.0, 1.0, True, True)

    @property
    def state(self) -> list[keras.Variable]:
        """Variables that change during training and belong in a checkpoint."""
        return [v for part in self.parts for v in getattr(self, part).state]

    @property
    def variables(self) -> list[keras.Variable]:
        """`state`, and the variables that are set from the epoch."""
        return self.state

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What `per_class` takes: log u, shape (batch, ..., classes)."""
        return log_probabilities(y_pred, self.from_logits, self.epsilon)

    def per_class(self, log_probs: Tensor) -> Tensor:
        """L(u, i) for every class i, from log u; both (batch, ..., classes)."""
        raise NotImplementedError(f"{type(self).__name__} must define `per_class`.")

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of each position, shape (batch, ...)."""
        return self.of_targets(
            ops.convert_to_tensor(y_true), self.checked_outputs(y_pred)
        )

    def of_targets(self, y_true: Tensor, outputs: Tensor) -> Tensor:
        """Loss of each position, from what `outputs` gives."""
        if self.separable and is_integer(y_true, outputs):
            given = ops.expand_dims(of_labels(y_true, outputs), -1)
            return ops.squeeze(self.per_class(given), axis=-1)
        return of_labels(y_true, self.per_class(finite_logs(outputs)))

    def checked_outputs(self, y_pred: Tensor) -> Tensor:
        """`outputs`, after a check of the shape of the predictions.

        Raises:
            ValueError: if it is not (batch, ..., classes), of at least two classes.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        name = type(self).__name__
        check_classes(y_pred, name)
        if self.from_logits:
            warn_of_softmax(y_pred, name)
        return self.outputs(y_pred)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        config = super().get_config()
        config.update(from_logits=self.from_logits, epsilon=self.epsilon)
        config.update({name: getattr(self, name) for name in self.parameters})
        for part in self.parts:
            config[part] = keras.losses.serialize(getattr(self, part))
        return config


def log_probabilities(
    y_pred: Tensor, from_logits: bool = True, epsilon: float = 1e-7
) -> Tensor:
    """The logarithm of the network's output distribution, log u.

    Args:
        y_pred: logits z or probabilities u, shape `(batch, ..., classes)`.
        from_logits: whether they are logits.
        epsilon: probabilities (not logits) are clipped to at least this.

    Returns:
        log u = z − log Σ_j exp z_j, or log max(u, ε), in float32 or wider.
    """
    y_pred = at_least_float32(y_pred)
    if from_logits:
        return ops.log_softmax(y_pred, axis=-1)
    return ops.log(ops.maximum(y_pred, epsilon))


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor, with float16 and bfloat16 cast to float32."""
    tensor = ops.convert_to_tensor(tensor)
    if keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16"):
        tensor = ops.cast(tensor, "float32")
    return tensor


def expm1(x: Tensor) -> Tensor:
    """exp(x) − 1 with the derivative exp(x), on every backend.

    JAX computes the derivative as expm1(x) + 1, which rounds small probabilities to 0.
    """
    exp = ops.exp(x)
    return ops.stop_gradient(ops.expm1(x)) + (exp - ops.stop_gradient(exp))


def log_clip(log_probs: Tensor, epsilon: float) -> Tensor:
    """log max(u, ε), from log u; its gradient is zero where u < ε."""
    return ops.maximum(log_probs, math.log(epsilon))


def finite_logs(log_probs: Tensor) -> Tensor:
    """log u, with a finite number in place of log 0, where the gradient is then 0."""
    return ops.where(log_probs < _SMALLEST_LOG, _SMALLEST_LOG, log_probs)


def loss_of_this_library(name: str, loss: Any, of_logits: bool = False) -> RobustLoss:
    """`loss`, deserialised if it is a config, and checked to be a `RobustLoss`.

    Args:
        name: name of the argument, for error messages.
        loss: the argument.
        of_logits: whether the loss must take logits.

    Raises:
        ValueError: if it is no `RobustLoss`, has no formula for each class, or takes
            probabilities where it must take logits.
    """
    if isinstance(loss, dict):
        loss = keras.losses.deserialize(loss)
    if not isinstance(loss, RobustLoss):
        raise ValueError(
            f"`{name}` must be a loss of this library, for instance "
            f"`lnl.losses.CrossEntropy()`. Received: {name}={loss!r}"
        )
    if type(loss).call is not RobustLoss.call:
        raise ValueError(
            f"`{name}` cannot be a {type(loss).__name__}, which has no formula for "
            f"each class by itself. Received: {name}={loss!r}"
        )
    if of_logits and not loss.from_logits:
        raise ValueError(
            f"`{name}` must take logits. Received: {name}={loss!r} with "
            "from_logits=False"
        )
    return loss


def check_range(
    name: str,
    value: Any,
    low: float,
    high: float,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """`value` as a float if it lies in [low, high]; either end may be open.

    An infinite end is always open.

    Raises:
        ValueError: if it does not.
    """
    open_high = open_high or math.isinf(high)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    above = low < number if open_low else low <= number
    below = number < high if open_high else number <= high
    if not (above and below):
        left, right = "(" if open_low else "[", ")" if open_high else "]"
        raise ValueError(
            f"`{name}` must be a number in {left}{low:g}, {high:g}{right}. "
            f"Received: {name}={value!r}"
        )
    return number
