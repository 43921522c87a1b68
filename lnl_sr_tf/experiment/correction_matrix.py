"""The transition matrix that forward and backward correction take."""

import dataclasses
import difflib
import os
import pathlib
from collections.abc import Callable

import keras
import numpy as np

from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import label_noise
from lnl_sr_tf.runs import arrays
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.predict import outputs


def correction_matrix(
    config: Config,
    dataset: Dataset,
    folder: RunFolder,
    warm_up: RunFolder | None,
    tell: Callable[[str], None],
) -> np.ndarray | None:
    """The matrix by which a run corrects its loss, the same each time it is resumed.

    Args:
        config: the settings of the run.
        dataset: what it trains on.
        folder: the run's, in which the matrix is kept; read if it is there.
        warm_up: the finished run that `warm_up` asks for; None where it asks for none.
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
    kept = arrays.read_transition_matrix(folder, dataset.num_classes)
    if kept is not None:
        return kept
    if source == "known":
        return label_noise.noise_matrix(config, dataset)
    if warm_up is not None:
        matrix = _estimated(warm_up, dataset)
        tell(f"estimated noise rate {estimated_rate(matrix, dataset.given_labels):.3f}")
    else:
        matrix = noise.read_matrix(source, dataset.num_classes, dataset.class_names)
    _warn(matrix, dataset.class_names, tell)
    return matrix


def warm_up(
    config: Config, folder: RunFolder, tell: Callable[[str], None]
) -> Config | None:
    """The settings of a run that has to be trained first; None where none has to.

    It is a short one of ce, whose network has not memorised wrong labels yet, and tells
    the transition matrix.

    Args:
        config: the settings of the run that corrects its loss.
        folder: its folder; where that has the matrix already, nothing has to be.
        tell: called with a line for the person who waits.
    """
    if config.transition_matrix != "estimated" or folder.transition_matrix.is_file():
        return None
    epochs = config.estimation_epochs
    of = f"{epochs} epoch{'s' * (epochs != 1)} of ce"
    tell(f"estimating the transition matrix from {of} first")
    return configs.without_idle_settings(
        dataclasses.replace(
            config,
            loss="ce",
            loss_args={},
            method="standard",
            mixup=0.0,
            balance="none",
            prior_weight=None,
            epochs=epochs,
            finetune=0,
        )
    )


def _estimated(warm_up: RunFolder, dataset: Dataset) -> np.ndarray:
    """The matrix that the network of a short run tells, by its training examples."""
    model = keras.models.load_model(warm_up.model, safe_mode=True)
    logits = outputs(model, dataset.train_images).astype(np.float32)
    return noise.estimate_matrix(keras.ops.convert_to_numpy(keras.ops.softmax(logits)))


def _warn(
    matrix: np.ndarray, class_names: tuple[str, ...], tell: Callable[[str], None]
) -> None:
    """Tell which true classes the matrix says are mostly given another label."""
    off = np.flatnonzero(matrix.argmax(axis=1) != np.arange(len(matrix)))
    if len(off):
        shown = ", ".join(class_names[i] for i in off[:10])
        tell(
            f"warning: by the transition matrix, {len(off)} of {len(matrix)} classes "
            f"are labelled more often as another than as themselves ({shown}); such "
            "a correction is hard to trust"
        )


def check_source(config: Config) -> None:
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


def estimated_rate(matrix: np.ndarray, given_labels: np.ndarray) -> float:
    """The noise rate that a matrix tells, weighted by how often a class is given."""
    share = np.bincount(given_labels, minlength=len(matrix)) / len(given_labels)
    # P(given) = P(true) T; where T cannot be inverted, the classes count as given.
    try:
        true = np.clip(np.linalg.solve(matrix.T, share), 0.0, None)
        true = true / true.sum() if true.sum() > 0 else share
    except np.linalg.LinAlgError:
        true = share
    return float(1.0 - true @ np.diag(matrix))
