"""Examples are weighed anew, by Rockafellian relaxation."""

from typing import Any

import keras

from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.losses import RockafellianRelaxation


class Reweighing(keras.callbacks.Callback):
    """Lets `lnl.losses.RockafellianRelaxation` weigh the examples anew.

    It does so at the end of each epoch whose number, from 1, its `every` divides.

    Raises:
        ValueError: when training begins, if the model was not compiled with
            `lnl.losses.RockafellianRelaxation`.

    Example:
        model.fit(x, {"label": y, "index": i}, epochs=50, callbacks=[Reweighing()])
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = needed_losses(self, RockafellianRelaxation)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Weigh them anew, if it is time."""
        for loss in self._losses:
            if (epoch + 1) % loss.every == 0:
                loss.reweigh()
