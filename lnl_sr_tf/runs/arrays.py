"""The arrays in a run's folder: labels, what networks say of examples, the matrix."""

import pathlib
from typing import Any, NamedTuple

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.fields import Fold
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.files import read_npz, whole_file
from lnl_sr_tf.runs.folder import RunFolder


class OutputSum(NamedTuple):
    """What a network said of examples over some epochs of its training.

    Args:
        epochs: after which epochs it was asked, from 1.
        total: the sum of its probabilities, float32 of shape (n, k).
    """

    epochs: tuple[int, ...]
    total: np.ndarray


def read_given_labels(folder: RunFolder) -> np.ndarray | None:
    """The labels that a run trains on, shape (n,); None where none are written yet.

    Raises:
        RunError: if `labels.npz` cannot be read.
    """
    if not folder.kept or not folder.labels.is_file():
        return None
    return read_npz(folder.labels, ("given",), advice=_anew(folder.path))["given"]


def read_labels(folder: RunFolder) -> dict[str, np.ndarray]:
    """What `labels.npz` holds.

    Returns:
        `index` and `given`, shape (n,); where known `clean`, and for images in files
        `path`.

    Raises:
        RunError: if it cannot be read.
    """
    return read_npz(folder.labels, ("index", "given"), ("clean", "path"))


def write_labels(dataset: Dataset, folder: RunFolder) -> None:
    """Write `labels.npz`, unless the run has begun before.

    Raises:
        RunError: if it cannot be written.
    """
    if folder.labels.is_file() or not folder.kept:
        return
    known: dict[str, Any] = {"index": dataset.index, "given": dataset.given_labels}
    if dataset.clean_labels is not None:
        known["clean"] = dataset.clean_labels
    if dataset.foreign is not None:
        known["foreign"] = dataset.foreign
    if dataset.paths is not None:
        known["path"] = np.array(dataset.paths)
    with whole_file(folder.labels) as file:
        np.savez_compressed(file, **known)


def read_held_out(folder: RunFolder) -> dict[str, np.ndarray]:
    """What `held_out.npz` holds: see `write_held_out`.

    Raises:
        RunError: if it cannot be read.
    """
    return read_npz(folder.held_out, ("index", "given", "logits"))


def write_held_out(logits: np.ndarray, fold: Fold, folder: RunFolder) -> None:
    """Write `held_out.npz`: what a network says of examples that it has never seen.

    Its arrays are `index` and `given` as of `fold`, int64 of shape (m,), and `logits`,
    float32 of shape (m, k).

    Args:
        logits: of the network that was trained without the fold, shape (m, k).
        fold: the examples.
        folder: the run's.

    Raises:
        RunError: if it cannot be written.

    Example:
        fold = data.with_fold(2, 5, seed=1).fold
        write_held_out(outputs(model, fold.images), fold, folder)
        read_held_out(folder)["logits"].shape  # (287, 10)
    """
    with whole_file(folder.held_out) as file:
        np.savez_compressed(
            file,
            index=fold.index.astype(np.int64),
            given=fold.labels.astype(np.int64),
            logits=logits.astype(np.float32),
        )


def read_output_sum(path: pathlib.Path) -> OutputSum | None:
    """What `outputs.npz` holds; None where there is none.

    Args:
        path: that of the file.

    Raises:
        RunError: if it cannot be read.
    """
    if not path.is_file():
        return None
    stored = read_npz(path, ("epochs", "total"), advice=_anew(path.parent))
    return OutputSum(tuple(stored["epochs"].tolist()), stored["total"])


def write_output_sum(path: pathlib.Path, said: OutputSum) -> None:
    """Write `outputs.npz`, from which a run that was cut off goes on.

    Args:
        path: that of the file.
        said: what it is to hold.

    Raises:
        RunError: if it cannot be written.
    """
    with whole_file(path) as file:
        np.savez(file, epochs=np.array(said.epochs), total=said.total)


def read_transition_matrix(folder: RunFolder, num_classes: int) -> np.ndarray | None:
    """What `transition_matrix.csv` holds, float64 of shape (k, k); None without one.

    Args:
        folder: the run's.
        num_classes: k.

    Raises:
        RunError: if it is damaged.
    """
    if not folder.transition_matrix.is_file():
        return None
    try:
        return noise.read_matrix(folder.transition_matrix, num_classes)
    except InputError as error:
        raise RunError(f"{error}{_anew(folder.path)}") from error


def write_transition_matrix(matrix: np.ndarray, folder: RunFolder) -> None:
    """Write `transition_matrix.csv`, unless the run has begun before.

    Args:
        matrix: float64 of shape (k, k), by which the loss is corrected.
        folder: the run's.

    Raises:
        RunError: if it cannot be written.
    """
    if folder.transition_matrix.is_file() or not folder.kept:
        return
    with whole_file(folder.transition_matrix) as file:
        noise.write_matrix(file, matrix)


def _anew(path: pathlib.Path) -> str:
    return f"; move {path} away to start anew"
