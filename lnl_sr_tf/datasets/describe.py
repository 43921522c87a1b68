"""A line that says what was read, so that a wrong guess is noticed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lnl_sr_tf.datasets.dataset import Dataset

_NAMED = 5  # classes
_LONGEST = 30  # characters of a name


def in_a_line(dataset: "Dataset") -> str:
    """The number of classes, their first names, and the examples a class.

    Example:
        >>> from lnl_sr_tf.datasets.sources import digits
        >>> in_a_line(digits.load())
        'digits: 10 classes (0, 1, 2, 3, 4, …), 137 to 153 training examples a class'
    """
    counts = np.bincount(dataset.given_labels, minlength=dataset.num_classes)
    least, most = counts.min(), counts.max()
    return (
        f"{dataset.name}: {counted_classes(dataset.class_names, 'classes ')}, "
        f"{least if least == most else f'{least} to {most}'} training examples a class"
    )


def counted_classes(class_names: Sequence[str], what: str = "") -> str:
    """How many classes there are, and their first names.

    Args:
        class_names: one name a class.
        what: comes between.

    Example:
        >>> counted_classes(["cat", "dog"], "classes ")
        '2 classes (cat, dog)'
    """
    named = [_short(str(name)) for name in class_names[:_NAMED]]
    named += ["…"] * (len(class_names) > _NAMED)
    return f"{len(class_names)} {what}({', '.join(named)})"


def _short(name: str) -> str:
    # A folder's name may hold bytes that are not text, or a line break.
    name = name.encode(errors="replace").decode()
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
