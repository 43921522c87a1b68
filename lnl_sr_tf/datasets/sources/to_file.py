"""Writing a dataset to a file that `load` reads."""

import csv
import io
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.config.file_kind import (
    COLUMNS,
    FEATURES,
    IMAGES,
    TABLE,
    TEXT,
    plain,
)
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.images.image_files import Images
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.sources.split_names import HELD_OUT
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.files import whole_file

ENDINGS = (".npz", ".csv")
# The name of a split in those of arrays.
_SPLITS = {"train": "train", "validation": "val", "test": "test", HELD_OUT: HELD_OUT}
_TOO_MANY = {
    IMAGES: "write a .csv, which names their files",
    FEATURES: "change the labels in the .csv beside their .npy instead",
}
_NOT_TEXT = {
    IMAGES: "the name of a file or class",
    TEXT: "a text or the name of a class",
    TABLE: "a cell or the name of a class",
}


class _Written(NamedTuple):
    """What is written of a split; `clean` and `paths` may be None.

    Examples are as they were read: images, features, texts, or rows of a table.
    """

    examples: Images
    labels: np.ndarray
    clean: np.ndarray | None
    paths: tuple[str, ...] | None


def in_files(dataset: Dataset) -> bool:
    """Whether every image has a file of its own, which a .csv can name."""
    return all(split.paths and all(split.paths) for split in _splits(dataset).values())


def goes_into(dataset: Dataset) -> str:
    """The ending of the file that a dataset goes into, `".csv"` or `".npz"`.

    A .csv holds texts, rows of a table, or the names of image files; images that are in
    no file, and features, are numbers, which an .npz holds.
    """
    in_csv = dataset.kind in (TEXT, TABLE) or in_files(dataset)
    return ".csv" if in_csv else ".npz"


def to_file(dataset: Dataset, path: pathlib.Path | str) -> None:
    """Write a dataset as a new .npz or .csv.

    An .npz holds images, or features as they are; a .csv the names of image files, or
    texts, or the columns of a table. The file holds the training and the test set, with
    given labels, and with clean ones where they are known of all, and a split
    `validation`: the data's own, or else the part that is kept from training for it.
    A test set that was held out stays one, whose labels are not taken for right. What
    is computed from the data, such as means, is so anew when it is read.

    Args:
        dataset: any.
        path: the file, .npz or .csv.

    Raises:
        InputError: if it is there already or has another ending, images for a .csv are
            not in files of their own, features are for a .csv or texts for an .npz, a
            name or text is not UTF-8 text, or not all images or features fit into
            memory for an .npz.
        RunError: if it cannot be written; then there is none.

    Example::

        to_file(lnl.datasets.load("digits"), "digits.npz")
        lnl.datasets.load("digits.npz").train_images.shape  # (1437, 8, 8, 1)
    """
    path = pathlib.Path(path)
    check_name(path)
    to_csv = path.suffix.lower() == ".csv"
    _check_kind(dataset, path, to_csv)
    content = _csv(dataset, path) if to_csv else _arrays(dataset, path)
    with whole_file(path) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            np.savez_compressed(file, **content)  # type: ignore[arg-type]


def left_out(dataset: Dataset) -> list[str]:
    """What `to_file` does not write of a dataset, in words.

    Example::

        left_out(lnl.datasets.webvision_mini("webvision", imagenet_dir="imagenet"))
        # ["the test set imagenet"]
    """
    missing = [
        f"the test set {name}" for name in dataset.more_tests if name not in _SPLITS
    ]
    part = dataset.validation
    if part is not None and "validation" in dataset.more_tests:
        missing.append(
            f"the {len(part.labels)} examples of --validation_share, since the data "
            "has a split validation of its own"
        )
    return missing


