"""Rows of numbers that stay in their file and are read when they are needed."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

_BLOCK = 2**10  # rows that are read at once


class RowsGone(ValueError):
    """A file of rows has become shorter than it was."""


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

    Raises:
        RowsGone: on reading, if the file was cut off meanwhile.
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

    def damaged(self) -> str | None:
        """What is wrong with the file; None while it is as long as it was."""
        if not isinstance(self.source, np.memmap) or not self.source.filename:
            return None
        needed = self.source.offset + self.source.nbytes
        try:
            found = os.path.getsize(self.source.filename)
        except OSError:
            return None  # what has another name, or none any more, is still mapped
        if found >= needed:
            return None
        return (
            f"{self.source.filename}: it has {found:,} bytes left of the {needed:,} "
            "that were there"
        )

    def __getitem__(self, key: Any) -> np.ndarray:
        # To read beyond the end of a file that is mapped would end the process.
        if found := self.damaged():
            raise RowsGone(found)
        return np.asarray(self.source[self.index[key]])

    def __iter__(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self), _BLOCK):
            yield from self[start : start + _BLOCK]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)
