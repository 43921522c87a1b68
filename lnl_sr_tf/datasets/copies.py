"""Examples that are there twice: how many, and what that does to the figures."""

import hashlib
from typing import NamedTuple

import numpy as np


class Part(NamedTuple):
    """The examples of one split.

    Args:
        contents: a number for each example, the same for copies of it, shape (n,).
        labels: integers, shape (n,).
        where: a function from an example's place to its name, for people.
    """

    contents: np.ndarray
    labels: np.ndarray
    where: object


def contents_of(images):
    """A number for each example of an array, the same for copies of it.

    Args:
        images: an array whose first axis is the examples; a row is copied at a time.

    Returns:
        int64 array of shape (n,), the same on every machine.
    """
    rows = (np.ascontiguousarray(image) for image in images)
    hashes = (hashlib.blake2b(row, digest_size=8).digest() for row in rows)
    return np.frombuffer(b"".join(hashes), "<i8").astype(np.int64)


def part_of_array(name, images, labels):
    """The `Part` of an array of that name."""
    return Part(contents_of(images), labels, lambda i: f"{name}[{i}]")


def tell_copies(parts, tell):
    """Say how many examples are copies, if any are.

    Args:
        parts: dict from a split, `"train"` first, to its `Part`.
        tell: called with a line, or not at all.

    Example:
        >>> x, y = np.zeros((2, 8, 8, 1), np.uint8), np.array([0, 1])
        >>> tell_copies({"train": part_of_array("x_train", x, y)}, print)
        warning: 1 images are there twice or more, first x_train[0] and x_train[1]; 1 of
        them under another label
    """
    content = np.concatenate([part.contents for part in parts.values()])
    labels = np.concatenate([part.labels for part in parts.values()])
    _, first, of = np.unique(content, return_index=True, return_inverse=True)
    first = first[of]  # the first example with the same content
    copies = np.flatnonzero(first != np.arange(len(content)))
    if not len(copies):
        return
    differ = int((labels[copies] != labels[first[copies]]).sum())
    ends = np.cumsum([len(part.labels) for part in parts.values()])

    def named(i):
        split = int(np.searchsorted(ends, i, side="right"))
        part = list(parts.values())[split]
        return part.where(int(i - ends[split] + len(part.labels)))

    text = (
        f"warning: {len(copies)} images are there twice or more, first "
        f"{named(first[copies[0]])} and {named(copies[0])}; {differ} of them under "
        "another label"
    )
    leaked = {
        name: int(np.isin(part.contents, parts["train"].contents).sum())
        for name, part in parts.items()
        if name != "train"
    }
    if any(leaked.values()):
        shares = ", ".join(
            f"{count} of {len(parts[name].labels)} of {name}"
            for name, count in leaked.items()
            if count
        )
        text += (
            f"; {sum(leaked.values())} are both in train and in a test set ({shares}), "
            "whose accuracy is flattered by them"
        )
    tell(text)
