"""One run, end to end: check, folder, data, model, training, results."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.devices import backend, choice
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import (
    checks,
    correction_matrix,
    finetuning,
    own_network,
    problems,
    run_data,
    run_model,
    run_record,
    run_results,
)
from lnl_sr_tf.experiment.given import Given, Keeps
from lnl_sr_tf.experiment.headline import headline
from lnl_sr_tf.runs import label_kinds, opening
from lnl_sr_tf.runs.folder import RunFolder, UnwrittenFolder
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.fit import fit
from lnl_sr_tf.training.progress import Progress
from lnl_sr_tf.training.training import Training

Tell = Callable[[str], None]


class Trained(NamedTuple):
    """A run that is finished.

    Args:
        folder: its `RunFolder`.
        model: as it is trained; None where the run was finished before.
        dataset: with the labels that it was trained on; likewise.
        rows: of its epochs, as in `metrics.csv`.
    """

    folder: RunFolder
    model: keras.Model | None = None
    dataset: Dataset | None = None
    rows: Sequence[dict[str, Any]] = ()


def run(
    config: Config, tell: Tell = print, devices: Devices | None = None
) -> RunFolder:
    """Train as a config says, or go on where an earlier start was cut off.

    Args:
        config: the settings of the run.
        tell: called with each line for the person who waits.
        devices: what it is trained on, from who trains several runs; by default what
            the config asks for.

    Returns:
        The `RunFolder`, finished.

    Raises:
        InputError: if the config or the data is wrong.
        RunError: if the run cannot go on.

    Example:
        folder = run(lnl.config.resolve({"dataset": "digits", "epochs": 5}))
        folder.summary()["test_accuracy"]
    """
    return run_together([config], tell, devices)[0]


def run_together(
    configs: list[Config], tell: Tell = print, devices: Devices | None = None
) -> list[RunFolder]:
    """Train several seeds: on JAX at once, else one after the other.

    Args:
        configs: of the runs, which differ in their seeds alone.
        tell: called with each line for the person who waits.
        devices: as for `run`.

    Returns:
        The `RunFolder` of each, finished. Each is what `run` makes of it alone, but for
        rounding.

    Raises:
        InputError: if a config or the data is wrong.
        RunError: if a run cannot go on.

    Example:
        settings = {"dataset": "digits", "seed": [1, 2], "parallel_seeds": True}
        run_together(lnl.config.grid(settings))
    """
    devices = devices or choice.start(configs[0], tell)
    checks.check_together(configs, devices)
    return run_checked(configs, devices, tell)


def run_checked(configs: list[Config], devices: Devices, tell: Tell) -> list[RunFolder]:
    """Train several seeds whose settings `check` has passed.

    Args:
        configs: of the runs, which differ in their seeds alone.
        devices: what they are trained on.
        tell: called with each line for the person who waits.

    Returns:
        The `RunFolder` of each, finished.

    Raises:
        InputError: if the data is wrong, or does not fit the settings.
        RunError: if a run cannot go on.
    """
    return [one.folder for one in _trained(configs, devices, tell, Given())]


def run_given(
    config: Config,
    given: Given,
    tell: Tell = print,
    devices: Devices | None = None,
) -> Trained:
    """Train as a config says, on what a Python program gives.

    Args:
        config: the settings of the run.
        given: data, network, callbacks.
        tell: called with each line for the person who waits.
        devices: as for `run`.

    Raises:
        InputError: if the config, the data or the network is wrong.
        RunError: if the run cannot go on.

    Example:
        source = lnl.datasets.from_arrays(x, y)
        run_given(config, Given(source)).model
    """
    devices = devices or choice.start(config, tell)
    checks.check(config, devices, given.source)
    return _trained([config], devices, tell, given)[0]


def _trained(
    configs: list[Config], devices: Devices, tell: Tell, given: Given
) -> list[Trained]:
    kept = given.keeps is Keeps.ALL
    with problems.told(configs, kept), contextlib.ExitStack() as locks:
        folders = [_folder(config, devices, tell, given) for config in configs]
        left = [
            (config, folder)
            for config, folder in zip(configs, folders, strict=True)
            if not _finished(folder, devices, tell)
        ]
        done = {folder.path: Trained(folder, rows=folder.rows()) for folder in folders}
        if not left:
            return list(done.values())
        source = run_data.read(
            configs[0], configs[0].dataset, configs[0].pixels, tell, given.source
        )
        on_device.suits(configs[0], source)  # before anything is written
        trainings = []
        for config, folder in left:
            dataset = run_data.load(config, source, tell)
            _check_weights(config, dataset)
            devices.agree(
                config.run_name.encode()
                + dataset.given_labels.tobytes()
                + dataset.test_labels.tobytes()
            )
            matrix = _correction_matrix(config, dataset, folder, devices, tell, given)
            network, training_config = None, finetuning.of_training(config)
            before = finetuning.on_features(config)
            if before:
                head = _trained([before], devices, tell, given.before())[0].folder
                dataset = dataset.of_originals()
                network = finetuning.network(config, dataset, head)
            elif given.network:
                network = own_network.built(given.network, config, dataset)
            made = run_model.make_model(
                training_config,
                dataset,
                matrix,
                folder.config(),
                devices,
                tell,
                network,
            )
            # Nothing is written before it is known that the network fits the images.
            locks.enter_context(opening.claimed(config, dataset, folder))
            run_record.write(
                *(config, dataset, matrix, made, devices, folder, given.untold)
            )
            tell(headline(training_config, dataset, made, devices, folder))
            run_data.warn_of_estimate(config, dataset, tell)
            if dataset.test_labels_are != "clean":
                tell(label_kinds.WORDS[dataset.test_labels_are].notice)
            prefix = _prefix(config, configs)
            progress = Progress(training_config, folder, dataset, tell, prefix)
            training = Training(
                *(training_config, made.model, dataset, folder, progress, devices),
                made.make,
                more_callbacks=given.callbacks,
                # Several devices leave their model to one by a checkpoint.
                saved=given.keeps is Keeps.ALL or devices.kind != "none",
                measured=given.keeps is not Keeps.NOTHING,
            )
            _go_to_checkpoint(training, prefix, tell)
            trainings.append(training)
        with problems.of_images(source):
            fit(trainings)
            for training in trainings:
                if not training.problem and training.folder.kept:
                    training.on_one_device()
                    named = _named(training.config, configs, tell)
                    run_results.write(training, named, given.keeps)
            devices.wait()
        for training in trainings:
            if training.problem:
                raise training.problem
            folder = training.folder
            done[folder.path] = Trained(
                folder, training.model, training.dataset, training.log.rows
            )
        return list(done.values())


def _check_weights(config: Config, dataset: Dataset) -> None:
    if dataset.weights is not None and (config.mixup or config.divides):
        raise InputError(
            "sample_weight does not go with mixup, dividemix or promix, which mix "
            "examples; leave one of them out"
        )


def _folder(config: Config, devices: Devices, tell: Tell, given: Given) -> RunFolder:
    """The folder of a run; one that is not written where nothing is kept."""
    if given.keeps is Keeps.NOTHING:
        return UnwrittenFolder(config.output_dir)
    return opening.open_folder(config, devices.chief, tell, bool(given.untold))


def _prefix(config: Config, configs: list[Config]) -> str:
    """What lines of one of several seeds begin with."""
    return f"seed {config.seed}: " if len(configs) > 1 else ""


def _named(config: Config, configs: list[Config], tell: Tell) -> Tell:
    return lambda line: tell(_prefix(config, configs) + line)


def _finished(folder: RunFolder, devices: Devices, tell: Tell) -> bool:
    """Whether a run is finished, as every machine is told."""
    finished = any(devices.any([folder.finished()]))
    if finished:
        tell(f"{folder.path}: already finished")
    return finished


def _correction_matrix(
    config: Config,
    dataset: Dataset,
    folder: RunFolder,
    devices: Devices,
    tell: Tell,
    given: Given,
) -> np.ndarray | None:
    """The matrix that the loss is corrected by; a short run is trained first for one
    that is estimated.
    """
    before = correction_matrix.warm_up(config, folder, tell)
    warm_up = None
    if before:
        warm_up = _trained([before], devices, tell, given.before())[0].folder
    return correction_matrix.correction_matrix(config, dataset, folder, warm_up, tell)


def _go_to_checkpoint(training: Training, prefix: str, tell: Tell) -> None:
    """Go back to the last checkpoint, and tell where that is."""
    training.begin(lambda line: tell(prefix + line))
    place = training.restored.place
    if any(place):
        began_on = (training.folder.config() or {}).get("backend", backend.name())
        tell(
            f"{prefix}going on after {place.words}"
            + (f", which {began_on} trained" if began_on != backend.name() else "")
        )
