"""Lines of a file by what its columns of splits and of clean labels say."""

import difflib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.sources.split_names import (
    HELD_OUT,
    SPLITS,
    is_held_out,
    split_of,
    taken_for,
)
from lnl_sr_tf.errors import InputError


class SplitColumn(NamedTuple):
    """Which lines are of which split.

    Args:
        rows: the places of each split's lines, int64, by split, `"train"` first.
        held_out: whether the test set is called held out, its labels being as noisy as
            those of training.
        told: which splits other words were taken for; "" where the words say it.
    """

    rows: dict[str, np.ndarray]
    held_out: bool
    told: str


def by_split(
    source: object, words: Sequence[str], where: Callable[[int], str]
) -> SplitColumn:
    """The lines of each split.

    Args:
        source: the file, for messages.
        words: what a column calls the split of each line.
        where: from a place in `words` to its line, for messages.

    Raises:
        InputError: if a word is of no split, two words are of the same split, or no
            line is to train on.

    Example:
        >>> by_split("x.csv", ["train", "test", "train"], str).rows["train"]
        array([0, 2])
    """
    places: dict[str, list[int]] = {}
    called: dict[str, str] = {}
    for place, said in enumerate(words):
        word = said.lower()
        split = split_of(word)
        if split is None:
            close = difflib.get_close_matches(word, (*SPLITS, HELD_OUT), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(
                f"{where(place)}: split {said!r}; expected train, validation or "
                f"test{hint}"
            )
        before = called.setdefault(split, word)
        if before != word:
            raise InputError(
                f"{where(place)}: the splits {before!r} and {word!r} both mean "
                f"{split}; keep one, or give both the same name"
            )
        places.setdefault(split, []).append(place)
    if "train" not in places:
        raise InputError(
            f"{source}: no line is of the split train; found {', '.join(places)}"
        )
    rows = {split: np.array(places[split]) for split in SPLITS if split in places}
    return SplitColumn(rows, is_held_out(called.get("test", "")), taken_for(called))


def all_known(
    clean: Sequence[str],
    rows: np.ndarray,
    split: str,
    column: str,
    where: Callable[[int], str],
) -> bool:
    """Whether the clean labels of a split are known.

    Args:
        clean: those of each line, "" where it is not known.
        rows: the places of the split's lines.
        split: its name, for messages.
        column: the name of the column, for messages.
        where: as for `by_split`.

    Raises:
        InputError: if they are known of some of the lines.

    Example:
        >>> all_known(["cat", "dog", ""], np.array([0, 1]), "test", "clean_label", str)
        True
    """
    known = [bool(clean[row]) for row in rows.tolist()]
    if any(known) and not all(known):
        raise InputError(
            f"{where(int(rows[known.index(False)]))}: {column} is empty, and other "
            f"lines of the split {split} have one; fill it, or give those with one a "
            "split of their own, test"
        )
    return all(known)
