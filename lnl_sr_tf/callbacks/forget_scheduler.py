"""The forget rate of Co-teaching rises during training."""

from typing import Any

import keras

from lnl_sr_tf import schedules
from lnl_sr_tf.losses.base import check_range


class ForgetScheduler(keras.callbacks.Callback):
    """Sets the forget rate of Co-teaching each epoch: η min(t / T, 1).

    Han et al., "Co-teaching" (NeurIPS 2018).

    Args:
        final: η in [0, 1), best the noise rate.
        epochs: T ≥ 1, the number of epochs over which it rises.

    Raises:
        ValueError: if a number is out of range, or the model is not a
            `lnl.training.CoTeaching`.

    Example:
        model.fit(x, y, callbacks=[ForgetScheduler(final=0.4, epochs=10)])
    """

    def __init__(self, final: float, epochs: float = 10) -> None:
        super().__init__()
        self.final = check_range("final", final, 0.0, 1.0, open_high=True)
        check_range("epochs", epochs, 1.0, float("inf"))
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the forget rate of this epoch."""
        rate = getattr(self.model, "forget_rate", None)
        if rate is None:
            raise ValueError(
                "ForgetScheduler needs a `lnl.training.CoTeaching`. Received: "
                f"{self.model!r}"
            )
        rate.assign(schedules.forget_rate(epoch, self.final, self.epochs))
