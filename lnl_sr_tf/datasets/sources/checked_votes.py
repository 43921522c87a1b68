"""Votes that were read as text, checked and as numbers."""

import pathlib
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import Votes

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_COPIES = 6  # of the probabilities, while they are computed


def checked_votes(
    path: pathlib.Path,
    lines: Sequence[int],
    columns: tuple[Sequence[int], Sequence[int], Sequence[int]],
    codes: tuple[Mapping[str, int], Mapping[str, int], Mapping[str, int]],
    tell: Callable[[str], None],
) -> Votes:
    """The votes of a file.

    Args:
        path: of the file, for messages.
        lines: the number of the line of each vote.
        columns: of each vote the codes of its example, annotator and label.
        codes: the code of each example, annotator and label, in their order; the label
            "" is no vote.
        tell: called with each line about what was found.

    Raises:
        InputError: if an annotator gave an example two different votes, a label is NaN,
            or there are fewer than two classes.
    """
    numbers = np.asarray(lines, np.int64)
    example, annotator, spelling = (np.asarray(part, np.int64) for part in columns)
    for text, code in codes[2].items():
        if text.lower() == "nan" and (where := np.flatnonzero(spelling == code)).size:
            raise InputError(
                f"{path}, line {numbers[where[0]]}: expected a label, or an empty cell "
                f"where there is no vote; received {text!r}"
            )
    class_of = one_name_each(path, [text for text in codes[2] if text], tell)
    class_names = sorted_names(class_of.values())
    check_classes(path, class_names)
    check_size(path, len(codes[0]), len(class_names))
    if "-1" in class_names and "0" in class_names:
        tell(
            f"{path}: '-1' is taken as a class; where there is no vote, the cell is "
            "to be empty"
        )
    _tell_of_texts_among_numbers(path, numbers, spelling, codes[2], tell)
    index = {name: i for i, name in enumerate(class_names)}
    number = np.array([index[class_of[text]] if text else -1 for text in codes[2]])
    label = number[spelling]
    there = label >= 0
    if not there.all():
        tell(f"{path}: lines without a label, which are no votes: {(~there).sum()}")
    example, annotator, label = example[there], annotator[there], label[there]
    examples, annotators = list(codes[0]), list(codes[1])
    key = example * len(annotators) + annotator
    _, first, same = np.unique(key, return_index=True, return_inverse=True)
    again = np.flatnonzero(label != label[first[same]])
    if len(again):
        before = first[same[again[0]]]
        rows = numbers[there]
        raise InputError(
            f"{path}, line {rows[again[0]]}: annotator "
            f"{annotators[annotator[again[0]]]!r} says "
            f"{class_names[label[again[0]]]!r} of example "
            f"{examples[example[again[0]]]!r}, and "
            f"{class_names[label[before]]!r} in line {rows[before]}; expected one vote"
        )
    if len(first) < len(label):
        tell(
            f"{path}: votes that are there twice count once: {len(label) - len(first)}"
        )
        first = np.sort(first)
        example, annotator, label = example[first], annotator[first], label[first]
    return Votes(
        example, annotator, label, tuple(examples), tuple(annotators), class_names
    )


def _tell_of_texts_among_numbers(
    path: pathlib.Path,
    lines: np.ndarray,
    spelling: np.ndarray,
    codes: Mapping[str, int],
    tell: Callable[[str], None],
) -> None:
    """Say where a label is a text and others are numbers, as "?" for no answer."""
    texts = [text for text in codes if text and not _NUMBER.fullmatch(text)]
    if texts and len(texts) < len(codes) - ("" in codes):
        first = lines[np.flatnonzero(spelling == codes[texts[0]])[0]]
        tell(
            f"{path}: labels that are numbers and labels that are texts, such as "
            f"{texts[0]!r} in line {first}, which are classes, too"
        )


def check_size(path: pathlib.Path, examples: int, classes: int) -> None:
    """Raise InputError where the probabilities would not fit into memory."""
    check_memory(
        _COPIES * examples * classes * 8,
        f"{path}: probabilities of {examples} examples and {classes} classes take",
        "are the labels names of classes?",
    )
