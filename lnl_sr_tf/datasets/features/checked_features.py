"""Arrays that hold features, checked."""

import pathlib
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.images.image_files import Images
from lnl_sr_tf.errors import InputError

_CHUNK = 2**22  # numbers at a time: those of a file would not fit at once

Rows = TypeVar("Rows", np.ndarray, MappedRows)


def are_features(array: Images) -> bool:
    """Whether an array is one of features: rows of numbers."""
    return len(array.shape) == 2


def checked_features(
    where: str | pathlib.Path, rows: Rows, tell: Callable[[str], None]
) -> Rows:
    """Features as float16 or float32, shape (n, width).

    Args:
        where: they are from, for messages.
        rows: numbers of any kind, shape (n, width); `MappedRows` stay in their file.
        tell: called with a line where numbers of another type are converted.

    Raises:
        InputError: if there are none, or some are not numbers, NaN or infinite, also
            as float32.

    Example:
        >>> checked_features("x", np.array([[1.0, 2.0]]), lambda line: None).dtype
        dtype('float32')
    """
    if not rows.size:
        raise InputError(
            f"{where}: expected features of shape (n, width); received {rows.shape}"
        )
    if rows.dtype.kind not in "iufb":
        raise InputError(f"{where}: expected numbers; received {rows.dtype}")
    if isinstance(rows, np.ndarray) and rows.dtype not in (np.float16, np.float32):
        if rows.dtype != np.float64:
            tell(f"{where}: {rows.dtype} numbers, taken as features, not as pixels")
        with np.errstate(over="ignore"):
            rows = rows.astype(np.float32)
    _check_finite(where, rows)
    return rows


def _check_finite(where: str | pathlib.Path, rows: Images) -> None:
    step = max(1, _CHUNK // rows.shape[1])
    first, count = None, 0
    for start in range(0, len(rows), step):
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(rows[start : start + step].astype(np.float32))
        if bad.any():
            count += int(bad.sum())
            row, column = np.argwhere(bad)[0]
            first = first or (start + int(row), int(column))
    if first:
        raise InputError(
            f"{where}: {count} numbers are NaN or infinite as float32, the first at "
            f"row {first[0]}, column {first[1]}; remove these rows, or fill them"
        )
