"""Which array of an .npz is what, by its name."""

import pathlib
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lnl_sr_tf.datasets.sources.split_names import is_held_out, split_of
from lnl_sr_tf.errors import InputError

# The words of a name other than its split; docs/data.md lists them, too.
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
_ROLE_NAMES = ("images", "labels", "clean")
_CLASS_NAMES = "class_names"


class ArrayNames(NamedTuple):
    """The name of the array that holds what.

    Args:
        splits: for `"train"`, and where there are, `"validation"` and `"test"`: (the
            name of its images, of its labels, of its clean labels or None).
        class_names: that of the classes' names, or None.
        held_out: whether the test set is called held out, its labels being as noisy as
            those of training.
    """

    splits: dict[str, tuple[str, str, str | None]]
    class_names: str | None
    held_out: bool = False


def array_names(
    path: pathlib.Path | str, arrays: Sequence[str], tell: Callable[[str], None]
) -> ArrayNames:
    """Which array of an .npz holds what.

    Args:
        path: of the file, for messages.
        arrays: their names.
        tell: called with a line where some are not used.

    Raises:
        InputError: if two could be the same, a split has images without labels or
            labels without images, or there is none to train on.

    Example:
        >>> array_names("x.npz", ["x", "y"], print).splits
        {'train': ('x', 'y', None)}
    """
    found: dict[tuple[str, str], list[str]] = {}
    unused, class_names = [], []
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
    if not first.keys() >= {("train", "images"), ("train", "labels")}:
        raise InputError(
            f"{path}: expected the arrays x and y, or x_train and y_train; it holds "
            f"{', '.join(arrays) or 'nothing'}"
        )
    splits = {}
    for split in ("train", "validation", "test"):
        images, labels, clean = (first.get((split, role)) for role in _ROLE_NAMES)
        if images and labels:
            splits[split] = images, labels, clean
        elif there := images or labels or clean:
            missing = "labels" if images else "images"
            raise InputError(
                f"{path}: {there} has no {missing} beside it; expected those of "
                f"{split}, too, or {there} removed"
            )
    if unused:
        named = ", ".join(map(repr, unused))
        tell(f"{path}: arrays that are not used: {named:.200}")
    test_images = splits["test"][0] if "test" in splits else ""
    held_out = any(map(is_held_out, _words(test_images)))
    return ArrayNames(splits, next(iter(class_names), None), held_out)


def _said(role: str) -> str:
    return "clean labels" if role == "clean" else role


def _words(name: str) -> tuple[str, ...]:
    name = re.sub(r"held[\W_]*out", "heldout", name.lower())
    return tuple(re.findall(r"[^\W_]+", name))


def _part(name: str) -> tuple[str, str] | None:
    """(split, role) of an array; None where its name says something else."""
    splits, roles = [], []
    for word in _words(name):
        if word in _ROLES:
            roles.append(_ROLES[word])
        elif split := split_of(word):
            splits.append(split)
        else:
            return None
    role = _ROLE_OF.get(tuple(sorted(roles)))
    if role is None or len(splits) > 1:
        return None
    return next(iter(splits), "train"), role
