"""A dataset as a file of one's own, which `load` takes."""

import csv
import io
import os
import pathlib
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.files import whole_file

ENDINGS = (".npz", ".csv")
_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class _Split(NamedTuple):
    """What becomes of a part of the data; `clean` and `paths` may be None."""

    images: object
    labels: np.ndarray
    clean: np.ndarray | None
    paths: tuple | None


def in_files(dataset):
    """Whether each of a dataset's images is that of a file, so that a .csv can say it.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.
    """
    return all(split.paths and all(split.paths) for split in _splits(dataset).values())


def to_file(dataset, path):
    """Write a dataset as a new .npz, with its images, or .csv, which names their files.

    Training and test set, with given labels, and clean ones where they are known of
    all, and a split `validation`: the data's own, or else the part that is kept from
    training for it. Statistics of pixels are made anew when it is read.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.
        path: the file.

    Raises:
        InputError: if it is there already or its ending is another, images for a .csv
            are not in files of their own or have names that are no text, or all images
            do not fit into memory for an .npz.
        RunError: if it cannot be written; then there is none.

    Example:
        >>> to_file(lnl.datasets.load("digits"), "digits.npz")
        >>> lnl.datasets.load("digits.npz").train_images.shape
        (1437, 8, 8, 1)
    """
    path = pathlib.Path(path)
    check_name(path)
    content = (
        _csv(dataset, path) if path.suffix.lower() == ".csv" else _arrays(dataset, path)
    )
    with whole_file(path) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            np.savez_compressed(file, **content)


def left_out(dataset):
    """What no file of a dataset has, as texts for people.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset`.

    Example:
        >>> left_out(lnl.datasets.webvision_mini("webvision", imagenet_dir="imagenet"))
        ['the test set imagenet']
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


def check_name(path):
    """Raise InputError unless a path is one of a new .npz or .csv."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: expected a name that ends in .npz or .csv")
    if path.exists():
        raise InputError(f"{path} is there already; expected a name for a new file")


def _splits(dataset):
    """The parts that are written, by name."""
    clean = dataset.clean_labels
    if clean is not None and (clean < 0).any():
        clean = None  # an image of none of the classes, which no file can say
    known = dataset.test_labels if dataset.test_labels_are == "clean" else None
    more = dict(dataset.more_tests)
    if dataset.validation is not None:
        more.setdefault("validation", dataset.validation)
    return {
        "train": _Split(
            dataset.train_images, dataset.given_labels, clean, dataset.paths
        ),
        "test": _Split(
            dataset.test_images, dataset.test_labels, known, dataset.test_paths
        ),
    } | {
        name: _Split(test.images, test.labels, None, test.paths)
        for name, test in more.items()
        if name in _SPLITS
    }


def _arrays(dataset, path):
    splits = _splits(dataset)
    size = sum(
        len(split.labels) * int(np.prod(dataset.image_shape))
        for split in splits.values()
    )
    check_memory(size, f"the images for {path} take", "a .csv names their files")
    arrays = {"class_names": np.array([str(name) for name in dataset.class_names])}
    for name, split in splits.items():
        short = _SPLITS[name]
        images = split.images
        arrays[f"x_{short}"] = images[:] if isinstance(images, ImageFiles) else images
        arrays[f"y_{short}"] = split.labels
        if split.clean is not None:
            arrays[f"y_{short}_clean"] = split.clean
    return arrays


def _csv(dataset, path):
    """The bytes of a .csv of files, with absolute paths."""
    if not in_files(dataset):
        raise InputError(
            f"{path}: a .csv names the files of images, and not all of {dataset.name} "
            "have one; expected an .npz"
        )
    splits, names = _splits(dataset), dataset.class_names
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    known = any(split.clean is not None for split in splits.values())
    writer.writerow(["file", "label", "split", *["clean_label"] * known])
    for name, split in splits.items():
        clean = [""] * len(split.labels)
        if split.clean is not None:
            clean = [names[label] for label in split.clean]
        for file, label, true in zip(split.paths, split.labels, clean, strict=True):
            row = [os.path.abspath(file), names[label], name]
            writer.writerow([*row, *[true] * known])
    try:
        return text.getvalue().encode()
    except UnicodeEncodeError as error:
        said = error.object[max(0, error.start - 40) : error.end + 40]
        said = said.encode(errors="backslashreplace").decode().splitlines()[0]
        raise InputError(
            f"{path}: the name of a file or class is no text in UTF-8 ({said}); rename "
            "it, or write an .npz"
        ) from None
