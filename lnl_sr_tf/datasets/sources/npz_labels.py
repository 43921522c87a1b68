"""Arrays that hold labels, checked and as whole numbers."""

import pathlib
from collections.abc import Callable, Mapping

import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.datasets.features.checked_features import are_features
from lnl_sr_tf.datasets.images.image_files import Images
from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.npz_names import ArrayNames
from lnl_sr_tf.errors import InputError


def checked_labels(
    path: pathlib.Path | str,
    arrays: dict[str, np.ndarray],
    names: ArrayNames,
    images: Mapping[str, Images],
    tell: Callable[[str], None],
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], tuple[str, ...]]:
    """The labels of all splits, as whole numbers, and the names of the classes.

    Args:
        path: of the file, for messages.
        arrays: those of the file.
        names: which of them is what.
        images: by split, or features.
        tell: called with a line where several names are one class.

    Returns:
        Given labels by split, clean ones by split where they are known, and the names
        of the classes.

    Raises:
        InputError: if labels are missing, malformed or out of range.
    """
    columns = {
        name: _texts(arrays[name])
        for _, *labels in names.splits.values()
        for name in labels
        if name is not None
    }
    of_text = {name for name, column in columns.items() if column.dtype.kind == "U"}
    if of_text and len(of_text) < len(columns):
        number = next(name for name in columns if name not in of_text)
        raise InputError(
            f"{path}: some labels are numbers and some are texts, {number} and "
            f"{min(of_text)}; expected one kind"
        )
    class_names, named = None, names.class_names
    if named is not None and of_text:
        tell(f"{path}: {named} is not used: the labels are names of classes themselves")
    elif named is not None:
        class_names = _class_names(path, named, arrays[named])
    if of_text:
        class_names, columns = _numbered(path, columns, tell)
    known = len(class_names) if class_names else None
    what = "rows" if are_features(images["train"]) else "images"
    lengths = {
        name: (x, len(images[split]))
        for split, (x, *labels) in names.splits.items()
        for name in labels
    }
    for name, column in columns.items():
        of, count = lengths[name]
        if column.ndim and len(column) != count:
            raise InputError(
                f"{path}: {of} has {count} {what} and {name} {len(column)} labels; "
                "expected as many of both"
            )
        columns[name] = validation.labels(f"{path}: {name}", column, known)
    if class_names is None:
        class_names = _by_number(path, columns)
    check_classes(path, class_names)
    given = {split: columns[y] for split, (_, y, _) in names.splits.items()}
    clean = {
        split: columns[true]
        for split, (_, _, true) in names.splits.items()
        if true is not None
    }
    counts = np.bincount(given["train"], minlength=len(class_names))
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"{path}: {names.splits['train'][1]} holds no example of class "
            f"{class_names[label]!r}; expected labels without a gap from 0 to "
            f"{len(class_names) - 1}"
        )
    return given, clean, class_names


def _texts(labels: np.ndarray) -> np.ndarray:
    """The same labels; texts of shape (n, 1) as (n,), as is done for numbers."""
    if labels.dtype.kind == "U" and labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    return labels


def _numbered(
    path: pathlib.Path | str,
    columns: dict[str, np.ndarray],
    tell: Callable[[str], None],
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """(names of the classes, labels as numbers) for labels that are texts."""
    for name, column in columns.items():
        if column.ndim != 1:
            raise InputError(
                f"{path}: {name}: expected labels of shape (n,); received "
                f"{column.shape}"
            )
        for place in np.flatnonzero(np.char.strip(column) == ""):
            raise InputError(f"{path}: {name}: the label at place {place} is empty")
    spellings = set(np.concatenate(list(columns.values())).tolist())
    class_of = one_name_each(path, spellings, tell)
    class_names = sorted_names(class_of.values())
    index = {name: class_names.index(class_of[name]) for name in class_of}
    return class_names, {
        name: np.array([index[text] for text in column.tolist()], np.int64)
        for name, column in columns.items()
    }


def _by_number(
    path: pathlib.Path | str, columns: dict[str, np.ndarray]
) -> tuple[str, ...]:
    """Names of classes that have none: their numbers."""
    high = max(int(part.max()) for part in columns.values())
    if high >= sum(map(len, columns.values())):
        raise InputError(
            f"{path}: a label is {high}, and there are fewer examples than that; "
            "expected whole numbers from 0 without a gap"
        )
    return tuple(str(i) for i in range(high + 1))


def _class_names(
    path: pathlib.Path | str, name: str, names: np.ndarray
) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind != "U" or len(set(names)) != len(names):
        raise InputError(
            f"{path}: {name}: expected different texts, one a class; received "
            f"{names.dtype} of shape {names.shape}"
        )
    class_of = one_name_each(path, names.tolist(), lambda line: None)
    class_names = tuple(class_of[text] for text in names.tolist())
    check_classes(f"{path}: {name}", class_names)
    return class_names
