"""One run, end to end: from a config to a run folder."""

import contextlib
import dataclasses
import functools
import os
import pathlib

import numpy as np

from lnl_sr_tf import datasets, export, models, noise
from lnl_sr_tf.analysis import run_figures
from lnl_sr_tf.datasets import tensorflow_beside
from lnl_sr_tf.devices import backend, choice
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import (
    correction_matrix,
    label_noise,
    run_data,
    run_record,
    serving_temperature,
)
from lnl_sr_tf.runs import identity
from lnl_sr_tf.runs.folder import WHAT_IS_MEASURED, RunFolder, UnwrittenFolder
from lnl_sr_tf.runs.lock import RunLock
from lnl_sr_tf.training import on_device, precision
from lnl_sr_tf.training.build import build_loss, build_model, served_model
from lnl_sr_tf.training.evaluate import class_accuracy, evaluate, outputs
from lnl_sr_tf.training.fit import Training, fit
from lnl_sr_tf.training.progress import Progress, summarize


def check(config):
    """Find out before anything is written whether a config names what there is.

    Raises:
        InputError: if its dataset, loss or network is unknown, the loss does not take
            its parameters, the noise is not defined for the dataset, or there are not
            the devices.
    """
    choice.start(config)  # before anything computes
    try:
        build_loss(config)
    except (ValueError, TypeError) as error:
        raise InputError(f"--loss={config.loss}: {error}") from None
    models.check(config.model)
    datasets.check(config.dataset)
    if config.open_set:
        datasets.check(config.open_set)
    if config.weights and not os.path.isfile(os.path.expanduser(config.weights)):
        raise InputError(f"--weights={config.weights}: there is no such file")
    label_noise.check(config)
    correction_matrix.check_source(config)
    on_device.check(config)


def run(config, tell=print):
    """Train as a config says, or go on where an earlier start was cut off.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        tell: called with each line for the person who waits.

    Returns:
        The `RunFolder`, finished.

    Raises:
        InputError: if the config or the data is wrong.
        RunError: if the run cannot go on.

    Example:
        >>> folder = run(lnl.config.resolve({"dataset": "digits", "epochs": 5}))
        >>> folder.summary()["test_accuracy"]
    """
    return run_together([config], tell)[0]


def run_together(configs, tell=print):
    """Train several seeds: on JAX at once, else one after the other.

    Args:
        configs: a list of `lnl_sr_tf.config.Config` that differ in their seeds alone.
        tell: called with each line for the person who waits.

    Returns:
        The `RunFolder` of each, finished. Each is what `run` makes of it alone, but for
        rounding.

    Raises:
        InputError: if a config or the data is wrong.
        RunError: if a run cannot go on.

    Example:
        >>> settings = {"dataset": "digits", "seed": [1, 2], "parallel_seeds": True}
        >>> run_together(lnl.config.grid(settings))
    """
    choice.start(configs[0], tell)
    for config in configs:
        check(config)
        if dataclasses.replace(config, seed=0) != dataclasses.replace(
            configs[0], seed=0
        ):
            raise InputError(
                f"{config.run_name} and {configs[0].run_name} differ in more than "
                "their seeds, so they cannot be trained together"
            )
    try:
        with contextlib.ExitStack() as locks:
            return _run_together(configs, tell, locks)
    except backend.disk_errors() as error:
        if backend.out_of_memory(error):
            raise _no_memory(configs) from error
        # TensorFlow puts the name of a graph node in double braces before its text.
        reason = str(error).rpartition("}} ")[2].strip() or type(error).__name__
        raise RunError(
            f"the run in {configs[0].output_dir} had to stop: "
            f"{reason.splitlines()[0]}; what it had finished is intact, and with "
            "resume on the same command goes on from there"
        ) from error
    except Exception as error:
        if choice.peer_is_gone(error):
            raise RunError(
                f"another machine of the run in {configs[0].output_dir} is gone, or "
                "does not answer; start all of them again, and with resume on they go "
                "on from the last checkpoint"
            ) from error
        if precision.not_computable(error):
            raise RunError(
                f"this machine cannot compute {configs[0].model} with --precision="
                f"{configs[0].precision}; use --precision=float32"
            ) from error
        if not backend.out_of_memory(error):
            raise
        raise _no_memory(configs) from error


