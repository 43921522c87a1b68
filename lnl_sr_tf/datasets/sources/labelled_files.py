"""Files and their labels, as a folder, a table or published lists name them."""

import dataclasses
import os

import numpy as np


@dataclasses.dataclass(frozen=True)
class Split:
    """The files of one split.

    Args:
        paths: n files.
        labels: given labels, int64, shape (n,).
        clean: clean labels, int64, shape (n,), or None where they are not known.
        places: where each file is listed, for messages, or None.
    """

    paths: list[str]
    labels: np.ndarray
    clean: np.ndarray | None = None
    places: list[str] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def where(self, i: int) -> str:
        """A file for a message, and where it is listed."""
        path = os.fsencode(self.paths[i]).decode(errors="replace")
        return f"{path} ({self.places[i]})" if self.places else path

    @property
    def best_labels(self) -> np.ndarray:
        """The clean labels, or where they are not known the given ones."""
        return self.labels if self.clean is None else self.clean

    def take(self, chosen: np.ndarray) -> "Split":
        """Some of the files, by a mask."""
        indices = np.flatnonzero(chosen)
        return Split(
            [self.paths[i] for i in indices],
            self.labels[indices],
            None if self.clean is None else self.clean[indices],
            self.places and [self.places[i] for i in indices],
        )


@dataclasses.dataclass(frozen=True)
class LabelledFiles:
    """A dataset whose files are known and not yet read.

    Args:
        name: of the dataset.
        source: the folder or file that says what is in it.
        class_names: one name a class.
        splits: by name: `"train"`, and where there are, `"validation"`, `"test"` and
            any other test set.
        clean_tests: names of the splits other than `"train"` whose labels are clean.
        held_out: whether the split `"test"` is said to be as noisy as `"train"`.
    """

    name: str
    source: str
    class_names: tuple[str, ...]
    splits: dict[str, Split]
    clean_tests: tuple[str, ...] = ()
    held_out: bool = False
