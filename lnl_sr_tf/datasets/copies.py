"""Duplicates: how many images occur more than once, and what that does to results."""

import hashlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class SplitContents(NamedTuple):
    """What tells the examples of one split apart.

    Args:
        hashes: one number an example, the same for copies of it, int64, shape (n,).
        labels: integers, shape (n,).
        where: from an example's position in the split to its name, for messages.
    """

    hashes: np.ndarray
    labels: np.ndarray
    where: Callable[[int], str]


def content_hashes(images: Iterable[np.ndarray]) -> np.ndarray:
    """A number for each image of an array, the same for copies of it.

    Args:
        images: shape (n, …); taken one at a time.

    Returns:
        int64, shape (n,), the same on every machine.
    """
    rows = (np.ascontiguousarray(image) for image in images)
    digests = (hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.frombuffer(b"".join(digests), "<i8").astype(np.int64)


def array_contents(
    name: str, images: Iterable[np.ndarray], labels: np.ndarray
) -> SplitContents:
    """The `SplitContents` of an array of that name."""
    return SplitContents(content_hashes(images), labels, lambda i: f"{name}[{i}]")


def warn_of_copies(
    splits: dict[str, SplitContents],
    tell: Callable[[str], None],
    what: str = "images",
) -> None:
    """Say how many images are copies of others, if any are.

    Args:
        splits: by name, `"train"` first.
        tell: called with one line, or not at all.
        what: examples are called.

    Example:
        >>> x, y = np.zeros((2, 8, 8, 1), np.uint8), np.array([0, 1])
        >>> splits = {"train": array_contents("x_train", x, y)}
        >>> warn_of_copies(splits, lambda line: print(line.partition(";")[0]))
        warning: 1 images are copies of others, first x_train[0] and x_train[1]
    """
    hashes = np.concatenate([split.hashes for split in splits.values()])
    labels = np.concatenate([split.labels for split in splits.values()])
    _, first, of = np.unique(hashes, return_index=True, return_inverse=True)
    first = first[of]  # the first example with the same content
    copies = np.flatnonzero(first != np.arange(len(hashes)))
    if not len(copies):
        return
    differ = int((labels[copies] != labels[first[copies]]).sum())
    ends = np.cumsum([len(split.labels) for split in splits.values()])

    def named(i):
        number = int(np.searchsorted(ends, i, side="right"))
        split = list(splits.values())[number]
        return split.where(int(i - ends[number] + len(split.labels)))

    text = (
        f"warning: {len(copies)} {what} are copies of others, first "
        f"{named(first[copies[0]])} and {named(copies[0])}; {differ} of them have "
        "another label"
    )
    leaked = {
        name: int(np.isin(split.hashes, splits["train"].hashes).sum())
        for name, split in splits.items()
        if name != "train"
    }
    if any(leaked.values()):
        shares = ", ".join(
            f"{count} of {len(splits[name].labels)} of {name}"
            for name, count in leaked.items()
            if count
        )
        text += (
            f"; {sum(leaked.values())} are both in train and in a test set ({shares}), "
            "which inflates the accuracy on it"
        )
    tell(text)