def _no_memory(configs):
    return RunError(
        f"the device has no memory left for {configs[0].model} with "
        f"batch_size={configs[0].batch_size}"
        + (f" and {len(configs)} seeds at once" if len(configs) > 1 else "")
        + "; less of either takes less"
    )


def _run_together(configs, tell, locks):
    devices = choice.start(configs[0])
    folders, trainings, source = [], [], None
    for config in configs:
        folder = _choose_folder(config, tell) if devices.chief else _unwritten(config)
        folders.append(folder)
        locked = folder.kept and folder.path.is_dir() and not folder.finished()
        if locked:
            locks.enter_context(RunLock(folder.path))
        run_record.check_same(config, folder)
        if any(devices.any([folder.finished()])):
            tell(f"{folder.path}: already finished")
            continue
        if source is None:
            source = run_data.read(config, config.dataset, config.pixels, tell)
            on_device.suits(config, source)  # before anything is written
        name = f"seed {config.seed}: " if len(configs) > 1 else ""
        late = None if locked else locks
        trainings.append(_begin(config, folder, source, devices, name, tell, late))
    try:
        fit(trainings)
        for training in trainings:
            if not training.problem and training.folder.kept:
                training.on_one_device()
                _write_results(training, tell)
        devices.wait()
    except backend.file_errors() as error:
        raise _file_gone(source) or error from None
    for training in trainings:
        if training.problem:
            raise training.problem
    return folders


def _begin(config, folder, source, devices, name, tell, locks):
    """A `Training` whose folder says what it is, held where `locks` are given."""
    dataset = run_data.load(config, folder, source, tell)
    devices.agree(
        config.run_name.encode()
        + dataset.given_labels.tobytes()
        + dataset.test_labels.tobytes()
    )
    matrix = correction_matrix.correction_matrix(
        config, dataset, folder.transition_matrix, lambda c: run(c, tell), tell
    )

    def make_by(policy):
        with precision.policy(policy):
            return build_model(config, dataset, matrix)

    # Before anything is written: the network may not fit the images.
    try:
        policy, measured = run_record.policy(config, folder, make_by, tell)
        policy = devices.choice(policy, precision.POLICIES)
        make = functools.partial(make_by, policy)
        with devices.scope():
            model = make()
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"--loss={config.loss}: {error}") from error
    if folder.kept and locks is not None:
        locks.enter_context(RunLock(folder.path))
        # Another may have come first.
        run_record.check_same(config, folder)
        run_data.check_unchanged(config, dataset, folder)
    run_record.write(config, policy, measured, model, dataset, folder, devices)
    run_data.write_labels(dataset, folder)
    missing = folder.kept and not folder.transition_matrix.is_file()
    if matrix is not None and missing:
        unfinished = folder.path / ".transition_matrix.unfinished.csv"
        noise.write_matrix(unfinished, matrix)
        unfinished.replace(folder.transition_matrix)
    tell(_headline(config, dataset, policy, folder, devices))
    run_data.warn_of_estimate(config, dataset, tell)
    if dataset.test_labels_are != "clean":
        tell(WHAT_IS_MEASURED[dataset.test_labels_are])
    progress = Progress(config, folder, dataset, tell, name)
    training = Training(config, model, dataset, folder, progress, devices, make)
    training.begin(lambda line: tell(name + line))
    place = training.restored.place
    if any(place):
        began_on = (folder.config() or {}).get("backend", backend.name())
        tell(
            f"{name}going on after {place.words}"
            + (f", which {began_on} trained" if began_on != backend.name() else "")
        )
    return training


def _file_gone(dataset):
    """A `RunError` that names an image that was whole before; None without one."""
    for images in (dataset.train_images, dataset.test_images):
        if isinstance(images, datasets.ImageFiles) and (found := images.damaged()):
            return RunError(
                f"an image changed while it was trained on: {found}; put it back, and "
                "with resume on the same command goes on from the last checkpoint"
            )
    return None


