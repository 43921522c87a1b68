"""Optimised gradient clipping: a threshold that follows the losses of training."""

from typing import Any

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.losses.base import (
    RobustLoss,
    check_range,
    finite_logs,
    loss_of_this_library,
)
from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.losses.gaussian_mixture import two_components
from lnl_sr_tf.losses.generalized_cross_entropy import GeneralizedCrossEntropy
from lnl_sr_tf.losses.labels import of_labels
from lnl_sr_tf.losses.within_step import is_training
from lnl_sr_tf.types import Tensor

# Probabilities and the cross-entropies that belong to them end here.
_LEAST = 1e-7
# Cross-entropies at which the two distributions are compared.
_POINTS = 1000
# Halvings of the range in which the threshold is looked for.
_HALVINGS = 10


@keras.saving.register_keras_serializable("lnl_sr_tf")
class OptimizedGradientClipping(RobustLoss):
    """A loss ℓ(u_i) whose slope is clipped at one that wrong labels decide.

    L(u, i) = ℓ(u_i) where u_i > q, and its tangent at q, ℓ(q) + τ (q − u_i) with
    τ = |ℓ′(q)|, below. The cross-entropies H of the last examples are taken for a
    mixture of two Gaussians, that of small H of right labels and that of large H of
    wrong ones. q is the smallest for which wrong labels pull at most 1 + ε η times as
    hard as right ones,

        E_wrong min(|ℓ′|, τ) ≤ (1 + ε η) E_right min(|ℓ′|, τ),

    with the learning rate η, so that clipping is harder as it falls. Until `queue`
    examples were seen nothing is clipped. Ye et al., "Optimized Gradient Clipping for
    Noisy Label Learning" (AAAI 2025).

    Evaluation clips where training does, and changes nothing. The state is one for the
    whole training, so several outputs need a loss each.

    Args:
        loss: `CrossEntropy`, `FocalLoss` or `GeneralizedCrossEntropy`, of logits.
        allowance: ε ≥ 0.
        every: after how many batches q is set anew, at least 1.
        queue: of how many examples H is kept, at least 2.
        learning_rate: η ≥ 0 to begin with; `lnl.callbacks.ClippingScheduler` sets it.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if `loss` is another one, or a number is out of range.

    Example:
        loss = OptimizedGradientClipping(CrossEntropy())
        model = lnl.training.RobustModel(images, logits)
        model.compile("sgd", loss=loss)
        model.fit(x, y, callbacks=[lnl.callbacks.ClippingScheduler()])
    """

    parts = ("loss",)
    parameters = ("allowance", "every", "queue")

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        allowance: float = 20.0,
        every: int = 32,
        queue: int = 4096,
        learning_rate: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        if type(self.loss) not in _SLOPES:
            raise ValueError(
                "`loss` must be a CrossEntropy, FocalLoss or GeneralizedCrossEntropy. "
                f"Received: loss={loss!r}"
            )
        self.allowance = check_range("allowance", allowance, 0.0, float("inf"))
        self.every = _whole("every", every, 1)
        self.queue = _whole("queue", queue, 2)
        rate = check_range("learning_rate", learning_rate, 0.0, float("inf"))
        self._table = _Table(self.loss)
        self._rate = _variable(rate, "learning_rate")
        self._queue = _variable(np.zeros(self.queue), "cross_entropies")
        # Examples that are in the queue; where the next one goes; batches since q was
        # set; which row of the table q is.
        self._count, self._next, self._batches, self._row = (
            _variable(0.0, name) for name in ("count", "next", "batches", "row")
        )

    @property
    def state(self) -> list[keras.Variable]:
        """The queue of cross-entropies, its counts, and the threshold."""
        return [self._queue, self._count, self._next, self._batches, self._row]

    @property
    def variables(self) -> list[keras.Variable]:
        """`state`, and the learning rate."""
        return [*self.state, self._rate]

    @property
    def learning_rate(self) -> keras.Variable:
        """η."""
        return self._rate

    @property
    def threshold(self) -> float:
        """q, the probability below which the slope is clipped."""
        return float(self._table.probs[int(ops.convert_to_numpy(self._row))])

    def per_class(self, log_probs: Tensor) -> Tensor:
        """ℓ(u_i), clipped at the present q."""
        row = ops.cast(self._row.value, "int32")
        prob, value, slope = (
            ops.take(ops.cast(column, log_probs.dtype), row)
            for column in (self._table.probs, self._table.values, self._table.slopes)
        )
        probs = ops.exp(log_probs)
        clipped = value + slope * (prob - probs)
        return ops.where(probs <= prob, clipped, self.loss.per_class(log_probs))

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of each position, shape (batch, ...)."""
        log_probs = finite_logs(self.checked_outputs(y_pred))
        if is_training():
            self._watch(of_labels(y_true, -log_probs))
        return of_labels(y_true, self.per_class(log_probs))

    def _watch(self, entropies):
        """Note the cross-entropies of a batch, and set q anew when it is time."""
        found = ops.stop_gradient(ops.cast(ops.reshape(entropies, (-1,)), "float32"))
        # Of labels that are no class there is none.
        found = ops.where(ops.isnan(found), 0.0, found)
        found = ops.clip(found, -np.log1p(-_LEAST), -np.log(_LEAST))[-self.queue :]
        size = ops.shape(found)[0]
        places = ops.cast(self._next.value, "int32") + ops.arange(size, dtype="int32")
        places = ops.mod(places, self.queue)
        queue = ops.scatter_update(
            self._queue.value, ops.expand_dims(places, -1), found
        )
        size = ops.cast(size, "float32")
        count = ops.minimum(self._count.value + size, float(self.queue))
        batches = self._batches.value + 1.0
        due = batches >= self.every
        ready = ops.logical_and(due, count >= self.queue)
        row = ops.cond(
            ready,
            lambda: self._table.row(queue, 1.0 + self.allowance * self._rate.value),
            lambda: ops.copy(self._row.value),
        )
        for variable, value in (
            (self._row, row),
            (self._queue, queue),
            (self._count, count),
            (self._next, ops.mod(self._next.value + size, float(self.queue))),
            (self._batches, ops.where(due, 0.0, batches)),
        ):
            variable.assign(value)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss, with the present learning rate."""
        config = super().get_config()
        config["learning_rate"] = float(ops.convert_to_numpy(self._rate))
        return config


