"""A .csv of files and labels."""

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
from lnl_sr_tf.datasets.sources.split_column import all_known, by_split
from lnl_sr_tf.errors import InputError


class _Example(NamedTuple):
    """A line of the .csv.

    Args:
        path: of the image.
        label: given, as it is spelled.
        clean_label: likewise, "" where it is not known.
        split: how the .csv calls it, `"train"` without such a column.
        where: the line, for messages.
        place: likewise, without the folder of the .csv.
    """

    path: str
    label: str
    clean_label: str
    split: str
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
    splits, held_out, told = by_split(
        path,
        [example.split for example in examples],
        lambda place: examples[place].where,
    )
    if told:
        tell(f"{path}: {told}")
    spellings = {e.label for e in examples} | {e.clean_label for e in examples} - {""}
    class_of = one_name_each(path, spellings, tell)
    class_names = sorted_names(class_of.values())
    check_classes(path, class_names)
    index = {name: class_names.index(class_of[name]) for name in class_of}
    return LabelledFiles(
        name=path.stem,
        source=str(path),
        class_names=class_names,
        splits={
            name: _split(examples, name, rows, index) for name, rows in splits.items()
        },
        held_out=held_out,
    )


def _example(path: pathlib.Path, row: Row) -> _Example:
    where = f"{path}, line {row.line}"
    for name in ("file", "label", *["split"] * row.has_split):
        if not row.cells[name]:
            raise InputError(f"{where}: the column {name} is empty")
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
        split=row.cells["split"] if row.has_split else "train",
        where=where,
        place=f"{path.name}, line {row.line}",
    )


def _split(
    examples: list[_Example], name: str, rows: np.ndarray, index: dict[str, int]
) -> Split:
    some = [examples[row] for row in rows.tolist()]
    clean = [example.clean_label for example in examples]
    known = all_known(clean, rows, name, "clean_label", lambda row: examples[row].where)
    return Split(
        paths=[example.path for example in some],
        labels=np.array([index[example.label] for example in some], np.int64),
        clean=np.array([index[example.clean_label] for example in some], np.int64)
        if known
        else None,
        places=[example.place for example in some],
    )
