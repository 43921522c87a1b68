"""Which files there are, with which labels: what folders, tables and lists say."""

import dataclasses
import os

import numpy as np


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
