"""λ grows during training."""

from typing import Any

import keras

from lnl_sr_tf import schedules
from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.callbacks.recompile import recompile_where_captured
from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.losses.base import check_range


class RegularizationScheduler(keras.callbacks.Callback):
    """Sets the weight of sparse regularization each epoch: λ_t = λ0 · ρ^⌊t/r⌋.

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), section 2.3. λ depends on the epoch and λ0 alone, whatever was trained,
    saved or loaded before: training can be continued with `fit(initial_epoch=…)`, and
    the same loss can be used for several trainings.

    If the model has several outputs, each with its own loss, all losses with sparse
    regularization are set.

    On JAX the step of a plain `keras.Model` is recompiled whenever λ changes; that of a
    `lnl.training.RobustModel` is not.

    Args:
        rho: ρ > 0; in the paper 2 (MNIST), 1.03 (CIFAR-10), 1.02 (CIFAR-100).
        every: r ≥ 1, epochs between two changes.
        initial: λ0 ≥ 0; by default the `initial_weight` of each loss, which is the
            weight that it was made with, or that was last assigned to it.

    Raises:
        ValueError: if a number is out of range, or the model was not compiled with
            `lnl.losses.SparseRegularization`.

    Example:
        model.fit(x, y, callbacks=[RegularizationScheduler(rho=1.03)])
    """

    def __init__(
        self, rho: float, every: int = 1, initial: float | None = None
    ) -> None:
        super().__init__()
        self.rho = check_range("rho", rho, 0.0, float("inf"), open_low=True)
        if int(every) != every or every < 1:
            raise ValueError(
                f"`every` must be a whole number of at least 1. Received: {every!r}"
            )
        if initial is not None:
            check_range("initial", initial, 0.0, float("inf"))
        self.every = int(every)
        self.initial = initial
        self._starts: list[tuple[SparseRegularization, float]] = []
        self._last: list[float] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses, and take λ0 from each if it was not given."""
        losses = needed_losses(self, SparseRegularization)
        self._starts = [
            (loss, loss.initial_weight if self.initial is None else self.initial)
            for loss in losses
        ]
        self._last = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set λ for this epoch."""
        weights = []
        for loss, start in self._starts:
            weight = schedules.regularization_weight(epoch, start, self.rho, self.every)
            loss.move_weight(weight)
            weights.append(weight)
        if weights != self._last:
            recompile_where_captured(
                self.model, [loss.weight for loss, _ in self._starts]
            )
        self._last = weights
