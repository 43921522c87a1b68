"""Transition matrices in files."""

import pathlib

import numpy as np

from lnl_sr_tf.errors import InputError


def read_matrix(path, num_classes):
    """A transition matrix from a .csv (numbers alone, a row a line) or .npy file.

    Args:
        path: the file.
        num_classes: k.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the file cannot be read, or holds no such matrix.

    Example:
        >>> read_matrix("transition.csv", num_classes=10)
    """
    path = pathlib.Path(path).expanduser()
    try:
        if path.suffix == ".npy":
            matrix = np.load(path, allow_pickle=False)
        elif path.suffix == ".csv":
            lines = path.read_text("utf-8").split("\n")
            matrix = [[float(x) for x in line.split(",")] for line in lines if line]
        else:
            raise InputError(f"{path}: a transition matrix is a .csv or a .npy file")
        matrix = np.asarray(matrix, np.float64)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a matrix: {error}") from None
    return check_matrix(matrix, num_classes, str(path))


def write_matrix(path, matrix):
    """Write a transition matrix as .csv, so that `read_matrix` gives the same."""
    np.savetxt(path, matrix, delimiter=",", fmt="%.17g")


def check_matrix(matrix, num_classes, source):
    """The matrix, if it is one of transition for k classes.

    Raises:
        InputError: that names the source and says what is wrong.
    """
    if matrix.shape != (num_classes, num_classes):
        raise InputError(
            f"{source}: expected a matrix of {num_classes} rows and columns, one a "
            f"class; received the shape {matrix.shape}"
        )
    sums = matrix.sum(axis=1)
    for row in np.flatnonzero(~((matrix.min(axis=1) >= 0) & (abs(sums - 1) < 1e-3))):
        raise InputError(
            f"{source}, row {row}: expected probabilities that sum to 1; received "
            f"{np.array2string(matrix[row], threshold=12)}, sum {sums[row]:.6g}"
        )
    return matrix / sums[:, None]
