"""How long a run will take, told within its first epoch if that is long."""

import time
from collections.abc import Callable
from typing import Any

import keras

from lnl_sr_tf.config import Config
from lnl_sr_tf.duration import duration

_WATCHED = 8.0  # seconds of steps, from which the others are judged
_WORTH_TELLING = 300.0  # seconds; a shorter run tells by its first epoch soon enough
_LARGE_SIDE = 40  # pixels; up to this `auto` takes a small network


class ForeseenTime(keras.callbacks.Callback):
    """Tells once, within the first epoch that it sees, how long all of them take.

    The first step, which compiles, does not count. Nothing is told if the epoch is over
    sooner: its own line says how much is left.

    Args:
        config: the settings of the run.
        image_shape: (height, width, channels), or (width,) of features.
        tell: called with the line.
        clock: seconds, as `time.monotonic`.

    Example:
        model.fit(batches, callbacks=[ForeseenTime(config, (56, 56, 3), print)])
    """

    def __init__(
        self,
        config: Config,
        image_shape: tuple[int, ...],
        tell: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.config = config
        self.image_shape = image_shape
        self.tell = tell
        self.clock = clock
        self._epoch = 0
        self._first: tuple[int, float] | None = None
        self._done = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Know which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        """Tell as soon as steps have been watched for long enough."""
        if self._done:
            return
        now = self.clock()
        if self._first is None:
            self._first = batch, now
        elif now - self._first[1] > _WATCHED:
            self._done = True
            float(logs["loss"])  # a device may lag behind the steps that it was given
            since, began = self._first
            steps = batch - since
            pace = (self.clock() - began) / steps
            epochs = self.config.epochs - self._epoch
            seconds = pace * (epochs * self.params["steps"] - batch - 1)
            if seconds > _WORTH_TELLING:
                self.tell(
                    f"judged by {steps} step{'s' * (steps != 1)} this run takes about "
                    f"{duration(seconds)}{self._advice()}"
                )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """The line of the epoch has told it."""
        self._done = True

    def _advice(self) -> str:
        config = self.config
        large = len(self.image_shape) == 3 and max(self.image_shape[:2]) > _LARGE_SIDE
        chosen = config.image_size or config.backbone or config.model != "auto"
        if not large or chosen:
            return ""
        return (
            "; --image_size=32 takes smaller images and a smaller network, "
            "--backbone one that is trained already"
        )
