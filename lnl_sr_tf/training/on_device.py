"""Training with the data in the device's memory, several seeds at once, with JAX."""

import keras
import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import tensorflow_import
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.devices import backend
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.interruption import Asked
from lnl_sr_tf.training.device_epochs import DeviceData, DeviceEpochs
from lnl_sr_tf.training.training import Training

# The share of the device's memory that the examples may take.
_LARGEST_SHARE = 0.5
# What losses of several seeds may differ in: the name, and the values of variables.
_OF_EACH = ("name", "seed", "weight", "initial_weight", "stage", "prior")


def check(config: Config) -> None:
    """Raise `InputError` if the settings do not allow what they ask for here."""
    for name in ("parallel_seeds", "whole_epochs"):
        value = getattr(config, name)
        if value in (True, "yes") and backend.name() != "jax":
            raise InputError(
                f"--{name}={str(value).lower()} needs the environment variable "
                f"KERAS_BACKEND=jax; received {backend.name()}"
            )
        if value in (True, "yes") and config.divides:
            raise InputError(
                f"--{name}={str(value).lower()} does not go with "
                f"--method={config.method}, which divides the examples anew before "
                "each epoch; leave it out"
            )
        if value in (True, "yes") and _several(config):
            raise InputError(
                f"--{name}={str(value).lower()} is for one device; leave it out, or "
                "leave out --distribute and --devices"
            )
    if not config.parallel_seeds:
        return
    for name in ("imbalance", "open_set", "balance", "validation_share", "fold"):
        value = getattr(config, name)
        if value not in (None, "none"):
            raise InputError(
                f"--parallel_seeds does not go with --{name}={value}, which makes "
                "other data or another loss for each seed; leave one of them out"
            )
    if config.transition_matrix == "estimated":
        raise InputError(
            "--parallel_seeds does not go with --transition_matrix=estimated, which "
            "makes another loss for each seed; leave one of them out"
        )


def suits(config: Config, dataset: Dataset) -> bool:
    """Whether runs are to be trained here, and not by `fit` of Keras.

    Args:
        config: the settings of one of the seeds.
        dataset: gives the size of the examples.

    Raises:
        InputError: if it was asked for, and the data does not allow it.
    """
    if backend.name() != "jax" or _several(config):
        return False
    if config.divides or dataset.weights is not None:
        return False
    asked = config.whole_epochs == "yes" or config.parallel_seeds
    if not asked and (config.whole_epochs == "no" or not backend.gpus()):
        return False
    images = (dataset.train_images, dataset.test_images)
    arrays = [part for part in images if isinstance(part, np.ndarray)]
    if len(arrays) < len(images):
        problem = "it is read from files as it is needed"
    elif sum(part.nbytes for part in arrays) > _LARGEST_SHARE * _device_memory():
        problem = "it takes more than half of the device's memory"
    else:
        return True
    if asked:
        flag = "parallel_seeds" if config.parallel_seeds else "whole_epochs=yes"
        raise InputError(f"--{flag} needs the data in memory, and {problem}")
    return False


def _several(config):
    return config.distribute == "mirrored" or (config.devices or 1) > 1


def _device_memory():
    """In bytes; infinite if the device does not tell."""
    import jax

    statistics = jax.local_devices()[0].memory_stats() or {}
    return statistics.get("bytes_limit", float("inf"))


def fit(trainings: list[Training], asked: Asked) -> None:
    """Train runs that differ in their seeds alone, to their last epoch.

    If one cannot continue, its `RunError` is put into its `problem`, and the others
    continue without it.

    Args:
        trainings: runs that have begun, none in the middle of an epoch.
        asked: whether a signal has asked to stop.

    Raises:
        InputError: if their losses differ in more than the seed.
    """
    _check_alike(trainings)
    lists = {
        training: keras.callbacks.CallbackList(
            training.callbacks(asked),
            model=training.model,
            epochs=training.config.epochs,
        )
        for training in trainings
    }
    data = DeviceData(trainings[0].dataset)
    for callbacks in lists.values():
        callbacks.on_train_begin()
    group: list[Training] = []
    while True:
        going_on = [
            training
            for training in trainings
            if not training.problem
            and training.done < training.config.epochs
            and not training.model.stop_training
        ]
        if not going_on:
            break
        # After an interruption, some may have saved an epoch that others have not.
        done = min(training.done for training in going_on)
        behind = [training for training in going_on if training.done == done]
        if behind != group:
            group, epochs = behind, DeviceEpochs(behind, data)
        for training in group:
            training.model.reset_metrics()
            lists[training].on_epoch_begin(done)
        found = epochs.run(done, [lists[training] for training in group])
        for training, logs in zip(group, found, strict=True):
            try:
                lists[training].on_epoch_end(done, logs)
            except RunError as error:
                training.problem = error
            training.done += 1
    for callbacks in lists.values():
        callbacks.on_train_end()


def _check_alike(trainings):
    """Everything of a loss that is no variable is compiled once, for all runs."""
    if len(trainings) == 1:
        return
    tensorflow_import.import_tensorflow_if_installed()
    first, *others = (
        _fixed(training.model.loss.get_config()) for training in trainings
    )
    if any(other != first for other in others):
        raise InputError(
            f"--loss={trainings[0].config.loss} depends on the labels that each seed "
            "draws; leave out --parallel_seeds to train one seed after the other"
        )


def _fixed(value):
    if isinstance(value, dict):
        return {k: _fixed(v) for k, v in value.items() if k not in _OF_EACH}
    return value
