"""λ that follows training: it grows once the network has learned what is common."""

import keras
from keras import ops

from lnl_sr_tf.losses.base import check_range
from lnl_sr_tf.types import Tensor

# λ p, the factor of the term's gradient: at least so much from the start, so much
# when it has grown, and so much at the end of training.
_LEAST, _GROWN, _LAST = 0.01, 2.0, 4.0
# λ grows to `_GROWN` within so many epochs.
_EPOCHS = 4


class AdaptiveWeight:
    """Keeps λ as it is until outputs stop getting surer, and lets it grow then.

    A network learns what is common to the examples before it learns single, wrong
    labels. While it does, outputs get surer from epoch to epoch; where labels
    contradict each other they then stop, before these labels are memorised. With r_e
    the mean of max_k u_k − 1/k over the outputs of epoch e, λ grows from the first
    epoch after one with

        |r_e − r_{e−1}| < pace · r_{e−1},

    geometrically: in 4 epochs to 2/p and until the end of training to 4/p. The
    published schedule of Zhou et al., "Learning with Noisy Labels via Sparse
    Regularization" (ICCV 2021), grows from the first epoch on, by given factors.

    Args:
        weight: the variable λ.
        p: the exponent of the norm, in (0, 1].
        pace: in (0, 1), the relative change below which outputs stay as sure.
    """

    def __init__(self, weight: keras.Variable, p: float, pace: float = 0.1) -> None:
        self.pace = check_range("pace", pace, 0.0, 1.0, True, True)
        self._least, self._grown, self._last = (
            factor / p for factor in (_LEAST, _GROWN, _LAST)
        )
        self._weight = weight
        # λ of the first epoch; how sure outputs were in this epoch, as a sum over so
        # many of them, and in the one before; calls until now, and before λ grew.
        self._first, self._sum, self._number, self._before, self._calls, self._start = (
            _zero(name)
            for name in ("first", "sum", "number", "before", "calls", "start")
        )
        self._counted = [
            self._first,
            self._sum,
            self._number,
            self._before,
            self._calls,
            self._start,
        ]
        self._all, self._epoch = _zero("all_calls"), _zero("calls_per_epoch")

    @property
    def state(self) -> list[keras.Variable]:
        """What a checkpoint needs: λ, how sure outputs were, how far training is."""
        return [self._weight, *self._counted]

    @property
    def variables(self) -> list[keras.Variable]:
        """All but λ: those of `state`, and the calls in all and in an epoch."""
        return [*self._counted, self._all, self._epoch]

    @property
    def begun(self) -> bool:
        """Whether the loss was called to train."""
        return float(ops.convert_to_numpy(self._calls)) > 0

    @property
    def calls(self) -> int:
        """How often the loss was called in this training."""
        return int(ops.convert_to_numpy(self._calls))

    def begin(self, before: int = 0) -> None:
        """Begin a training, from the present λ.

        Args:
            before: how often the loss was called before in it, by whatever λ.
        """
        first = max(float(ops.convert_to_numpy(self._weight)), self._least)
        for variable in self._counted:
            variable.assign(0.0)
        self._first.assign(first)
        self._weight.assign(first)
        self._calls.assign(float(before))

    def go_on(self, calls: int, per_epoch: int = 1) -> None:
        """Train where the loss is called so often in all, and in each epoch.

        0 in all lets λ stay as it is.
        """
        self._all.assign(float(calls))
        self._epoch.assign(float(per_epoch))

    def update(self, surplus: Tensor, counts: Tensor | None) -> None:
        """Count a batch, and move λ where an epoch begins.

        Args:
            surplus: max_k u_k − 1/k of each position, shape (batch, ...).
            counts: whether each position counts, of that shape; None if all do.
        """
        surplus = ops.stop_gradient(ops.convert_to_tensor(surplus, "float32"))
        counts = (
            ops.ones_like(surplus) if counts is None else ops.cast(counts, "float32")
        )
        calls, number, before = (
            variable.value for variable in (self._calls, self._number, self._before)
        )
        ends = ops.logical_and(ops.mod(calls, self._epoch.value) == 0, number > 0)
        mean = self._sum.value / ops.maximum(number, 1.0)
        settled = ops.logical_and(ends, ops.abs(mean - before) < self.pace * before)
        start = self._start.value
        start = ops.where(ops.logical_and(settled, start == 0), calls, start)
        weight = ops.where(ends, self._at(calls, start), self._weight.value)
        kept = ops.where(ends, 0.0, 1.0)
        moves = self._all.value > 0
        for variable, value in (
            (self._weight, weight),
            (self._start, start),
            (self._before, ops.where(ends, mean, before)),
            (self._sum, kept * self._sum.value + ops.sum(surplus * counts)),
            (self._number, kept * number + ops.sum(counts)),
            (self._calls, calls + 1.0),
        ):
            variable.assign(ops.where(moves, value, variable.value))

    def _at(self, calls, start):
        """λ in the epoch that begins with this call."""
        per_epoch, first = self._epoch.value, self._first.value
        epoch = ops.floor((calls - start) / per_epoch) + 1.0
        left = ops.floor((self._all.value - start) / per_epoch) - _EPOCHS
        share = ops.minimum(epoch / _EPOCHS, 1.0)
        weight = first * (self._grown / ops.maximum(first, 1e-30)) ** share
        share = ops.maximum(epoch - _EPOCHS, 0.0) / ops.maximum(left, 1.0)
        weight = weight * (self._last / self._grown) ** share
        return ops.where(start > 0, ops.maximum(weight, first), first)


def _zero(name):
    return keras.Variable(0.0, dtype="float32", trainable=False, name=name)
