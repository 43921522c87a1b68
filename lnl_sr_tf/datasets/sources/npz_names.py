"""Which array of an .npz is what, by its name."""

import re
from typing import NamedTuple

from lnl_sr_tf.datasets.sources.split_names import split_of
from lnl_sr_tf.errors import InputError

# The words of a name, beside that of its split; docs/data.md has them, too.
_ROLES = {
    "x": "images", "image": "images", "images": "images",
    "y": "labels", "label": "labels", "labels": "labels",
    "clean": "clean", "true": "clean",
}  # fmt: skip
_ROLE_OF = {
    ("images",): "images",
    ("labels",): "labels",
    ("clean", "labels"): "clean",
}
_CLASS_NAMES = "class_names"


class Names(NamedTuple):
    """Names of arrays.

    Args:
        splits: dict from `"train"`, and where there are `"validation"` and `"test"`, to
            (the name of its images, that of its labels, that of its clean labels or
            None).
        class_names: that of the classes' names, or None.
    """

    splits: dict
    class_names: str | None


def names_of(path, arrays, tell):
    """What the arrays of an .npz are.

    Args:
        path: of the file, for messages.
        arrays: their names.
        tell: called with a line where some are not used.

    Returns:
        `Names`.

    Raises:
        InputError: if two could be the same, a split has images and no labels or the
            reverse, or there is none to train on.

    Example:
        >>> names_of("x.npz", ["x", "y"], print).splits
        {'train': ('x', 'y', None)}
    """
    found, unused, class_names = {}, [], []
    for name in arrays:
        if _words(name) == _words(_CLASS_NAMES):
            class_names.append(name)
        elif part := _part(name):
            found.setdefault(part, []).append(name)
        else:
            unused.append(name)
    for (split, role), names in [*found.items(), ((None, _CLASS_NAMES), class_names)]:
        if len(names) > 1:
            what = f"the {_said(role)} of {split}" if split else role
            raise InputError(
                f"{path}: {' and '.join(names)} could all be {what}; expected one of "
                "them: rename or remove the others"
            )
    first = {part: names[0] for part, names in found.items()}
    splits = {}
    for split in ("train", "validation", "test"):
        parts = [first.get((split, role)) for role in ("images", "labels", "clean")]
        if any(parts):
            splits[split] = tuple(parts)
    if "train" not in splits or None in splits["train"][:2]:
        raise InputError(
            f"{path}: expected the arrays x and y, or x_train and y_train; it holds "
            f"{', '.join(arrays) or 'nothing'}"
        )
    for split, parts in splits.items():
        _check_whole(path, split, parts)
    if unused:
        named = ", ".join(map(repr, unused))
        tell(f"{path}: arrays that are not used: {named:.200}")
    return Names(splits, next(iter(class_names), None))


def _check_whole(path, split, parts):
    """Raise InputError if a split lacks images or labels."""
    for role, name in zip(("images", "labels"), parts, strict=False):
        if name is None:
            there = next(filter(None, parts))
            raise InputError(
                f"{path}: {there} has no {role} beside it; expected those of {split}, "
                f"too, or {there} removed"
            )


def _said(role):
    return "clean labels" if role == "clean" else role


def _words(name):
    return tuple(re.findall(r"[^\W_]+", name.lower()))


def _part(name):
    """(split, role) of an array; None where its name says something else."""
    splits, roles = [], []
    for word in _words(name):
        if word in _ROLES:
            roles.append(_ROLES[word])
        elif split_of(word):
            splits.append(split_of(word))
        else:
            return None
    role = _ROLE_OF.get(tuple(sorted(roles)))
    if role is None or len(splits) > 1:
        return None
    return next(iter(splits), "train"), role
