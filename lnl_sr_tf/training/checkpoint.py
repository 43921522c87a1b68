"""What a run needs to go on after a cut: weights and optimiser, an epoch at a time."""

import os
import pathlib
import shutil
import zipfile

import keras
import numpy as np

from lnl_sr_tf.errors import RunError

_STATE = "state.npz"
_PREFIX = "epoch_"
_KEEP = 2


class Checkpoint(keras.callbacks.Callback):
    """Saves the model's whole state after each epoch, and keeps the last two.

    A checkpoint is written under another name and then renamed, so that one that
    can be seen is whole, whenever the process ends.

    Args:
        folder: where checkpoints go, a `pathlib.Path`.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = pathlib.Path(folder)

    def on_epoch_end(self, epoch, logs=None):
        """Save, named by how many epochs are done."""
        done = epoch + 1
        try:
            self._save(done)
        except OSError as error:
            raise RunError(
                f"cannot write a checkpoint to {self.folder} ({error})"
                + what_stands(epoch)
            ) from error

    def _save(self, done):
        self.folder.mkdir(parents=True, exist_ok=True)
        final = self.folder / f"{_PREFIX}{done:05d}"
        unfinished = self.folder / f"unfinished_{done:05d}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        arrays = [keras.ops.convert_to_numpy(v) for v in _variables(self.model)]
        # Not `save_weights`: HDF5 ends the process when the disk is full, and was
        # half of the time of an epoch on digits.
        with open(unfinished / _STATE, "wb") as file:
            np.savez(file, *arrays)
            file.flush()
            os.fsync(file.fileno())
        shutil.rmtree(final, ignore_errors=True)
        unfinished.rename(final)
        for old in saved_epochs(self.folder)[:-_KEEP]:
            shutil.rmtree(self.folder / f"{_PREFIX}{old:05d}")


def what_stands(epochs):
    """The end of a message: what is kept when a run ends after so many epochs."""
    if not epochs:
        return "; nothing was saved before"
    return f"; the checkpoint of epoch {epochs} is intact"


def saved_epochs(folder):
    """How many epochs each checkpoint in a folder has done, in rising order."""
    names = (path.name for path in pathlib.Path(folder).glob(f"{_PREFIX}*"))
    numbers = (name.removeprefix(_PREFIX) for name in names)
    return sorted(int(number) for number in numbers if number.isdecimal())


def restore(model, folder):
    """Bring back the newest checkpoint.

    Args:
        model: a compiled `keras.Model` of the same structure.
        folder: where checkpoints are.

    Returns:
        How many epochs are done; 0 where there is no checkpoint.

    Raises:
        RunError: if the checkpoint cannot be read.
    """
    epochs = saved_epochs(folder)
    if not epochs:
        return 0
    path = pathlib.Path(folder) / f"{_PREFIX}{epochs[-1]:05d}" / _STATE
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = [stored[f"arr_{i}"] for i in range(len(variables))]
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(
            f"the checkpoint {path} cannot be read ({error}); remove its folder to go "
            "on from the one before, or the whole run folder to start anew"
        ) from error
    return epochs[-1]


def _variables(model):
    """All that changes while a model trains, in an order that does not."""
    of_the_loss = getattr(model.loss, "state", [])
    # Of dropout, which Keras counts among the variables and not among the weights.
    seeds = [v for v in model.variables if "seed_generator_state" in v.path]
    return [*model.weights, *seeds, *model.optimizer.variables, *of_the_loss]
