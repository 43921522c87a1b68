"""One run, end to end: from a config to a run folder."""

import os
import pathlib
import platform
import zipfile

import keras
import numpy as np

import lnl_sr_tf
from lnl_sr_tf import datasets, export, models, noise
from lnl_sr_tf.analysis import figures
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.run_folder import RunFolder
from lnl_sr_tf.training import backend, corruption, machine, precision, transition
from lnl_sr_tf.training.build import (
    build_loss,
    build_model,
    served_model,
    used_parameters,
)
from lnl_sr_tf.training.checkpoint import saved_epochs
from lnl_sr_tf.training.evaluate import class_accuracy, evaluate
from lnl_sr_tf.training.fit import fit, forget_rate
from lnl_sr_tf.training.progress import WHAT_IS_MEASURED, Progress, summarize


def check(config):
    """Find out before anything is written whether a config names what there is.

    Raises:
        InputError: if its dataset, loss or network is unknown, the loss does not take
            its parameters, or the noise is not defined for the dataset.
    """
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
    corruption.check(config)
    transition.check_source(config)


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
    check(config)
    try:
        return _run(config, tell)
    except backend.disk_errors() as error:
        # TensorFlow puts the name of a graph node in double braces before its text.
        reason = str(error).rpartition("}} ")[2].strip() or type(error).__name__
        raise RunError(
            f"the run in {config.output_dir} had to stop: {reason.splitlines()[0]}; "
            "what it had finished is intact, and with resume on the same command goes "
            "on from there"
        ) from error


def _run(config, tell):
    folder = _choose_folder(config, tell)
    _check_same_run(config, folder)
    if folder.finished():
        tell(f"{folder.path}: already finished")
        return folder
    dataset = _load(config, folder, tell)
    policy = _precision(config, folder)
    matrix = transition.correction_matrix(
        config, dataset, folder.transition_matrix, lambda c: run(c, tell), tell
    )
    # Before anything is written: the network may not fit the images.
    try:
        with precision.policy(policy):
            model = build_model(config, dataset, matrix)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"--loss={config.loss}: {error}") from error
    _settle_config(config, policy, model, dataset, folder)
    _write_labels(dataset, folder)
    if matrix is not None and not folder.transition_matrix.is_file():
        unfinished = folder.path / ".transition_matrix.unfinished.csv"
        noise.write_matrix(unfinished, matrix)
        unfinished.replace(folder.transition_matrix)
    tell(_headline(config, dataset, policy, folder))
    if dataset.test_labels_are != "clean":
        tell(WHAT_IS_MEASURED[dataset.test_labels_are])
    done = saved_epochs(folder.checkpoints)[-1:]
    if done:
        began_on = (folder.config() or {}).get("backend", backend.name())
        tell(
            f"going on after epoch {done[0]}"
            + (f", which {began_on} trained" if began_on != backend.name() else "")
        )
    progress = Progress(config, folder, dataset, tell)
    try:
        rows = fit(model, dataset, config, folder, progress)
        _write_results(config, dataset, model, rows, folder, tell)
    except backend.file_errors() as error:
        raise _file_gone(dataset) or error from None
    return folder


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
    path = pathlib.Path(os.path.expanduser(config.output_dir)) / config.run_name
    number = 1
    while not config.resume and path.exists():
        number += 1
        path = path.with_name(f"{config.run_name}-{number}")
    if number > 1:
        tell(f"resume is off: earlier runs stay as they are; this one is {path}")
    return RunFolder(path)


def _load(config, folder, tell):
    """The dataset with its given labels: the stored ones, if the run has begun."""
    dataset = _read(config, config.dataset, config.pixels, tell)
    dataset = dataset.with_imbalance(
        config.imbalance, config.imbalance_factor, config.seed
    )
    dataset = corruption.corrupted(dataset, config)
    dataset = corruption.with_foreign_images(
        dataset, config, lambda name, size: _read(config, name, size, tell)
    )
    before = folder.config() or {}
    if before.get("data_fingerprint", dataset.fingerprint) != dataset.fingerprint:
        raise RunError(
            f"{config.dataset} is not as it was when {folder.path} began: files or "
            "labels have changed; put them back, or move that folder away to start anew"
        )
    if folder.labels.is_file():
        try:
            with np.load(folder.labels, allow_pickle=False) as stored:
                same = np.array_equal(stored["given"], dataset.given_labels)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise RunError(
                f"{folder.labels} cannot be read ({error}); move {folder.path} away to "
                "start anew"
            ) from error
        if not same:
            raise RunError(
                f"{folder.labels} holds other labels than this run would train on: "
                f"the data has changed; move {folder.path} away to start anew"
            )
    return dataset


