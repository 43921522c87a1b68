"""A dataset of arrays in memory."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.sources.dataset_of_arrays import dataset_of_arrays
from lnl_sr_tf.datasets.sources.raw_arrays import (
    are_texts,
    dataset_of_raw_arrays,
    is_table,
)
from lnl_sr_tf.errors import InputError


def from_arrays(
    x: Any,
    y: ArrayLike,
    x_test: Any = None,
    y_test: ArrayLike | None = None,
    *,
    y_clean: ArrayLike | None = None,
    y_test_clean: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    columns: str | Mapping[str, str] | None = None,
    name: str = "arrays",
    test_share: float = 0.2,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """A dataset of images, features, texts or the rows of a table, and their labels.

    Args:
        x: images, uint8 or floats in [0, 1], shape (n, height, width) or
            (n, height, width, 1 or 3); or features, numbers of shape (n, width), also
            a `numpy.memmap`, which is read as it is needed; or a list of texts; or a
            data frame or dict of columns.
        y: given labels, whole numbers from 0 or texts, shape (n,).
        x_test: the same for a test set; by default a part is held out.
        y_test: its labels; wrong ones among them count as wrong.
        y_clean: true labels of `x`, for measuring only, where they are known.
        y_test_clean: true labels of `x_test`, likewise.
        class_names: names for labels that are numbers.
        columns: of a table, as for `from_table`.
        name: of the dataset, for messages and figures.
        test_share: of each class, in (0, 1), that is held out where there is no test
            set.
        tell: called with each line about what was found.

    Raises:
        InputError: as `from_npz`, `from_text` and `from_table`.

    Example:
        >>> from sklearn.datasets import load_wine
        >>> x, y = load_wine(return_X_y=True)
        >>> data = from_arrays(x, y, tell=lambda line: None)
        >>> data.train_images.shape, data.num_classes
        ((142, 13), 3)
    """
    if (x_test is None) != (y_test is None):
        raise InputError("from_arrays: expected both x_test and y_test, or neither")
    given = {
        "x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test,
        "y_train_clean": y_clean, "y_test_clean": y_test_clean,
        "class_names": None if class_names is None else [str(n) for n in class_names],
    }  # fmt: skip
    given = {key: value for key, value in given.items() if value is not None}
    if is_table(x) or are_texts(x):
        raw = {k: v if k.startswith("x") else _array(v) for k, v in given.items()}
        return dataset_of_raw_arrays(name, raw, columns, test_share, tell)
    if columns is not None:
        raise InputError("from_arrays: columns is for tables; received an array")
    arrays = {key: _array(value) for key, value in given.items()}
    contents = _fingerprint(arrays)
    made = dataset_of_arrays("from_arrays", name, arrays, test_share, tell)
    return dataclasses.replace(made, fingerprint=contents)


_BLOCK = 2**14  # rows at a time


def _array(values: Any) -> np.ndarray | MappedRows:
    if isinstance(values, np.memmap) and values.ndim == 2:
        return MappedRows(values)
    try:
        array = np.asarray(values)
    except ValueError:  # rows of differing lengths
        raise InputError(
            "from_arrays: expected examples of one shape; received rows of differing "
            f"lengths: {values!r:.60}"
        ) from None
    if array.dtype == object:  # texts of a data frame
        for place, value in enumerate(array.ravel()):
            if value is None or value != value or str(value) in ("<NA>", "NaT"):
                raise InputError(
                    f"from_arrays: the value at place {place} is missing; expected one "
                    "for each example"
                )
        array = np.array([str(value) for value in array.ravel()]).reshape(array.shape)
    return array


def _fingerprint(arrays: dict[str, np.ndarray | MappedRows]) -> str:
    digest = hashlib.sha256()
    for key, array in arrays.items():
        digest.update(f"{key} {array.shape} {array.dtype}".encode())
        whole = array[None] if np.ndim(array) == 0 else array
        for start in range(0, len(whole), _BLOCK):
            digest.update(np.ascontiguousarray(whole[start : start + _BLOCK]).data)
    return digest.hexdigest()[:16]
