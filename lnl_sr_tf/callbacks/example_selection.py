"""The examples to trust are chosen anew, by adjusted predictions."""

from typing import Any

import keras

from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.losses import MarginalDistributionAdjustment


class ExampleSelection(keras.callbacks.Callback):
    """Lets `lnl.losses.MarginalDistributionAdjustment` choose whom to trust.

    It does so at the end of each epoch, from the last one of the loss's `warmup` on.

    Raises:
        ValueError: when training begins, if the model was not compiled with
            `lnl.losses.MarginalDistributionAdjustment`.

    Example:
        targets = {"label": y, "index": i}
        model.fit(x, targets, epochs=50, callbacks=[ExampleSelection()])
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = needed_losses(self, MarginalDistributionAdjustment)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Choose, if the warm-up is over."""
        for loss in self._losses:
            if epoch + 1 >= loss.warmup:
                loss.select()
