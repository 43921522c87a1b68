"""Arrays that hold labels, checked and as whole numbers."""

import numpy as np

from lnl_sr_tf.datasets.listing import check_classes, natural
from lnl_sr_tf.errors import InputError

_CLEAN = {
    "train": ("y_train_clean", "y_clean"),
    "validation": ("y_val_clean",),
    "test": ("y_test_clean",),
}
_CLASS_NAMES = "class_names"


def checked_labels(path, arrays, names, images):
    """The labels of all splits, as whole numbers, and the names of the classes.

    Args:
        path: of the file, for messages.
        arrays: dict of its arrays.
        names: dict from a split to the names of its images and of its labels.
        images: dict from a split to its images.

    Returns:
        Given labels by split, clean ones or None by split, and a tuple of names.

    Raises:
        InputError: if labels are missing, malformed or out of range.
    """
    given, clean = {}, {}
    for split, (x, y) in names.items():
        given[split] = _column(path, arrays, y, len(images[split]), x)
        known = next((name for name in _CLEAN[split] if name in arrays), None)
        clean[split] = known and _column(path, arrays, known, len(images[split]), x)
    labels = [part for part in (*given.values(), *clean.values()) if part is not None]
    texts = {part.dtype.kind == "U" for part in labels}
    if len(texts) > 1:
        raise InputError(f"{path}: some labels are numbers and some are texts")
    if texts == {True}:
        values = sorted(set(np.concatenate(labels).tolist()), key=natural)
        class_names = tuple(values)
    else:
        class_names = _class_names(path, arrays, labels)
        values = range(len(class_names))
        for split, (_, y) in names.items():
            low, high = int(given[split].min()), int(given[split].max())
            if low < 0 or high >= len(class_names):
                raise InputError(
                    f"{path}: {y} holds labels from {low} to {high}; expected whole "
                    f"numbers in [0, {len(class_names)})"
                )
    check_classes(path, class_names)
    index = {value: i for i, value in enumerate(values)}

    def numbered(part):
        if part is None or part.dtype.kind != "U":
            return part
        return np.array([index[value] for value in part.tolist()], np.int64)

    given = {split: numbered(part) for split, part in given.items()}
    clean = {split: numbered(part) for split, part in clean.items()}
    counts = np.bincount(given["train"], minlength=len(class_names))
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"{path}: {names['train'][1]} holds no example of class "
            f"{class_names[label]!r}; expected labels without a gap from 0 to "
            f"{len(class_names) - 1}"
        )
    return given, clean, class_names


def _column(path, arrays, name, count, of):
    labels = arrays[name]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(
            f"{path}: {name}: expected labels of shape (n,); received {labels.shape}"
            + ("; for one-hot ones, argmax(axis=1) gives them" * (labels.ndim == 2))
        )
    if len(labels) != count:
        raise InputError(
            f"{path}: {of} has {count} images and {name} {len(labels)} labels; "
            "expected "
            "as many of both"
        )
    # Floats beyond 2^53, infinity among them, are no numbers of classes.
    whole = labels.dtype.kind == "f" and (labels == np.rint(labels)).all()
    if whole and float(abs(labels).max()) < 2**53:
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iuU":
        raise InputError(
            f"{path}: {name}: expected whole numbers or texts; received {labels.dtype}"
        )
    return labels if labels.dtype.kind == "U" else labels.astype(np.int64)


def _class_names(path, arrays, labels):
    names = arrays.get(_CLASS_NAMES)
    if names is None:
        low = min(int(part.min()) for part in labels)
        if low < 0:
            raise InputError(
                f"{path}: a label is {low}; expected whole numbers from 0 on"
            )
        high = max(int(part.max()) for part in labels)
        if high >= sum(map(len, labels)):
            raise InputError(
                f"{path}: a label is {high}, and there are fewer examples than that; "
                "expected whole numbers from 0 on without a gap"
            )
        return tuple(str(i) for i in range(high + 1))
    if names.ndim != 1 or names.dtype.kind != "U" or len(set(names)) != len(names):
        raise InputError(
            f"{path}: {_CLASS_NAMES}: expected different texts, one a class; received "
            f"{names.dtype} of shape {names.shape}"
        )
    return tuple(names.tolist())