def _choose_folder(config, tell):
    """The run's folder; with resume off one that does not exist yet."""
    root = pathlib.Path(os.path.expanduser(config.output_dir))
    plain = root / config.run_name
    if config.resume:
        folder = identity.folder_of(config)
        if folder.path != plain and (plain / "config.json").is_file():
            data = " and ".join(filter(None, (config.dataset, config.open_set)))
            tell(
                f"{plain} is of other data than there is now ({data}), and stays as it "
                f"is; this run is {folder.path}"
            )
        elif folder.path != plain:
            tell(f"{folder.path} is this run: the same settings and the same data")
        return folder
    path, number = plain, 1
    while path.exists():
        number += 1
        path = path.with_name(f"{config.run_name}-{number}")
    if number > 1:
        tell(f"resume is off: earlier runs stay as they are; this one is {path}")
    return RunFolder(path)


def _unwritten(config):
    """The run's folder where another machine writes it."""
    path = pathlib.Path(os.path.expanduser(config.output_dir)) / config.run_name
    return UnwrittenFolder(path)


def _headline(config, dataset, policy, folder, devices):
    kind = "labels as they come"
    if dataset.noise_rate is None:
        kind += ", an open set among them" if config.open_set else ""
    elif config.noise != "none" or config.open_set:
        kind = f"noise {config.noise_words}, {dataset.noise_rate:.3f} as drawn"
    else:
        wrong = f"{dataset.noise_rate:.3f} of the labels wrong"
        kind = wrong if dataset.noise_rate else "no label noise"
    network = models.choose(config.model, dataset.image_shape)
    streamed = ""
    if isinstance(dataset.train_images, datasets.ImageFiles):
        streamed = ", read from their files as they are needed"
    return (
        f"{dataset.name} ({len(dataset.given_labels)} to train, "
        f"{len(dataset.test_labels)} to test{streamed}), {kind}; {_how(config)}, "
        f"{network}, {config.epochs} epochs, seed {config.seed}, {policy}"
        f"{', ' + devices.words if devices.words else ''}; "
        f"{folder.path}"
    )


def _how(config):
    return config.loss + ("" if config.method == "standard" else f" by {config.method}")


def _write_results(training, tell):
    config, dataset, folder = training.config, training.dataset, training.folder
    rows = training.log.rows
    tensorflow_beside.prepare()
    folder.figures.mkdir(exist_ok=True)
    title = f"{dataset.name}, noise {config.noise_words}"
    of_run = f"{title}, {_how(config)}, seed {config.seed}"
    kept = served_model(training.model)
    summary = summarize(dataset, rows, finished=True) | evaluate(kept, dataset)
    if dataset.fold:
        run_data.write_held_out(kept, dataset.fold, folder)
        summary["held_out"] = True
    summary |= serving_temperature.calibrated(kept, dataset, folder)
    run_figures.curves(
        rows, of_run, folder.figures / "curves.png", dataset.test_labels_are
    )
    run_figures.samples(
        dataset.train_images,
        dataset.given_labels,
        dataset.clean_labels,
        dataset.class_names,
        title,
        folder.figures / "samples.png",
    )
    run_figures.per_class(
        class_accuracy(summary),
        np.bincount(dataset.given_labels, minlength=dataset.num_classes),
        of_run,
        folder.figures / "per_class.png",
        dataset.test_labels_are,
    )
    temperature = summary["calibration_temperature"]
    exported = export.save(
        kept, folder, dataset.class_names, config.resize, temperature, dataset.bits
    )
    if not exported:
        tell("no SavedModel: TensorFlow, which it is for, is not installed")
    else:
        summary["served_otherwise"] = _served_otherwise(kept, dataset, tell)
    folder.write_summary(summary | {"saved_model": exported})


def _served_otherwise(model, dataset, tell):
    """How many test images the SavedModel, in float32, gives another label."""
    served = export.in_float32(model)
    if served is model:
        return 0
    before, after = (
        outputs(one, dataset.test_images).argmax(axis=-1) for one in (model, served)
    )
    count = int((before != after).sum())
    if count:
        tell(
            f"the SavedModel, in float32, labels {count} of {len(before)} test images "
            "otherwise than the network did in training"
        )
    return count
