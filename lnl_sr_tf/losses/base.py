"""What every loss of this library shares."""

import math

import keras
from keras import ops

from lnl_sr_tf.losses.labels import is_integer, of_labels
from lnl_sr_tf.losses.per_position import PositionLoss
from lnl_sr_tf.predictions import check_classes, warn_of_softmax

# For log 0, which a logit of −inf gives: so small that it changes no sum of others, and
# finite, since 0 · inf is no number.
_SMALLEST_LOG = -1e30


class RobustLoss(PositionLoss):
    """Base of the losses: turns labels and network outputs into log-probabilities.

    A subclass writes one formula, `per_class`, which gives L(u, i) for every class
    i at once. The loss of an example with label distribution y is Σ_i y_i L(u, i):
    for an integer or one-hot label that is L(u, y), for a soft label the expected
    loss. Formulas work on log u, in float32, so that no gradient divides by a
    probability and nothing overflows for logits up to ±1e4. A logit of −inf is a class
    of probability 0. What the formula takes beside them it names in `parameters`.

    Args:
        from_logits: whether the network gives logits (the default) or
            probabilities, which are then clipped from below at `epsilon`.
        epsilon: the probability below which a loss that clips does so, in (0, 1).
        reduction: as for every `keras.losses.Loss`.
        name: optional name of the instance.
        dtype: dtype of the computation; float32 unless Keras's floatx says else.

    Call arguments:
        y_true: integer labels, shape `(batch, ...)` or `(batch, ..., 1)`, in
            [0, classes) (the loss of any other is NaN); or label distributions,
            shape `(batch, ..., classes)`.
        y_pred: logits or probabilities, shape `(batch, ..., classes)`, of two classes
            and more.
        sample_weight: optional, shape `(batch,)` or `(batch, ...)`.

    Raises:
        ValueError: if `epsilon` is out of range, or the shapes of labels, predictions
            and weights do not fit.

    Example:
        >>> class Margin(RobustLoss):
        ...     def per_class(self, log_probs):
        ...         return 1.0 - ops.exp(log_probs)
    """

    # Names of the formula's own parameters, which `get_config` returns.
    parameters = ()
    # Whether Σ_i L(u, i) is the same for every u, which makes the loss tolerant of
    # label noise by itself (Ghosh et al., AAAI 2017).
    symmetric = False
    # Whether the loss is about the logits themselves, so that probabilities are not
    # enough.
    needs_logits = False
    # Whether L(u, i) is a function of u_i alone, so that where a label is an integer it
    # need not be computed for every class.
    separable = False
    # Whether `call` must be told which example is which when it trains.
    needs_index = False
    # Names of the arguments that are losses, for a loss made of others.
    parts = ()

    def __init__(
        self,
        from_logits=True,
        epsilon=1e-7,
        reduction="sum_over_batch_size",
        name=None,
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.from_logits = bool(from_logits)
        if self.needs_logits and not self.from_logits:
            raise ValueError(
                f"{type(self).__name__} is a function of the logits. Received: "
                f"from_logits={from_logits!r}"
            )
        self.epsilon = check_range("epsilon", epsilon, 0.0, 1.0, True, True)

    @property
    def state(self):
        """Variables that change as training goes on, and that a checkpoint needs."""
        return [v for part in self.parts for v in getattr(self, part).state]

    @property
    def variables(self):
        """`state`, and what else is in variables, set from the epoch."""
        return self.state

    def outputs(self, y_pred):
        """What `per_class` takes: log u, shape (batch, ..., classes)."""
        return log_probabilities(y_pred, self.from_logits, self.epsilon)

    def per_class(self, log_probs):
        """L(u, i) for every class i, from log u; both (batch, ..., classes)."""
        raise NotImplementedError(f"{type(self).__name__} must define `per_class`.")

    def call(self, y_true, y_pred):
        """Loss of each position, shape (batch, ...)."""
        y_true = ops.convert_to_tensor(y_true)
        outputs = self.checked_outputs(y_pred)
        if self.separable and is_integer(y_true, outputs):
            given = ops.expand_dims(of_labels(y_true, outputs), -1)
            return ops.squeeze(self.per_class(given), axis=-1)
        return of_labels(y_true, self.per_class(finite_logs(outputs)))

    def checked_outputs(self, y_pred):
        """`outputs` of predictions that are found to be some.

        Raises:
            ValueError: if they have one class, or a shape that is none of predictions.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        name = type(self).__name__
        check_classes(y_pred, name)
        if self.from_logits:
            warn_of_softmax(y_pred, name)
        return self.outputs(y_pred)

    def get_config(self):
        """The arguments that make an equal loss."""
        config = super().get_config()
        config.update(from_logits=self.from_logits, epsilon=self.epsilon)
        config.update({name: getattr(self, name) for name in self.parameters})
        for part in self.parts:
            config[part] = keras.losses.serialize(getattr(self, part))
        return config


def log_probabilities(y_pred, from_logits=True, epsilon=1e-7):
    """The logarithm of the network's output distribution, log u.

    Args:
        y_pred: logits z or probabilities u, shape `(batch, ..., classes)`.
        from_logits: which of the two.
        epsilon: probabilities (not logits) are clipped to at least this.

    Returns:
        log u = z − log Σ_j exp z_j, or log max(u, ε), in float32 or wider.
    """
    y_pred = at_least_float32(y_pred)
    if from_logits:
        return ops.log_softmax(y_pred, axis=-1)
    return ops.log(ops.maximum(y_pred, epsilon))


def at_least_float32(tensor):
    """A tensor in float32, or wider where it is wider."""
    tensor = ops.convert_to_tensor(tensor)
    if keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16"):
        tensor = ops.cast(tensor, "float32")
    return tensor


def expm1(x):
    """exp(x) − 1 with the derivative exp(x), on every backend.

    JAX takes the derivative as expm1(x) + 1, which rounds small probabilities away.
    """
    exp = ops.exp(x)
    return ops.stop_gradient(ops.expm1(x)) + (exp - ops.stop_gradient(exp))


def log_clip(log_probs, epsilon):
    """log max(u, ε), from log u; its gradient is zero where u < ε."""
    return ops.maximum(log_probs, math.log(epsilon))


def finite_logs(log_probs):
    """log u, with a finite number in place of log 0; no gradient passes there."""
    return ops.where(log_probs < _SMALLEST_LOG, _SMALLEST_LOG, log_probs)


def loss_of_this_library(name, loss, of_logits=False):
    """`loss` as a `RobustLoss`; it may be a serialised one.

    Args:
        name: of the argument, for messages.
        loss: what was given for it.
        of_logits: whether it must take logits.

    Raises:
        ValueError: if it is none, or takes what it must not.
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
            f"`{name}` cannot be a {type(loss).__name__}, which is no formula for each "
            f"class by itself. Received: {name}={loss!r}"
        )
    if of_logits and not loss.from_logits:
        raise ValueError(
            f"`{name}` must take logits. Received: {name}={loss!r} with "
            "from_logits=False"
        )
    return loss


def check_range(name, value, low, high, open_low=False, open_high=False):
    """`value` as a float if it lies in [low, high]; an end may be open.

    An infinite end is always open.

    Raises:
        ValueError: that says what was received and what was expected.
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
