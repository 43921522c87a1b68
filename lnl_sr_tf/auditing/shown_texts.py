"""What a page shows of examples that are no images: texts, rows, or a few numbers."""

from typing import Any

import numpy as np

from lnl_sr_tf.auditing.audit_files import utf8_safe
from lnl_sr_tf.config.file_kind import FEATURES
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.images.image_files import Images, take

_MOST = 500  # characters of an example: a page of 100,000 has to open
_NUMBERS = 8  # of features; a person can judge by none of them
_PIECE = 2**24  # numbers that are read at once


class ShownTexts:
    """n examples as short texts, or as rows of short texts, made when they are asked.

    Args:
        cells: texts, shape (n,); rows of a table, shape (n, columns); or features,
            floats of shape (n, width).
        columns: the names of a table's columns; None for texts and features.

    Example:
        >>> ShownTexts(np.array([["39", "F"]]), ("age", "sex")).of(np.array([0]))
        [['39', 'F']]
        >>> ShownTexts(np.array([[0.5, 2.0]])).of(np.array([0]))
        ['0.5, 2']
    """

    def __init__(self, cells: Images, columns: tuple[str, ...] | None = None) -> None:
        self._cells = cells
        self._columns = columns

    def __len__(self) -> int:
        return len(self._cells)

    @property
    def columns(self) -> list[str] | None:
        """The names of the columns; None for texts and features."""
        return None if self._columns is None else [_cut(n) for n in self._columns]

    def of(self, indices: np.ndarray) -> list[Any]:
        """The examples at these places: a text each, or a list of cells.

        Both are cut at about 500 characters. A list that is cut has fewer cells than
        there are columns.
        """
        if len(self._cells.shape) == 1:
            return [_cut(text) for text in self._read(indices)]
        if self._columns is not None:
            return [_cut_row(row) for row in self._read(indices)]
        step = max(1, _PIECE // max(1, self._cells.shape[1]))
        return [
            _numbers(row)
            for start in range(0, len(indices), step)
            for row in self._read(indices[start : start + step])
        ]

    def _read(self, indices: np.ndarray) -> np.ndarray:
        return np.asarray(take(self._cells, indices))


def shown_texts(dataset: Dataset) -> ShownTexts:
    """What is shown of the training examples of a dataset that is not of images."""
    if dataset.kind == FEATURES or dataset.originals is None:
        return ShownTexts(dataset.train_images)
    return ShownTexts(dataset.originals, dataset.columns)


def _cut(text: object) -> str:
    said = str(text)
    if len(said) > _MOST:
        said = f"{said[:_MOST]} … ({len(said):,} characters)"
    return utf8_safe(said)


def _cut_row(row: np.ndarray) -> list[str]:
    cells: list[str] = []
    left = _MOST
    for cell in row:
        if cells and left <= 0:
            break
        cells.append(_cut(cell))
        left -= len(cells[-1])
    return cells


def _numbers(row: np.ndarray) -> str:
    said = ", ".join(f"{value:.4g}" for value in row[:_NUMBERS].tolist())
    return said if len(row) <= _NUMBERS else f"{said}, … ({len(row):,} numbers)"
