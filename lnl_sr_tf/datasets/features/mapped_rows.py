"""Rows of numbers that stay in their file and are read when they are needed."""

from typing import Any

import numpy as np


class MappedRows:
    """Some rows of an array in a file, seen as an array of shape (n, width).

    Indexing reads: `rows[:8]` and `rows[numpy.array([3, 1])]` are arrays in memory.
    `take` makes a selection without reading, so that a set larger than memory can be
    split and trained on.

    Args:
        source: the array of all rows, such as `numpy.load(path, mmap_mode="r")` gives.
        index: which of its rows these are, integers, shape (n,); by default all.

    Example:
        >>> rows = MappedRows(np.arange(6.0).reshape(3, 2)).take(np.array([2, 0]))
        >>> rows[1:]
        array([[0., 1.]])
    """

    def __init__(self, source: np.ndarray, index: np.ndarray | None = None) -> None:
        self.source = source
        self.index = np.arange(len(source)) if index is None else index
        self.dtype = source.dtype

    def __len__(self) -> int:
        return len(self.index)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, width)."""
        return (len(self), *self.source.shape[1:])

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(np.prod(self.shape))

    def take(self, indices: np.ndarray) -> "MappedRows":
        """Some of the rows, not read."""
        return MappedRows(self.source, self.index[indices])

    def __getitem__(self, key: Any) -> np.ndarray:
        return np.asarray(self.source[self.index[key]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)
