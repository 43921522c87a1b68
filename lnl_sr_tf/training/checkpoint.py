"""What a run needs to go on after a cut: all that changes while a model trains."""

import os
import pathlib
import re
import shutil
from typing import NamedTuple

import keras
import numpy as np

from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.files import UNREADABLE

FORMAT = 1
_STATE = "state.npz"
_NAME = re.compile(r"epoch_(\d{5,})(?:_step_(\d{6,}))?")
_KEEP = 2


class Place(NamedTuple):
    """How far a run has come: whole epochs, and steps of the next one."""

    epochs: int
    step: int = 0

    @property
    def folder(self):
        """The name of its checkpoint's folder."""
        step = f"_step_{self.step:06d}" if self.step else ""
        return f"epoch_{self.epochs:05d}{step}"

    @property
    def words(self):
        """For people."""
        if not self.step:
            return f"epoch {self.epochs}"
        return f"step {self.step} of epoch {self.epochs + 1}"


class Restored(NamedTuple):
    """What a checkpoint brought back beside the model's and the optimiser's variables.

    Args:
        place: a `Place`.
        metrics: arrays, the variables of the metrics within an epoch.
        seconds: how long the epoch had taken so far.
    """

    place: Place = Place(0)
    metrics: tuple = ()
    seconds: float = 0.0


class Checkpoint(keras.callbacks.Callback):
    """Saves the model's whole state after each epoch.

    Args:
        folder: where checkpoints go, a `pathlib.Path`; None where another machine
            writes them.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch, logs=None):
        """Save, named by how many epochs are done."""
        save(self.model, self.folder, Place(epoch + 1))


def save(model, folder, place, seconds=0.0):
    """Write a checkpoint, and keep the last two.

    It is written under another name, synced and then renamed, so that one that can be
    seen is whole, whenever the process ends.

    Args:
        model: a compiled `keras.Model`.
        folder: where checkpoints go; None where another machine writes them, which
            takes part of this one all the same: some variables are sums over machines.
        place: a `Place`.
        seconds: how long the epoch has taken so far, within one.

    Raises:
        NotFinite: if a weight is NaN or infinite, which the loss shows a step later.
        RunError: if it cannot be written; the one before is intact.
    """
    content = {"format": FORMAT, "seconds": seconds} | _content(model, place)
    if folder is None:
        return
    before = saved_places(folder)[-1:]
    try:
        _save(content, folder, place)
    except OSError as error:
        raise RunError(
            f"cannot write a checkpoint to {folder} ({error})"
            + (what_stands(before[0]) if before else what_stands(Place(0)))
        ) from error


def _save(content, folder, place):
    # Not its parents: a run's folder that is gone was removed.
    folder.mkdir(exist_ok=True)
    for old in folder.glob("unfinished_*"):  # of a process that was killed
        shutil.rmtree(old, ignore_errors=True)
    final = folder / place.folder
    unfinished = folder / f"unfinished_{place.folder}"
    unfinished.mkdir()
    # Not `save_weights`: HDF5 ends the process when the disk is full, and was
    # half of the time of an epoch on digits.
    with open(unfinished / _STATE, "wb") as file:
        np.savez(file, **content)
        file.flush()
        os.fsync(file.fileno())
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)
    _sync(folder)
    for old in saved_places(folder)[:-_KEEP]:
        shutil.rmtree(folder / old.folder, ignore_errors=True)


def _content(model, place):
    """The arrays of a checkpoint, by name."""
    content = {}
    for number, variable in enumerate(_variables(model)):
        array = keras.ops.convert_to_numpy(variable)
        if number < len(model.weights) and not np.all(np.isfinite(array)):
            raise NotFinite(f"weights ({variable.path}) became NaN or infinite")
        content[f"variable_{number}"] = array
    if place.step:
        for number, variable in enumerate(model.metrics_variables):
            content[f"metric_{number}"] = keras.ops.convert_to_numpy(variable)
    return content


def _sync(folder):
    """Let the names in a folder outlive a power cut, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def what_stands(place):
    """The end of a message: what is kept when a run ends at a place."""
    if not any(place):
        return "; nothing was saved before"
    return f"; the checkpoint of {place.words} is intact"


def saved_places(folder):
    """The `Place` of each checkpoint in a folder, in rising order."""
    names = (path.name for path in pathlib.Path(folder).glob("epoch_*"))
    found = filter(None, map(_NAME.fullmatch, names))
    return sorted(Place(int(match[1]), int(match[2] or 0)) for match in found)


def restore(model, folder, tell=print):
    """Bring back the newest checkpoint that can be read.

    Args:
        model: a compiled `keras.Model` of the same structure.
        folder: where checkpoints are.
        tell: called with a line for each that is damaged.

    Returns:
        A `Restored`; of place 0 where there is no checkpoint.

    Raises:
        RunError: if there are checkpoints, and none can be read.
    """
    places = saved_places(folder)
    problem = None
    for place in reversed(places):
        path = pathlib.Path(folder) / place.folder / _STATE
        try:
            restored = _read(model, path, place)
        except UNREADABLE as error:
            problem = f"the checkpoint {path} cannot be read ({error})"
            if place != places[0]:
                tell(f"{problem}; the one before it is used")
        else:
            return restored
    if problem:
        raise RunError(
            f"{problem}, and there is no other; remove {folder} to start anew"
        )
    return Restored()


def shared(model, restored, devices):
    """What the chief brought back, on every machine.

    Args:
        model: a compiled `keras.Model` that has made all of its variables, which become
            those of the chief.
        restored: what this machine brought back, a `Restored`.
        devices: a `lnl_sr_tf.devices.strategies.Devices`.

    Returns:
        The chief's `Restored`.
    """
    for variable in _variables(model):
        array = keras.ops.convert_to_numpy(variable)
        variable.assign(devices.from_chief(array))
    place = Place(*devices.from_chief(np.array(restored.place)).tolist())
    metrics = ()
    if place.step:
        # Of other machines none, and of an earlier version not the last ones.
        missing = model.metrics_variables[len(restored.metrics) :]
        known = [*restored.metrics, *(np.zeros(v.shape, v.dtype) for v in missing)]
        metrics = tuple(devices.from_chief(np.asarray(one)) for one in known)
    return Restored(place, metrics, restored.seconds)


def _read(model, path, place):
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    with np.load(path, allow_pickle=False) as stored:
        version = int(stored["format"]) if "format" in stored else 0
        if version != FORMAT:
            raise ValueError(f"its format is {version}, and {FORMAT} is what is read")
        count = sum(name.startswith("variable_") for name in stored.files)
        if count != len(variables):
            raise ValueError(f"it holds {count} variables of {len(variables)}")
        arrays = [stored[f"variable_{i}"] for i in range(count)]
        count = sum(name.startswith("metric_") for name in stored.files)
        metrics = tuple(stored[f"metric_{i}"] for i in range(count))
        seconds = float(stored["seconds"])
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != array.shape:
            raise ValueError(
                f"a variable of shape {tuple(variable.shape)} is {array.shape} there"
            )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return Restored(place, metrics, seconds)


def _variables(model):
    """All that changes while a model trains, in an order that does not."""
    of_the_loss = getattr(model.loss, "state", [])
    # Of dropout, which Keras counts among the variables and not among the weights.
    seeds = [v for v in model.variables if "seed_generator_state" in v.path]
    return [*model.weights, *seeds, *model.optimizer.variables, *of_the_loss]
