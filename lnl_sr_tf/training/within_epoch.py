"""What is looked after while an epoch goes on: checkpoints, signals, the loss."""

import math
import time

import keras

from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.training import checkpoint

_LOOK_EVERY = 2.0  # seconds; to read the loss makes a GPU wait


class Stopped(RunError):
    """A signal asked the run to stop, and it has saved its work."""


class WithinEpoch(keras.callbacks.Callback):
    """Saves within an epoch, stops when a signal asks for it, and watches the loss.

    Args:
        restored: a `lnl_sr_tf.training.checkpoint.Restored`: where the run goes on.
        folder: where checkpoints go.
        minutes: between two checkpoints within an epoch; 0 for none.
        asked: an `lnl_sr_tf.training.interruption.Asked`.
        log: the `EpochLog`, which knows how long the epoch has taken.
    """

    def __init__(self, restored, folder, minutes, asked, log):
        super().__init__()
        self.restored = restored
        self.folder = folder
        self.minutes = minutes
        self.asked = asked
        self.log = log
        self._epoch = self._offset = 0
        self._saved = self._looked = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        """In an epoch that was begun before, go on with its metrics and its clock."""
        begun = epoch == self.restored.place.epochs
        self._epoch = epoch
        self._offset = self.restored.place.step if begun else 0
        if self._offset:
            self.log.add_seconds(self.restored.seconds)
            for variable, value in zip(
                self.model.metrics_variables, self.restored.metrics, strict=True
            ):
                variable.assign(value)

    def on_train_batch_end(self, batch, logs=None):
        """Look after all of it."""
        steps = self.params["steps"]
        if batch + 1 >= steps:
            return  # the end of the epoch does it
        now = time.monotonic()
        due = self.minutes and now - self._saved > 60 * self.minutes
        # Before a checkpoint too: one of a loss that is no number helps nobody.
        if self.asked.signal or due or now - self._looked > _LOOK_EVERY:
            self._looked = now
            if not math.isfinite(float(logs["loss"])):
                raise NotFinite(f"the loss became {float(logs['loss'])}")
        if self.asked.signal:
            raise stopped(self.asked, self._save(batch))
        if due:
            self._save(batch)

    def on_epoch_end(self, epoch, logs=None):
        """Stop after the epoch's own checkpoint, if that was asked for."""
        self._saved = time.monotonic()
        if self.asked.signal:
            raise stopped(self.asked, checkpoint.Place(epoch + 1))

    def _save(self, batch):
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        place = checkpoint.Place(self._epoch, self._offset + batch + 1)
        checkpoint.save(self.model, self.folder, place, self.log.seconds())
        self._saved = time.monotonic()
        return place


def stopped(asked, place):
    """The `Stopped` of a run that has saved its work at a place."""
    return Stopped(
        f"stopped by {asked.name} after {place.words}; with resume on, the same "
        "command goes on from there"
    )
