"""A .csv of files and labels."""

import difflib
import os
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.csv_table import Row, read_rows
from lnl_sr_tf.datasets.sources.dataset_of_files import dataset_of_files
from lnl_sr_tf.datasets.sources.labelled_files import LabelledFiles, Split
from lnl_sr_tf.datasets.sources.split_names import split_of, taken_for
from lnl_sr_tf.errors import InputError

_SPLITS = ("train", "validation", "test")


class _Example(NamedTuple):
    """A line of the .csv.

    Args:
        path: of the image.
        label: given, as it is spelled.
        clean_label: likewise, "" where it is not known.
        split: `"train"`, `"validation"` or `"test"`.
        split_word: how the .csv calls it, in lower case, "" without such a column.
        where: the line, for messages.
        place: likewise, without the folder of the .csv.
    """

    path: str
    label: str
    clean_label: str
    split: str
    split_word: str
    where: str
    place: str


def from_csv(
    path: pathlib.Path | str, tell: Callable[[str], None] = print, **options: Any
) -> Dataset:
    """A .csv of `file,label`, in UTF-8, with a header or without.

    With a header there may be two more columns: `split` (train, validation or test, or
    another word that `split_names` knows) and `clean_label` (the true one; in a split
    either for all of its lines or for none); others are not used. Files are relative to
    the folder of the .csv. Labels are any text; classes are in the order of their
    names, numbers by their value; examples in the order of their lines. A file may be
    listed several times, as where several annotators labelled it: each line is an
    example.

    Args:
        path: the .csv.
        tell: called with each line about what was found.
        **options: `image_size`, `resize`, `skip_bad_files`, `in_memory`, `test_share`,
            as for `lnl_sr_tf.datasets.sources.dataset_of_files.dataset_of_files`.

    Returns:
        A `Dataset`, whose clean labels are those of the column `clean_label`, or
        unknown.

    Raises:
        InputError: if a line is malformed or names no file, two columns could be meant,
            or an image cannot be read.

    Example::

        data = lnl.datasets.from_csv("annotations.csv")
    """
    return dataset_of_files(list_csv(path, tell), tell=tell, **options)


def list_csv(
    path: pathlib.Path | str, tell: Callable[[str], None] = print
) -> LabelledFiles:
    """The files and labels of a .csv."""
    path = pathlib.Path(os.path.expanduser(path))
    examples = [_example(path, row) for row in read_rows(path, tell)]
    if not examples:
        raise InputError(f"{path}: expected lines of file,label; there is none")
    spellings = {e.label for e in examples} | {e.clean_label for e in examples} - {""}
    class_of = one_name_each(path, spellings, tell)
    class_names = sorted_names(class_of.values())
    check_classes(path, class_names)
    by_split = _by_split(examples)
    said = taken_for({name: part[0].split_word for name, part in by_split.items()})
    if said and any(example.split_word for example in examples):
        tell(f"{path}: {said}")
    if "train" not in by_split:
        raise InputError(
            f"{path}: no line is of the split train; found {', '.join(by_split)}"
        )
    index = {name: class_names.index(class_of[name]) for name in class_of}
    return LabelledFiles(
        name=path.stem,
        source=str(path),
        class_names=class_names,
        splits={
            name: _split(by_split[name], index) for name in _SPLITS if name in by_split
        },
    )


def _example(path: pathlib.Path, row: Row) -> _Example:
    where = f"{path}, line {row.line}"
    for name in ("file", "label", *["split"] * row.has_split):
        if not row.cells[name]:
            raise InputError(f"{where}: the column {name} is empty")
    word = row.cells["split"]
    split = split_of(word) if row.has_split else "train"
    if split is None:
        close = difflib.get_close_matches(word.lower(), _SPLITS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"{where}: split {word!r}; expected train, validation or test{hint}"
        )
    file = row.cells["file"]
    if "\0" in file:
        raise InputError(f"{where}: a file's name cannot hold a zero byte")
    image = os.path.join(path.parent, os.path.expanduser(file))
    if not os.path.isfile(image):
        header = "; a header would name its columns file and label"
        raise InputError(
            f"{where}: there is no file {file!r:.200} in {path.parent}"
            + (header if row.line == 1 else "")
        )
    return _Example(
        path=image,
        label=row.cells["label"],
        clean_label=row.cells["clean_label"],
        split=split,
        split_word=word.lower(),
        where=where,
        place=f"{path.name}, line {row.line}",
    )


def _by_split(examples: list[_Example]) -> dict[str, list[_Example]]:
    splits: dict[str, list[_Example]] = {}
    for example in examples:
        part = splits.setdefault(example.split, [])
        if part and example.split_word != part[0].split_word:
            raise InputError(
                f"{example.where}: the splits {part[0].split_word!r} and "
                f"{example.split_word!r} both mean {example.split}; keep one, or give "
                "both the same name"
            )
        part.append(example)
    return splits


def _split(examples: list[_Example], index: dict[str, int]) -> Split:
    known = [bool(example.clean_label) for example in examples]
    if any(known) and not all(known):
        raise InputError(
            f"{examples[known.index(False)].where}: clean_label is empty, and other "
            f"lines of the split {examples[0].split} have one; fill it, or give those "
            "with one a split of their own, test"
        )
    return Split(
        paths=[example.path for example in examples],
        labels=np.array([index[example.label] for example in examples], np.int64),
        clean=np.array([index[example.clean_label] for example in examples], np.int64)
        if all(known)
        else None,
        places=[example.place for example in examples],
    )
