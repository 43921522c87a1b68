"""λ that follows training: the multiplier of a constraint on how sparse outputs are."""

import math

import keras
from keras import ops

from lnl_sr_tf.losses.base import check_range
from lnl_sr_tf.types import Tensor

# An output counts as sparse above this probability, as for `lnl.metrics.SparseRate`.
_SPARSE = 0.99
# How fast log λ moves over a whole training: so much for each unit by which outputs
# are too little sparse, and at most so much.
_GAIN = 300.0
_FASTEST = 12.0
# The moving mean of the sparse rate is over this share of the training.
_LOOK = 1 / 200
# The range of λ p, the factor of the term's gradient.
_RANGE = (0.01, 10.0)


def sparse_target(progress: Tensor, pace: float) -> Tensor:
    """The share of outputs that are to be sparse by now, c = 1 − exp(−f / a) / 2.

    Args:
        progress: f in [0, 1], the share of the training that is done.
        pace: a > 0, the share of the training in which the distance to 1 falls by e.

    Example:
        >>> round(float(sparse_target(0.12, pace=0.12)), 3)
        0.816
    """
    return 1.0 - 0.5 * ops.exp(-progress / pace)


class AdaptiveWeight:
    """Moves λ so that outputs become sparse as training goes on, no faster or slower.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021),
    minimise the loss under the constraint that outputs are sparse (Eq. 8), of which λ
    is the multiplier. Here λ is found as multipliers are, by dual ascent: with f the
    share of the training that is done, c(f) the target of `sparse_target`, and s the
    share of outputs with a largest probability above 0.99 in the last batches,

        d log λ / d f = clip(300 (c(f) − s), −12, 12),  λ p in [0.01, 10].

    Where labels are clean, outputs become sparse by themselves and λ falls; where
    labels contradict each other they do not, and λ rises before they are memorised.

    Args:
        weight: the variable λ.
        p: the exponent of the norm, in (0, 1].
        pace: a of `sparse_target`, > 0.
    """

    def __init__(self, weight: keras.Variable, p: float, pace: float = 0.12) -> None:
        self.pace = check_range("pace", pace, 0.0, math.inf, open_low=True)
        self._bounds = tuple(bound / p for bound in _RANGE)
        self._weight = weight
        self._sparse, self._calls, self._share = (
            keras.Variable(0.0, dtype="float32", trainable=False, name=name)
            for name in ("sparse", "calls", "share_of_a_call")
        )

    @property
    def state(self) -> list[keras.Variable]:
        """What a checkpoint needs: λ, the sparse rate, and how far training is."""
        return [self._weight, self._sparse, self._calls]

    @property
    def variables(self) -> list[keras.Variable]:
        """All but λ: those of `state`, and the share of the training that a call is."""
        return [self._sparse, self._calls, self._share]

    @property
    def begun(self) -> bool:
        """Whether the loss was called to train."""
        return float(ops.convert_to_numpy(self._calls)) > 0

    @property
    def target(self) -> float:
        """The share of outputs that are to be sparse by now."""
        progress = self._calls.value * self._share.value
        return float(ops.convert_to_numpy(sparse_target(progress, self.pace)))

    def begin(self, before: int = 0) -> None:
        """Begin a training.

        Args:
            before: how often the loss was called before in it, by whatever λ.
        """
        self._sparse.assign(0.0)
        self._calls.assign(float(before))

    def go_on(self, calls: int) -> None:
        """Train where the loss is called so often in all; 0 lets λ stay as it is."""
        self._share.assign(1.0 / calls if calls else 0.0)

    def update(self, largest: Tensor, counts: Tensor | None) -> None:
        """Move λ by what a batch shows.

        Args:
            largest: the largest probability of each position, shape (batch, ...).
            counts: whether each position counts, of that shape; None if all do.
        """
        share, calls = self._share.value, self._calls.value
        sparse = ops.cast(ops.stop_gradient(largest) > _SPARSE, "float32")
        counts = (
            ops.ones_like(sparse) if counts is None else ops.cast(counts, "float32")
        )
        number = ops.sum(counts)
        rate = ops.sum(sparse * counts) / ops.maximum(number, 1.0)
        # A batch without examples shows nothing.
        moves = ops.logical_and(share > 0, number > 0)
        kept = ops.where(self._sparse.value > 0, ops.exp(-share / _LOOK), 0.0)
        rate = ops.where(moves, kept * self._sparse.value + (1.0 - kept) * rate, rate)
        lacking = sparse_target(calls * share, self.pace) - rate
        slope = ops.clip(_GAIN * lacking, -_FASTEST, _FASTEST)
        weight = ops.clip(self._weight.value * ops.exp(slope * share), *self._bounds)
        for variable, value in (
            (self._weight, weight),
            (self._sparse, rate),
            (self._calls, calls + 1.0),
        ):
            variable.assign(ops.where(moves, value, variable.value))
