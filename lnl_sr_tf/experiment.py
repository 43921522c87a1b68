"""One run, end to end: from a config to a run folder."""

import os
import pathlib
import platform
import statistics
import zipfile

import keras
import numpy as np
import tensorflow as tf

import lnl_sr_tf
from lnl_sr_tf import datasets, export, models, noise
from lnl_sr_tf.analysis import figures
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.run_folder import RunFolder
from lnl_sr_tf.training import corruption, machine, precision, transition
from lnl_sr_tf.training.build import (
    build_loss,
    build_model,
    served_model,
    used_parameters,
)
from lnl_sr_tf.training.checkpoint import saved_epochs
from lnl_sr_tf.training.fit import fit, forget_rate


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
    except (
        OSError,
        tf.errors.ResourceExhaustedError,
        tf.errors.PermissionDeniedError,
    ) as error:
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
    dataset = _load(config, folder)
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
    done = saved_epochs(folder.checkpoints)[-1:]
    if done:
        tell(f"going on after epoch {done[0]}")
    progress = _Progress(config, folder, dataset, tell)
    rows = fit(model, dataset, config, folder, progress)
    _write_results(config, dataset, model, rows, folder)
    return folder


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


def _load(config, folder):
    """The dataset with its given labels: the stored ones, if the run has begun."""
    data_dir = os.path.expanduser(config.data_dir) or None
    dataset = datasets.load(config.dataset, data_dir)
    dataset = dataset.with_imbalance(
        config.imbalance, config.imbalance_factor, config.seed
    )
    dataset = corruption.corrupted(dataset, config)
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
            "loss_parameters_used": used_parameters(model.loss),
            "forget_rate_used": forget_rate(config, dataset.noise_rate),
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                "tensorflow": tf.__version__,
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
        np.savez_compressed(
            unfinished,
            index=dataset.index,
            given=dataset.given_labels,
            clean=dataset.clean_labels,
        )
        unfinished.replace(folder.labels)
    except OSError as error:
        raise RunError(f"cannot write {folder.labels}: {error}") from error


def _headline(config, dataset, policy, folder):
    kind = "no label noise"
    if config.noise != "none":
        kind = f"noise {config.noise_words}, {dataset.noise_rate:.3f} as drawn"
    return (
        f"{dataset.name} ({len(dataset.given_labels)} to train, "
        f"{len(dataset.test_labels)} to test), {kind}; {_how(config)}, {config.model}, "
        f"{config.epochs} epochs, seed {config.seed}, {policy}; {folder.path}"
    )


def _how(config):
    return config.loss + ("" if config.method == "standard" else f" by {config.method}")


def _summary(dataset, rows, finished):
    best = max(rows, key=lambda row: row["test_accuracy"])
    last = rows[-1]
    speed = len(dataset.given_labels) / statistics.median(r["seconds"] for r in rows)
    summary = {
        "test_accuracy": last["test_accuracy"],
        "best_test_accuracy": best["test_accuracy"],
        "best_epoch": best["epoch"],
        "noise_rate": dataset.noise_rate,
        "sparse_rate": last["sparse_rate"],
        "epochs": last["epoch"],
        "images_per_second": round(speed, 1),
        "seconds": round(sum(row["seconds"] for row in rows), 3),
        "finished": finished,
        "class_names": list(dataset.class_names),
    }
    if last["second_test_accuracy"] is not None:
        summary["second_test_accuracy"] = last["second_test_accuracy"]
    return summary


class _Progress:
    """A line and a fresh `summary.json` after each epoch."""

    def __init__(self, config, folder, dataset, tell):
        self.config = config
        self.folder = folder
        self.dataset = dataset
        self.tell = tell

    def __call__(self, rows):
        self.folder.write_summary(_summary(self.dataset, rows, finished=False))
        row = rows[-1]
        left = (self.config.epochs - row["epoch"]) * statistics.median(
            r["seconds"] for r in rows[-5:]
        )
        weight = "" if row["lambda"] is None else f"  λ {row['lambda']:<7.4g}"
        second = row["second_test_accuracy"]
        both = "" if second is None else f" and {100 * second:6.2f} %"
        stage = f"  {row['stage']}" if row["stage"] else ""
        width = len(str(self.config.epochs))
        self.tell(
            f"epoch {row['epoch']:>{width}}/{self.config.epochs}"
            f"  loss {row['loss']:8.4f}"
            f"  test accuracy {100 * row['test_accuracy']:6.2f} %{both}"
            f"  sparse rate {100 * row['sparse_rate']:5.1f} %"
            f"{weight}{stage}  {duration(left)} left"
        )


def duration(seconds):
    """A time span for people: 8 s, 3 min, 2 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _write_results(config, dataset, model, rows, folder):
    folder.figures.mkdir(exist_ok=True)
    title = f"{dataset.name}, noise {config.noise_words}"
    figures.curves(
        rows,
        f"{title}, {_how(config)}, seed {config.seed}",
        folder.figures / "curves.png",
    )
    figures.samples(
        dataset.train_images,
        dataset.given_labels,
        dataset.clean_labels,
        dataset.class_names,
        f"{title}: given labels, wrong ones in bold",
        folder.figures / "samples.png",
    )
    kept = served_model(model)
    per_class = _class_accuracy(kept, dataset)
    figures.per_class(
        per_class,
        np.bincount(dataset.given_labels, minlength=dataset.num_classes),
        f"{title}, {_how(config)}, seed {config.seed}",
        folder.figures / "per_class.png",
    )
    export.save(kept, folder)
    folder.write_summary(
        _summary(dataset, rows, finished=True) | {"class_accuracy": per_class}
    )


def _class_accuracy(model, dataset):
    """Accuracy on the test set by class; None for a class that it lacks."""
    logits = model.predict(dataset.test_images, batch_size=1024, verbose=0)
    right = logits.argmax(axis=1) == dataset.test_labels
    found = {}
    for label, name in enumerate(dataset.class_names):
        members = right[dataset.test_labels == label]
        found[name] = float(members.mean()) if len(members) else None
    return found
