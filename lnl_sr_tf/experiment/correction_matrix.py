"""The transition matrix that forward and backward correction take."""

import dataclasses
import difflib
import os
import pathlib

import keras
import numpy as np

from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import label_noise

_BATCH = 1024


def correction_matrix(config, dataset, path, train, tell):
    """The matrix by which a run corrects its loss, the same each time it is resumed.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        dataset: a `lnl_sr_tf.datasets.Dataset` with given labels.
        path: where the run keeps its matrix, a `pathlib.Path`; read if it is there.
        train: a function from a config to the `RunFolder` of its finished run, for
            `--transition_matrix=estimated`.
        tell: called with each line for the person who waits.

    Returns:
        float64 array of shape (k, k), or None for a loss that corrects nothing.

    Raises:
        InputError: if the matrix cannot be had.
        RunError: if the one that the run keeps is damaged.
    """
    source = config.transition_matrix
    if source is None:
        return None
    if path.is_file():
        try:
            return noise.read_matrix(path, dataset.num_classes)
        except InputError as error:
            raise RunError(f"{error}; move {path.parent} away to start anew") from error
    if source == "known":
        return label_noise.noise_matrix(config, dataset)
    if source != "estimated":
        matrix = noise.read_matrix(source, dataset.num_classes, dataset.class_names)
        _warn(matrix, dataset.class_names, tell)
        return matrix
    warm_up = estimation_config(config)
    tell(f"estimating the transition matrix from {warm_up.epochs} epochs of ce first")
    folder = train(warm_up)
    model = keras.models.load_model(folder.model, safe_mode=True)
    logits = model.predict(
        pipeline.evaluation_batches(dataset.train_images, dataset.given_labels, _BATCH),
        verbose=0,
    )
    matrix = noise.estimate_matrix(
        keras.ops.convert_to_numpy(keras.ops.softmax(logits.astype(np.float32)))
    )
    tell(f"estimated noise rate {estimated_rate(matrix, dataset.given_labels):.3f}")
    _warn(matrix, dataset.class_names, tell)
    return matrix


def _warn(matrix, class_names, tell):
    """Tell which true classes the matrix says are mostly given another label."""
    off = np.flatnonzero(matrix.argmax(axis=1) != np.arange(len(matrix)))
    if len(off):
        shown = ", ".join(class_names[i] for i in off[:10])
        tell(
            f"warning: by the transition matrix, {len(off)} of {len(matrix)} classes "
            f"are labelled more often as another than as themselves ({shown}); such "
            "a correction is hard to trust"
        )


def estimation_config(config):
    """The short run of ce, before a network learns wrong labels by heart."""
    return configs.without_idle_settings(
        dataclasses.replace(
            config,
            loss="ce",
            loss_args={},
            method="standard",
            mixup=0.0,
            balance="none",
            epochs=config.estimation_epochs,
        )
    )


def check_source(config):
    """Raise InputError if a matrix is to come from a file that is not there."""
    source = config.transition_matrix
    if source in (None, "known", "estimated"):
        return
    path = pathlib.Path(os.path.expanduser(source))
    if path.suffix.lower() not in noise.MATRIX_FILES:
        close = difflib.get_close_matches(source, ("known", "estimated"), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"--transition_matrix={source}: expected known, estimated, or a file, "
            f"{', '.join(noise.MATRIX_FILES)}{hint}"
        )
    if not os.path.isfile(path):
        raise InputError(f"--transition_matrix={source}: there is no such file")


def estimated_rate(matrix, given_labels):
    """The noise rate that a matrix tells, weighted by how often a class is given."""
    share = np.bincount(given_labels, minlength=len(matrix)) / len(given_labels)
    # P(given) = P(true) T; where T cannot be inverted, the classes count as given.
    try:
        true = np.clip(np.linalg.solve(matrix.T, share), 0.0, None)
        true = true / true.sum() if true.sum() > 0 else share
    except np.linalg.LinAlgError:
        true = share
    return float(1.0 - true @ np.diag(matrix))
