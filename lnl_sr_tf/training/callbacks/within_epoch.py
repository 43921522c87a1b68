"""What is looked after while an epoch goes on: checkpoints, signals, the loss."""

import math
import pathlib
import time
from typing import Any

import keras

from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.interruption import Asked
from lnl_sr_tf.training import checkpoint
from lnl_sr_tf.training.callbacks.epoch_log import EpochLog

_LOOK_EVERY = 2.0  # seconds; to read the loss makes a GPU wait
_AGREE_EVERY = 10  # calls of the step; several machines must look at the same one


class Stopped(RunError):
    """A signal asked the run to stop, and it has saved its work."""


class WithinEpoch(keras.callbacks.Callback):
    """Saves within an epoch, stops when a signal asks for it, and watches the loss.

    Args:
        restored: where the run goes on.
        folder: where checkpoints go; None where another machine writes them.
        minutes: between two checkpoints within an epoch; 0 for none.
        asked: whether a signal asks to stop.
        log: it knows how long the epoch has taken.
        devices: whose machines do all of it at the same steps.
    """

    def __init__(
        self,
        restored: checkpoint.Restored,
        folder: pathlib.Path | None,
        minutes: float,
        asked: Asked,
        log: EpochLog,
        devices: Devices,
    ):
        super().__init__()
        self.restored = restored
        self.folder = folder
        self.minutes = minutes
        self.asked = asked
        self.log = log
        self.devices = devices
        self._calls = 0
        self._epoch = self._offset = 0
        self._saved = self._looked = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """In an epoch that was begun before, go on with its metrics and its clock."""
        begun = epoch == self.restored.place.epochs
        self._epoch = epoch
        self._offset = self.restored.place.step if begun else 0
        if self._offset:
            self.log.add_seconds(self.restored.seconds)
            values = checkpoint.of_metrics(self.model, self.restored.metrics)
            for variable, value in zip(
                self.model.metrics_variables, values, strict=True
            ):
                variable.assign(value)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        """Look after all of it."""
        steps = self.params["steps"]
        if batch + 1 >= steps:
            return  # the end of the epoch does it
        self._calls += 1
        if self.devices.workers > 1 and self._calls % _AGREE_EVERY:
            return
        now = time.monotonic()
        stop, due, look = self.devices.any(
            [
                self.asked.signal is not None,
                0 < 60 * self.minutes < now - self._saved,
                now - self._looked > _LOOK_EVERY,
            ]
        )
        # Before a checkpoint too: one with a loss of NaN helps nobody.
        if stop or due or look:
            self._looked = now
            if not math.isfinite(float(logs["loss"])):
                raise NotFinite(f"the loss became {float(logs['loss'])}")
        if stop:
            raise stopped(self.asked, self._save(batch))
        if due:
            self._save(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop after the epoch's own checkpoint, if that was asked for."""
        self._saved = time.monotonic()
        if any(self.devices.any([self.asked.signal is not None])):
            raise stopped(self.asked, checkpoint.Place(epoch + 1))

    def _save(self, batch: int) -> checkpoint.Place:
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        place = checkpoint.Place(self._epoch, self._offset + batch + 1)
        checkpoint.save(self.model, self.folder, place, self.log.seconds())
        self._saved = time.monotonic()
        return place


def stopped(asked: Asked, place: checkpoint.Place) -> Stopped:
    """The `Stopped` of a run that has saved its work at a place."""
    name = asked.name or "a signal to another machine"
    return Stopped(
        f"stopped by {name} after {place.words}; with resume on, the same "
        "command goes on from there"
    )
