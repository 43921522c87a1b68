"""Which files there are, with which labels: what folders, tables and lists say."""

import dataclasses
import os
import re

import numpy as np

from lnl_sr_tf.errors import InputError

# The splits that a data set may have, and other names for them.
SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}


@dataclasses.dataclass(frozen=True)
class Examples:
    """The examples of one split.

    Args:
        paths: list of files.
        labels: given labels, int64, shape (n,).
        clean: clean labels, int64, shape (n,), or None where they are not known.
        places: where each is listed, for messages, or None.
    """

    paths: list
    labels: np.ndarray
    clean: np.ndarray = None
    places: list = None

    def __len__(self):
        return len(self.paths)

    def where(self, i):
        """An example's file for a message, and where it is listed."""
        path = os.fsencode(self.paths[i]).decode(errors="replace")
        return f"{path} ({self.places[i]})" if self.places else path

    def take(self, indices):
        """A selection."""
        indices = np.asarray(indices)
        if indices.dtype == bool:
            indices = np.flatnonzero(indices)
        return Examples(
            [self.paths[i] for i in indices],
            self.labels[indices],
            None if self.clean is None else self.clean[indices],
            self.places and [self.places[i] for i in indices],
        )


@dataclasses.dataclass(frozen=True)
class Listing:
    """A data set of files.

    Args:
        name: its name.
        source: the folder or file that says what is in it.
        class_names: one name a class.
        splits: dict from `"train"`, and where there are, `"validation"`, `"test"` and
            any other test set, to `Examples`.
        clean_tests: names of the splits other than `"train"` whose labels are clean.
    """

    name: str
    source: str
    class_names: tuple
    splits: dict
    clean_tests: tuple = ()


def natural(text):
    """A key by which a2 comes before a10."""
    parts = re.split(r"([0-9]+)", text)
    # Numbers by their length, then digit by digit: Python converts no thousands of
    # digits, and of ² only its isdigit says that it is one.
    for i in range(1, len(parts), 2):
        digits = parts[i].lstrip("0")
        parts[i] = len(digits), digits
    return parts, text


def sorted_names(names):
    """Names of classes in order, whole numbers by their value."""
    return tuple(sorted(set(names), key=natural))


def check_classes(source, class_names):
    """Raise InputError if there is nothing to tell apart."""
    if len(class_names) < 2:
        found = f"one class, {class_names[0]!r}" if class_names else "none"
        raise InputError(
            f"{source}: expected examples of at least 2 classes; found {found}"
        )