def check_name(path: pathlib.Path) -> None:
    """Raise InputError unless a path is that of a new .npz or .csv."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: expected a name that ends in .npz or .csv")
    if path.exists():
        raise InputError(f"{path} is there already; expected a name for a new file")


def _check_kind(dataset: Dataset, path: pathlib.Path, to_csv: bool) -> None:
    """Raise InputError unless a file of this kind can hold the examples."""
    if to_csv and dataset.kind == FEATURES:
        raise InputError(
            f"{path}: {dataset.name} is of features, which a .csv does not hold; "
            "expected an .npz"
        )
    if not to_csv and dataset.kind in (TEXT, TABLE):
        what = "texts" if dataset.kind == TEXT else "rows of a table"
        raise InputError(
            f"{path}: {dataset.name} is of {what}, which an .npz does not hold; "
            "expected a .csv"
        )
    if to_csv and dataset.kind == IMAGES and not in_files(dataset):
        raise InputError(
            f"{path}: a .csv names the files of images, and not all of {dataset.name} "
            "have one; expected an .npz"
        )


def _splits(dataset: Dataset) -> dict[str, _Written]:
    """The parts that are written, by name."""
    clean = dataset.clean_labels
    if clean is not None and (clean < 0).any():
        clean = None  # no file can say that an image is of none of the classes
    known = dataset.test_labels if dataset.test_labels_are == "clean" else None
    more = dict(dataset.more_tests)
    if dataset.validation is not None:
        more.setdefault("validation", dataset.validation)

    def read(originals, examples):
        return examples if originals is None else originals

    test_name = HELD_OUT if dataset.test_labels_are == "held out" else "test"
    train = read(dataset.originals, dataset.train_images)
    test = read(dataset.test_originals, dataset.test_images)
    return {
        "train": _Written(train, dataset.given_labels, clean, dataset.paths),
        test_name: _Written(test, dataset.test_labels, known, dataset.test_paths),
    } | {
        name: _Written(read(test.originals, test.images), test.labels, None, test.paths)
        for name, test in more.items()
        if name in _SPLITS
    }


def _arrays(dataset: Dataset, path: pathlib.Path) -> dict[str, np.ndarray]:
    splits = _splits(dataset)
    size = sum(
        int(np.prod(split.examples.shape)) * split.examples.dtype.itemsize
        for split in splits.values()
    )
    kind = dataset.kind
    check_memory(size, f"the {kind} for {path} take", _TOO_MANY[kind])
    arrays = {"class_names": np.array([str(name) for name in dataset.class_names])}
    for name, split in splits.items():
        short = _SPLITS[name]
        arrays[f"x_{short}"] = np.asarray(split.examples)
        arrays[f"y_{short}"] = split.labels
        if split.clean is not None:
            arrays[f"y_{short}_clean"] = split.clean
    return arrays


def _csv(dataset: Dataset, path: pathlib.Path) -> bytes:
    """The bytes of a .csv of texts, of a table, or of files, with absolute paths."""
    columns = {IMAGES: ("file",), TEXT: ("text",)}.get(dataset.kind, dataset.columns)
    taken = {name for names in COLUMNS.values() for name in names}
    for column in columns or ():
        if dataset.kind == TABLE and plain(column) in taken:
            raise InputError(
                f"{path}: the column {column!r} would be taken for another when the "
                "file is read; rename it"
            )
    splits, names = _splits(dataset), dataset.class_names
    text = io.StringIO()
    # The reader takes a carriage return for the end of a line if it is not in quotes,
    # which are there for what the end of a line is made of.
    writer = csv.writer(text, lineterminator="\r\n")
    known = any(split.clean is not None for split in splits.values())
    writer.writerow([*(columns or ()), "label", "split", *["clean_label"] * known])
    for name, split in splits.items():
        clean = [""] * len(split.labels)
        if split.clean is not None:
            clean = [names[label] for label in split.clean]
        cells = _cells(dataset.kind, split)
        for row, label, true in zip(cells, split.labels, clean, strict=True):
            writer.writerow([*row, names[label], name, *[true] * known])
    try:
        return text.getvalue().encode()
    except UnicodeEncodeError as error:
        said = error.object[max(0, error.start - 40) : error.end + 40]
        said = " ".join(said.encode(errors="backslashreplace").decode().split())
        raise InputError(
            f"{path}: {_NOT_TEXT[dataset.kind]} is not UTF-8 text ({said}); "
            + ("rename it, or write an .npz" if dataset.kind == IMAGES else "change it")
        ) from None


def _cells(kind: str, split: _Written) -> Iterator[Sequence[object]]:
    """The cells of a row each, without labels."""
    if kind == IMAGES:
        return ([os.path.abspath(path)] for path in split.paths or ())
    if kind == TEXT:
        return ([text] for text in np.asarray(split.examples))
    return iter(np.asarray(split.examples))
