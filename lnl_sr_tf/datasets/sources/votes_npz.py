"""Votes in an .npz: a table, or an array an annotator."""

import os
import pathlib
import re
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.datasets.sources.checked_votes import check_size
from lnl_sr_tf.datasets.sources.class_names import check_classes
from lnl_sr_tf.datasets.sources.npz_file import read_arrays
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import NO_VOTE, Votes
from lnl_sr_tf.votes.vote_list import whole_numbers

_TABLE = "votes"
_NAMES = ("class_names", "examples", "annotators")
# What may be beside the votes, and is none.
_TRUE = re.compile(r"(clean|true)(_?labels?)?|y_(clean|true)", re.IGNORECASE)
_WANTED = (
    "an array votes of shape (examples, annotators), or one of shape (examples,) an "
    "annotator, of whole numbers with -1 for no vote"
)


def votes_from_npz(
    path: os.PathLike | str, tell: Callable[[str], None] = print
) -> Votes:
    """An .npz of votes, whole numbers from 0, or -1 where there is none.

    It holds `votes` of shape (examples, annotators), or an array of shape (examples,)
    for each annotator, under the annotator's name; and where there are `class_names`,
    `examples` and `annotators`, with the names of these.

    Args:
        path: the file.
        tell: called with each line about what was found.

    Raises:
        InputError: if arrays are missing, of a wrong shape or out of range, there are
            fewer than two classes, or an array would have to be unpickled.

    Example::

        votes = lnl.datasets.votes_from_npz("votes.npz")
    """
    path = pathlib.Path(os.path.expanduser(path))
    arrays = read_arrays(path)
    names = {name: _names(path, name, arrays.pop(name))
             for name in _NAMES if name in arrays}  # fmt: skip
    classes = names.get("class_names")
    if _TABLE in arrays:
        table = arrays.pop(_TABLE)
        _tell_unused(path, list(arrays), tell)
    else:
        beside = [name for name in arrays if _TRUE.fullmatch(name)]
        _tell_unused(path, beside, tell)
        table = _stacked(path, arrays, beside, classes and len(classes))
        names["annotators"] = [name for name in arrays if name not in beside]
    votes = Votes.from_table(
        table,
        class_names=classes,
        examples=names.get("examples"),
        annotators=names.get("annotators"),
        name=f"{path}: votes",
    )
    if classes is None:
        used = np.unique(votes.label)
        check_classes(path, [votes.class_names[label] for label in used])
    check_size(path, len(votes.examples), len(votes.class_names))
    return votes


def _stacked(path, arrays, beside, num_classes):
    """The arrays of the annotators as columns of one."""
    columns = {
        name: whole_numbers(f"{path}: {name}", array, num_classes)
        for name, array in arrays.items()
        if name not in beside
    }
    if not columns:
        raise InputError(f"{path}: expected {_WANTED}; it holds none")
    lengths = {name: column.shape for name, column in columns.items()}
    first = next(iter(columns))
    for name, shape in lengths.items():
        if len(shape) != 1:
            raise InputError(
                f"{path}: expected {_WANTED}; {name} has the shape {shape}"
            )
        if shape != lengths[first]:
            raise InputError(
                f"{path}: {first} has {lengths[first][0]} votes and {name} {shape[0]}; "
                f"expected as many, {NO_VOTE} where there is none"
            )
    return np.stack(list(columns.values()), axis=1)


def _names(path, name, array):
    """Names in an array of texts, or of numbers where they are not those of classes."""
    kinds = "U" if name == "class_names" else "Uiu"
    texts = [str(value).strip() for value in array.ravel().tolist()]
    if array.ndim != 1 or array.dtype.kind not in kinds or not all(texts):
        raise InputError(
            f"{path}: {name}: expected different texts of shape (n,); received "
            f"{array.dtype} of shape {array.shape}"
        )
    return texts


def _tell_unused(path, names, tell):
    if names:
        tell(f"{path}: arrays that are not used: {', '.join(map(repr, names)):.200}")