def _read(config, name, image_size, tell):
    """A dataset as the settings want it."""
    options = {}
    if name == config.dataset:
        options = {
            "resize": config.resize,
            "skip_bad_files": config.skip_bad_files,
            "test_share": config.test_share,
            "imagenet_dir": config.imagenet_dir,
            # Random parts are taken of the whole image, which only its file has.
            "in_memory": False if config.random_resized_crop else None,
        }
    return datasets.load(
        name,
        os.path.expanduser(config.data_dir) or None,
        image_size=image_size,
        tell=tell,
        **options,
    )


def _precision(config, folder):
    """The Keras dtype policy; a run that has begun keeps the one it began with."""
    if config.precision == "auto" and (before := folder.config()):
        return before.get("precision_used", "float32")
    return precision.resolve(config.precision)


def _settle_config(config, policy, model, dataset, folder):
    """Write `config.json`, unless the run has begun before."""
    if folder.config() is not None:
        return
    folder.write_config(
        config.as_dict()
        | config.identity()
        | {
            "precision_used": policy,
            "backend": backend.name(),
            "loss_parameters_used": used_parameters(model.loss),
            "forget_rate_used": forget_rate(config, dataset.noise_rate),
            "model_used": models.choose(config.model, dataset.image_shape),
            "image_shape": list(dataset.image_shape),
            "class_names": list(dataset.class_names),
            "data_fingerprint": dataset.fingerprint,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend.name(): backend.version(),
                "lnl_sr_tf": lnl_sr_tf.__version__,
            },
            "machine": machine.describe(),
        }
    )


def _check_same_run(config, folder):
    """The folder must be this run's: its `config.json` may have been changed."""
    before = folder.config()
    if before is None:
        return
    for name, value in config.identity().items():
        if before.get(name) != value:
            raise RunError(
                f"{folder.path} holds a run with {name}={before.get(name)}, and this "
                f"one has {name}={value}; move that folder away, or choose another "
                "output_dir"
            )


def _write_labels(dataset, folder):
    if folder.labels.is_file():
        return
    unfinished = folder.path / ".labels.unfinished.npz"
    try:
        known = {"index": dataset.index, "given": dataset.given_labels}
        if dataset.clean_labels is not None:
            known["clean"] = dataset.clean_labels
        if dataset.foreign is not None:
            known["foreign"] = dataset.foreign
        if dataset.paths is not None:
            known["path"] = np.array(dataset.paths)
        np.savez_compressed(unfinished, **known)
        unfinished.replace(folder.labels)
    except OSError as error:
        raise RunError(f"cannot write {folder.labels}: {error}") from error


def _headline(config, dataset, policy, folder):
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
        f"{network}, {config.epochs} epochs, seed {config.seed}, {policy}; "
        f"{folder.path}"
    )


def _how(config):
    return config.loss + ("" if config.method == "standard" else f" by {config.method}")


def _write_results(config, dataset, model, rows, folder, tell):
    folder.figures.mkdir(exist_ok=True)
    title = f"{dataset.name}, noise {config.noise_words}"
    of_run = f"{title}, {_how(config)}, seed {config.seed}"
    kept = served_model(model)
    summary = summarize(dataset, rows, finished=True) | evaluate(kept, dataset)
    figures.curves(rows, of_run, folder.figures / "curves.png", dataset.test_labels_are)
    figures.samples(
        dataset.train_images,
        dataset.given_labels,
        dataset.clean_labels,
        dataset.class_names,
        title,
        folder.figures / "samples.png",
    )
    figures.per_class(
        class_accuracy(summary),
        np.bincount(dataset.given_labels, minlength=dataset.num_classes),
        of_run,
        folder.figures / "per_class.png",
        dataset.test_labels_are,
    )
    exported = export.save(kept, folder, dataset.class_names, config.resize)
    if not exported:
        tell("no SavedModel: TensorFlow, which it is for, is not installed")
    folder.write_summary(summary | {"saved_model": exported})
