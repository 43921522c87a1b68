"""Mean and standard deviation of each column of features."""

import numpy as np

from lnl_sr_tf.datasets.images.image_files import Images

_CHUNK = 2**22  # numbers at a time: a float64 copy of all would not fit


def column_statistics(rows: Images) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each column; 1 for one that is constant.

    Args:
        rows: floats, shape (n, width), n ≥ 1.

    Example:
        >>> column_statistics(np.array([[0.0, 5.0], [2.0, 5.0]]))
        ((1.0, 5.0), (1.0, 1.0))
    """
    count, width = rows.shape
    step = max(1, _CHUNK // width)
    chunks = range(0, count, step)
    total = sum(rows[i : i + step].astype(np.float64).sum(axis=0) for i in chunks)
    mean = total / count
    square = sum(
        np.square(rows[i : i + step].astype(np.float64) - mean).sum(axis=0)
        for i in chunks
    )
    std = np.sqrt(square / count)
    # What is left of a constant column is rounding.
    constant = std <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
    return tuple(mean.tolist()), tuple(np.where(constant, 1.0, std).tolist())
