"""The learning rate, told to optimised gradient clipping."""

from typing import Any

import keras

from lnl_sr_tf.callbacks.needed_losses import needed_losses
from lnl_sr_tf.callbacks.recompile import constants
from lnl_sr_tf.losses import OptimizedGradientClipping


class ClippingScheduler(keras.callbacks.Callback):
    """Tells `lnl.losses.OptimizedGradientClipping` the learning rate of each epoch.

    Put it after whatever sets the learning rate, for instance
    `keras.callbacks.LearningRateScheduler`. Of a schedule within the optimiser it takes
    the rate at the begin of each epoch.

    Raises:
        ValueError: when training begins, if the model was not compiled with
            `lnl.losses.OptimizedGradientClipping`, or if it is a plain `keras.Model` on
            JAX, whose steps take the variables of a loss as constants.

    Example:
        model.fit(x, y, epochs=60, callbacks=[ClippingScheduler()])
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the losses."""
        self._losses = needed_losses(self, OptimizedGradientClipping)
        for loss in self._losses:
            if constants(self.model, loss.variables):
                raise ValueError(
                    "ClippingScheduler on JAX needs a `lnl.training.RobustModel`. "
                    f"Received: {type(self.model).__name__}"
                )

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell them the learning rate."""
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        for loss in self._losses:
            loss.learning_rate.assign(rate)
