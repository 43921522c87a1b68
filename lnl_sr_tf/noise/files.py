"""Transition matrices in files."""

import json
import os
import pathlib
from collections.abc import Sequence
from typing import IO

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError, first_of
from lnl_sr_tf.noise.npy import read_npy

MATRIX_FILES = (".csv", ".npy", ".json")
_NAMED = 5  # classes in a message


def read_matrix(
    path: str | os.PathLike, num_classes: int, class_names: Sequence[str] | None = None
) -> np.ndarray:
    """A transition matrix from a file.

    It may be a .csv (numbers only, one row per line), a .npy, or a .json as
    `lnl-sr audit` writes it, with the rows in `transition_matrix`.

    Args:
        path: the file.
        num_classes: k.
        class_names: the names that a .json must give the classes, in order; by default
            any.

    Returns:
        float64 array of shape (k, k). Rows, which may be off by 0.001 in the file, are
        scaled so that they sum to 1.

    Raises:
        InputError: if the file cannot be read, or holds no such matrix.

    Example:
        read_matrix("transition.csv", num_classes=10)
    """
    path = pathlib.Path(os.path.expanduser(path))
    ending = path.suffix.lower()
    try:
        if ending == ".npy":
            matrix = _numbers(path)
        elif ending == ".csv":
            matrix = _rows(path, num_classes)
        elif ending == ".json":
            matrix = _of_audit(path, class_names)
        else:
            raise InputError(f"{path}: expected a file, {', '.join(MATRIX_FILES)}")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    matrix = validation.transition_matrix(str(path), matrix, num_classes, first_row=1)
    return matrix / matrix.sum(axis=1, keepdims=True)


def _numbers(path):
    """The array of a .npy file."""
    try:
        with open(path, "rb") as file:
            matrix = read_npy(file, os.path.getsize(path))
    except (ValueError, EOFError):
        raise InputError(f"{path} is no .npy file of plain numbers") from None
    if matrix.dtype.kind not in "iuf":
        raise InputError(f"{path} is no .npy file of plain numbers")
    with np.errstate(all="ignore"):  # what overflows here is refused with its row
        return matrix.astype(np.float64)


def _rows(path, num_classes):
    """The rows of a .csv file."""
    rows = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append([float(text) for text in line.split(",")])
        except ValueError:
            raise InputError(
                f"{path}, line {number}: expected {num_classes} numbers with commas "
                f"between them; received {line[:60]!r}"
            ) from None
        if len(rows[-1]) != len(rows[0]):
            raise InputError(
                f"{path}, line {number}: expected {len(rows[0])} numbers as in the "
                f"first; received {len(rows[-1])}"
            )
    return np.asarray(rows, np.float64)


def _of_audit(path, class_names):
    """The transition matrix in an audit.json."""
    try:
        found = json.loads(path.read_bytes())
        # None, which is unknown, becomes NaN.
        matrix = np.array(found["transition_matrix"], np.float64)
        theirs = [str(name) for name in found["class_names"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{path} is no audit.json: expected a transition_matrix of numbers, and "
            "class_names"
        ) from None
    if class_names is not None and theirs != list(class_names):
        raise InputError(
            f"{path} is of the classes {first_of(theirs, _NAMED)}; expected "
            f"{first_of(class_names, _NAMED)}"
        )
    if matrix.ndim == 2 and np.isnan(matrix).any():
        without = found.get("classes_without_evidence")
        without = without if isinstance(without, list) and without else theirs
        raise InputError(
            f"{path} has no whole transition matrix: the audit found no evidence about "
            f"{first_of(list(map(str, without)), _NAMED)}"
        )
    return matrix


def write_matrix(path: str | os.PathLike | IO[bytes], matrix: ArrayLike) -> None:
    """Write a transition matrix as .csv; `read_matrix` gives the same numbers back.

    Args:
        path: a path, or a file open for writing bytes.
        matrix: floats, shape (k, k).
    """
    np.savetxt(path, matrix, delimiter=",", fmt="%.17g")
