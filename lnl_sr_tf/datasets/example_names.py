"""Which example a name in another file means: its number, or a part of its path."""

import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

# Places of what is known and not trained on, of what is not known, and of names that
# several examples have.
NOT_TRAINED, UNKNOWN, SEVERAL = -1, -2, -3


def by_number(index: np.ndarray, others: int = 0) -> dict[str, int]:
    """The place of each example by its number in the source.

    Args:
        index: the number of each, integers, shape (n,).
        others: how many more examples the source has, in its test sets.

    Example:
        >>> by_number(np.array([2, 0]), others=1)
        {'0': 1, '1': -1, '2': 0}
    """
    # A dataset does not tell which of all the numbers are those of its test sets.
    known = {str(number): NOT_TRAINED for number in range(len(index) + others)}
    return known | {str(number): place for place, number in enumerate(index.tolist())}


def by_path(
    paths: Sequence[str], others: Iterable[Sequence[str]] = ()
) -> dict[str, int]:
    """The place of each example by every ending of its file's path.

    Args:
        paths: of the files, n of them.
        others: those of the test sets.

    Example:
        >>> known = by_path(["a/cat/1.png", "a/dog/1.png"])
        >>> known["cat/1.png"], known["1.png"]
        (0, -3)
    """
    places = [*enumerate(paths)]
    places += [(NOT_TRAINED, path) for part in others for path in part]
    known: dict[str, int] = {}
    for place, path in places:
        for name in _endings(path):
            known[name] = SEVERAL if name in known else place
    return known


def _endings(path: str) -> Iterator[str]:
    """A path, and what is left of it without its first folders."""
    parts = path.replace(os.sep, "/").split("/")
    for start in range(len(parts)):
        yield "/".join(parts[start:])
