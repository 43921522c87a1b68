"""Training in stages."""

from collections.abc import Mapping
from typing import Any

import keras

from lnl_sr_tf import schedules
from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.callbacks.recompile import recompile_where_captured
from lnl_sr_tf.losses import SelectiveNegativePositiveLearning
from lnl_sr_tf.schedules import STAGES


class StageScheduler(keras.callbacks.Callback):
    """Sets the stage of selective negative and positive learning each epoch.

    Kim et al., "NLNL: Negative Learning for Noisy Labels" (ICCV 2019). The stage
    depends on the epoch alone.

    Args:
        epochs: T ≥ 1, the number of epochs of the training.
        shares: from a stage (`negative`, `selective_negative`, `selective_positive`) to
            its share of the epochs, ≥ 0, not all 0.

    Raises:
        ValueError: if shares or epochs are out of range, or the model was not compiled
            with `lnl.losses.SelectiveNegativePositiveLearning`, with or without sparse
            regularization, for at least one of its outputs.

    Example:
        shares = {"negative": 2, "selective_negative": 1, "selective_positive": 1}
        model.fit(x, y, epochs=40, callbacks=[StageScheduler(40, shares)])
    """

    def __init__(self, epochs: int, shares: Mapping[str, float]) -> None:
        super().__init__()
        if int(epochs) != epochs or epochs < 1:
            raise ValueError(
                "`epochs` must be a whole number of at least 1. Received: "
                f"epochs={epochs!r}"
            )
        shares = dict(shares)
        right = all(name in STAGES and n >= 0 for name, n in shares.items())
        if not right or not 0 < sum(shares.values()) < float("inf"):
            raise ValueError(
                "`shares` must be finite numbers of at least 0, not all 0, of some of "
                f"{', '.join(STAGES)}. Received: shares={shares!r}"
            )
        self.epochs = int(epochs)
        self.shares = shares
        self._losses: list[SelectiveNegativePositiveLearning] = []
        self._last: str | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = needed_losses(self, SelectiveNegativePositiveLearning)
        self._last = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the stage of this epoch."""
        stage, _, _ = schedules.stage(epoch, self.epochs, self.shares)
        for loss in self._losses:
            loss.stage = stage
        if stage != self._last:
            recompile_where_captured(
                self.model, [v for loss in self._losses for v in loss.variables]
            )
        self._last = stage