class _Table:
    """ℓ and |ℓ′| at every q that halving the range ten times can end at."""

    def __init__(self, loss):
        value, weight = _SLOPES[type(loss)]
        self.probs = np.linspace(_LEAST, 1.0 - _LEAST, 2**_HALVINGS + 1)
        self.values = value(loss, self.probs)
        self.slopes = weight(loss, self.probs) / self.probs
        points = np.linspace(-np.log1p(-_LEAST), -np.log(_LEAST), _POINTS)
        self._points = points
        probs = np.exp(-points)
        self._pulls = weight(loss, probs) / probs
        # How many of the points each q leaves as they are.
        self._kept = np.searchsorted(points, -np.log(self.probs))

    def row(self, entropies, most):
        """The row of the smallest q at which wrong labels pull at most `most` times."""
        right, wrong = (
            self._pull(one) for one in two_components(ops.cast(entropies, "float32"))
        )
        fits = wrong / right <= most
        last = len(self.probs) - 1
        low, high = ops.cast(0, "int32"), ops.cast(last, "int32")
        for _ in range(_HALVINGS):
            middle = (low + high) // 2
            enough = ops.take(fits, middle)
            low = ops.where(enough, low, middle)
            high = ops.where(enough, middle, high)
        high = ops.where(fits[0], 0, ops.where(fits[last], high, last))
        return ops.cast(high, "float32")

    def _pull(self, component):
        """E min(|ℓ′|, τ) of a component, truncated to the range of H, for every q."""
        points = ops.cast(self._points, "float32")
        logs = -((points - component.mean) ** 2) / (2.0 * component.variance)
        density = ops.softmax(logs)
        zero = ops.zeros((1,), "float32")
        below = ops.cumsum(density * ops.cast(self._pulls, "float32"))
        below = ops.concatenate([zero, below])
        above = ops.flip(ops.cumsum(ops.flip(density, axis=0)), axis=0)
        above = ops.concatenate([above, zero])
        kept = ops.cast(self._kept, "int32")
        tau = ops.cast(self.slopes, "float32")
        return ops.take(below, kept) + tau * ops.take(above, kept)


def _of_cross_entropy(loss, u):
    return -np.log(u)


def _of_focal(loss, u):
    return -((1.0 - u) ** loss.gamma) * np.log(u)


def _of_generalized(loss, u):
    return -np.expm1(loss.q * np.log(u)) / loss.q


def _weight_of_focal(loss, u):
    weight = (1.0 - u) ** loss.gamma
    if loss.constant_factor or loss.gamma == 0:
        return weight
    return weight - loss.gamma * u * (1.0 - u) ** (loss.gamma - 1.0) * np.log(u)


# ℓ(u), and w(u) = −u ℓ′(u), in float64.
_SLOPES = {
    CrossEntropy: (_of_cross_entropy, lambda loss, u: np.ones_like(u)),
    FocalLoss: (_of_focal, _weight_of_focal),
    GeneralizedCrossEntropy: (_of_generalized, lambda loss, u: u**loss.q),
}


def _variable(value, name):
    return keras.Variable(value, dtype="float32", trainable=False, name=name)


def _whole(name, value, least):
    number = check_range(name, value, least, float("inf"))
    if number != int(number):
        raise ValueError(
            f"`{name}` must be a whole number of at least {least}. "
            f"Received: {name}={value!r}"
        )
    return int(number)
