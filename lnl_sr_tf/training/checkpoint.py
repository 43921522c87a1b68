"""What a run needs to resume after it was cut off: all that changes in training."""

import os
import pathlib
import re
import shutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.files import UNREADABLE

FORMAT = 1
_STATE = "state.npz"
_NAME = re.compile(r"epoch_(\d{5,})(?:_step_(\d{6,}))?")
_KEEP = 2


class Place(NamedTuple):
    """How far a run has come: finished epochs, and steps of the next one."""

    epochs: int
    step: int = 0

    @property
    def folder(self) -> str:
        """The name of its checkpoint's folder."""
        step = f"_step_{self.step:06d}" if self.step else ""
        return f"epoch_{self.epochs:05d}{step}"

    @property
    def words(self) -> str:
        """The place in words, for messages."""
        if not self.step:
            return f"epoch {self.epochs}"
        return f"step {self.step} of epoch {self.epochs + 1}"


class Restored(NamedTuple):
    """What a checkpoint held besides the variables of the model and its optimiser.

    Args:
        place: where the run had come to.
        metrics: the variables of the metrics, if that is within an epoch.
        seconds: how long the epoch had taken so far.
    """

    place: Place = Place(0)
    metrics: tuple[np.ndarray, ...] = ()
    seconds: float = 0.0


class Checkpoint(keras.callbacks.Callback):
    """Saves the model's whole state after each epoch.

    Args:
        folder: where checkpoints go; None if another machine writes them.
    """

    def __init__(self, folder: pathlib.Path | None) -> None:
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save, named by the number of finished epochs."""
        save(self.model, self.folder, Place(epoch + 1))


def save(
    model: keras.Model,
    folder: pathlib.Path | None,
    place: Place,
    seconds: float = 0.0,
) -> None:
    """Write a checkpoint, and keep the last two.

    It is written under another name, synced and then renamed, so that a checkpoint
    under its own name is complete, whenever the process ends.

    Args:
        model: a compiled model.
        folder: where checkpoints go; None if another machine writes them. This one must
            take part nevertheless: some variables are sums over machines.
        place: where the run has come to.
        seconds: how long the epoch has taken so far, if that is within one.

    Raises:
        NotFinite: if a weight is NaN or infinite; the loss shows that a step later.
        RunError: if it cannot be written; the previous checkpoint is intact.
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
    # Without its parents: if the run's folder is missing, someone removed it.
    folder.mkdir(exist_ok=True)
    for old in folder.glob("unfinished_*"):  # of a process that was killed
        shutil.rmtree(old, ignore_errors=True)
    final = folder / place.folder
    unfinished = folder / f"unfinished_{place.folder}"
    unfinished.mkdir()
    # Not `save_weights`: HDF5 ends the process when the disk is full, and took half of
    # the time of an epoch on digits.
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
    """Sync a folder, if the system can, so that its names survive a power failure."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def what_stands(place: Place) -> str:
    """The end of a message: which checkpoint remains when a run ends."""
    if not any(place):
        return "; nothing was saved before"
    return f"; the checkpoint of {place.words} is intact"


def saved_places(folder: str | os.PathLike) -> list[Place]:
    """The place of each checkpoint in a folder, in rising order."""
    names = (path.name for path in pathlib.Path(folder).glob("epoch_*"))
    found = filter(None, map(_NAME.fullmatch, names))
    return sorted(Place(int(match[1]), int(match[2] or 0)) for match in found)


def restore(
    model: keras.Model,
    folder: str | os.PathLike,
    tell: Callable[[str], object] = print,
) -> Restored:
    """Load the newest checkpoint that can be read into a model.

    Args:
        model: a compiled model of the same structure.
        folder: where the checkpoints are.
        tell: called with a line for each that is damaged.

    Returns:
        What else it held; if there is no checkpoint, that of epoch 0.

    Raises:
        RunError: if there are checkpoints, but none can be read.
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


def shared(model: keras.Model, restored: Restored, devices: Devices) -> Restored:
    """The chief's checkpoint, on every machine.

    Args:
        model: a compiled model with all of its variables, which get the chief's values.
        restored: what this machine restored.
        devices: what the run trains on.

    Returns:
        What the chief restored.
    """
    for variable in _variables(model):
        array = keras.ops.convert_to_numpy(variable)
        variable.assign(devices.from_chief(array))
    place = Place(*devices.from_chief(np.array(restored.place)).tolist())
    metrics: tuple[np.ndarray, ...] = ()
    if place.step:
        # Other machines have none.
        known = of_metrics(model, restored.metrics)
        metrics = tuple(devices.from_chief(np.asarray(one)) for one in known)
    return Restored(place, metrics, restored.seconds)


def of_metrics(
    model: keras.Model, values: Sequence[np.ndarray | float]
) -> list[np.ndarray | float]:
    """A value for each variable of a model's metrics, in their order.

    Args:
        model: with all of its variables.
        values: what a checkpoint held. An earlier version, which had fewer metrics,
            wrote those that it had in the same order.

    Returns:
        Zeros for what was not there; these metrics are of the rest of the epoch.
    """
    left, found = list(values), []
    for variable in model.metrics_variables:
        there = bool(left) and np.shape(left[0]) == tuple(variable.shape)
        found.append(left.pop(0) if there else np.zeros(variable.shape, variable.dtype))
    return found


def _read(model, path, place):
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    with np.load(path, allow_pickle=False) as stored:
        version = int(stored["format"]) if "format" in stored else 0
        if version != FORMAT:
            raise ValueError(f"its format is {version}; this version reads {FORMAT}")
        count = sum(name.startswith("variable_") for name in stored.files)
        if count != len(variables):
            raise ValueError(f"it holds {count} of {len(variables)} variables")
        arrays = [stored[f"variable_{i}"] for i in range(count)]
        count = sum(name.startswith("metric_") for name in stored.files)
        metrics = tuple(stored[f"metric_{i}"] for i in range(count))
        seconds = float(stored["seconds"])
    for variable, array in zip(variables, arrays, strict=True):
        if tuple(variable.shape) != array.shape:
            raise ValueError(
                f"a variable of shape {tuple(variable.shape)} has {array.shape} there"
            )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return Restored(place, metrics, seconds)


def _variables(model):
    """All variables that change in training, always in the same order."""
    of_the_loss = getattr(model.loss, "state", [])
    # Those of dropout, which Keras counts as variables but not as weights.
    seeds = [v for v in model.variables if "seed_generator_state" in v.path]
    return [*model.weights, *seeds, *model.optimizer.variables, *of_the_loss]
