"""Votes as a list: who said what of which example."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.errors import InputError

NO_VOTE = -1  # in a table of votes


@dataclasses.dataclass(frozen=True)
class Votes:
    """The votes that there are, m of them, in any order.

    Args:
        example: of each vote, int64 in [0, n), shape (m,).
        annotator: likewise, in [0, a); no pair of both is there twice.
        label: likewise, in [0, k).
        examples: n names.
        annotators: a names.
        class_names: k names.

    Example:
        >>> Votes.from_table([[0, 1], [1, -1]]).label
        array([0, 1, 1])
    """

    example: np.ndarray
    annotator: np.ndarray
    label: np.ndarray
    examples: Sequence[str]
    annotators: Sequence[str]
    class_names: Sequence[str]

    def __len__(self) -> int:
        return len(self.label)

    @property
    def counts(self) -> np.ndarray:
        """How many annotators gave an example each class, int64, shape (n, k)."""
        shape = len(self.examples), len(self.class_names)
        places = self.example * shape[1] + self.label
        return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)

    @classmethod
    def from_table(
        cls,
        table: ArrayLike,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
        *,
        examples: Sequence[str] | None = None,
        annotators: Sequence[str] | None = None,
        name: str = "votes",
    ) -> "Votes":
        """The votes of a table with a row an example and a column an annotator.

        Args:
            table: whole numbers in [0, k), -1 where there is no vote, shape (n, a).
            num_classes: k, at least 2; by default as many as `class_names`, or one more
                than the largest number.
            class_names: k names; by default the numbers.
            examples: n names; by default the numbers.
            annotators: a names; by default the numbers.
            name: what the table is called in messages.

        Raises:
            InputError: that says what was received and what was expected.
        """
        if class_names is not None:
            _check_count(f"{name}: class_names", class_names, num_classes)
            num_classes = len(class_names)
        if num_classes is not None and num_classes < 2:
            raise InputError(
                f"{name}: expected at least 2 classes; received {num_classes}"
            )
        array = whole_numbers(name, table, num_classes)
        if array.ndim != 2:
            raise InputError(
                f"{name}: expected the shape (examples, annotators); received "
                f"{array.shape}"
            )
        if num_classes is None:
            num_classes = _classes(name, array)
        if class_names is None:
            class_names = _numbers(num_classes)
        for what, names, count in (
            ("examples", examples, array.shape[0]),
            ("annotators", annotators, array.shape[1]),
        ):
            if names is not None:
                _check_count(f"{name}: {what}", names, count)
        example, annotator = np.nonzero(array != NO_VOTE)
        return cls(
            example,
            annotator,
            array[example, annotator].astype(np.int64),
            _numbers(array.shape[0]) if examples is None else tuple(examples),
            _numbers(array.shape[1]) if annotators is None else tuple(annotators),
            tuple(map(str, class_names)),
        )


def whole_numbers(
    name: str, values: ArrayLike, num_classes: int | None = None
) -> np.ndarray:
    """Votes as an array of whole numbers, of any shape.

    Args:
        name: what they are, for messages.
        values: integers, or floats that are whole, in [0, k), or -1 for no vote.
        num_classes: k, where that is known.

    Raises:
        InputError: that names the first place where it is something else.

    Example:
        >>> whole_numbers("votes", [[0.0, -1.0]])
        array([[ 0, -1]])
    """
    if np.ma.is_masked(values):
        raise InputError(f"{name}: some votes are masked; -1 stands for no vote")
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(f"{name}: expected rows of the same length") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise InputError(
            f"{name}: expected whole numbers, -1 for no vote; received {array.dtype}"
            f" such as {array.flat[0]!r:.40}"
        )
    high = np.iinfo(np.int64).max if num_classes is None else num_classes
    with np.errstate(invalid="ignore"):
        right = (array >= NO_VOTE) & (array < high)
        if array.dtype.kind == "f":
            right &= array == np.rint(array)
    if not right.all():
        place = tuple(int(i) for i in np.argwhere(~right)[0])
        more = int(right.size - right.sum()) - 1
        wanted = "from 0 on" if num_classes is None else f"in [0, {num_classes})"
        raise InputError(
            f"{name}: expected whole numbers {wanted}, or -1 for no vote; received "
            f"{array[place]} at place {place[0] if len(place) == 1 else place}"
            + f" and {more} more such"
            * (more > 0)
        )
    return array.astype(np.int64) if array.dtype.kind in "uf" else array


def _classes(name: str, array: np.ndarray) -> int:
    """The number of classes where nothing says it."""
    high = int(array.max(initial=NO_VOTE))
    if high > max(array.size, 1):
        raise InputError(
            f"{name}: a vote is {high}, and there are fewer votes than that; expected "
            "the numbers of classes, from 0"
        )
    return max(high + 1, 2)


def _check_count(name: str, values: Sequence[str], count: int | None) -> None:
    """Raise InputError unless names are different texts in their order."""
    if isinstance(values, (str, bytes, dict, set, frozenset)):
        raise InputError(
            f"{name}: expected texts in their order; received {values!r:.80}"
        )
    if count is not None and len(values) != count:
        raise InputError(f"{name}: expected {count}; received {len(values)}")
    if len(set(values)) < len(values):
        raise InputError(f"{name}: expected different texts; received {values!r:.80}")


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
