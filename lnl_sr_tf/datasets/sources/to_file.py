"""Writing a dataset to a file that `load` reads."""

import csv
import io
import os
import pathlib
from typing import NamedTuple

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.images.image_files import ImageFiles, Images
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.files import whole_file

ENDINGS = (".npz", ".csv")
_SPLITS = {"train": "train", "validation": "val", "test": "test"}


class _Written(NamedTuple):
    """What is written of a split; `clean` and `paths` may be None."""

    images: Images
    labels: np.ndarray
    clean: np.ndarray | None
    paths: tuple[str, ...] | None


def in_files(dataset: Dataset) -> bool:
    """Whether every image has a file of its own, which a .csv can name."""
    return all(split.paths and all(split.paths) for split in _splits(dataset).values())


def to_file(dataset: Dataset, path: pathlib.Path | str) -> None:
    """Write a dataset as a new .npz, with its images, or .csv, which names their files.

    The file holds the training and the test set, with given labels, and with clean ones
    where they are known of all, and a split `validation`: the data's own, or else the
    part that is kept from training for it. Statistics of pixels are computed anew when
    it is read.

    Args:
        dataset: any.
        path: the file, .npz or .csv.

    Raises:
        InputError: if it is there already or has another ending, images for a .csv are
            not in files of their own or their names are not UTF-8 text, or not all
            images fit into memory for an .npz.
        RunError: if it cannot be written; then there is none.

    Example::

        to_file(lnl.datasets.load("digits"), "digits.npz")
        lnl.datasets.load("digits.npz").train_images.shape  # (1437, 8, 8, 1)
    """
    path = pathlib.Path(path)
    check_name(path)
    to_csv = path.suffix.lower() == ".csv"
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


def _splits(dataset: Dataset) -> dict[str, _Written]:
    """The parts that are written, by name."""
    clean = dataset.clean_labels
    if clean is not None and (clean < 0).any():
        clean = None  # no file can say that an image is of none of the classes
    known = dataset.test_labels if dataset.test_labels_are == "clean" else None
    more = dict(dataset.more_tests)
    if dataset.validation is not None:
        more.setdefault("validation", dataset.validation)
    return {
        "train": _Written(
            dataset.train_images, dataset.given_labels, clean, dataset.paths
        ),
        "test": _Written(
            dataset.test_images, dataset.test_labels, known, dataset.test_paths
        ),
    } | {
        name: _Written(test.images, test.labels, None, test.paths)
        for name, test in more.items()
        if name in _SPLITS
    }


def _arrays(dataset: Dataset, path: pathlib.Path) -> dict[str, np.ndarray]:
    splits = _splits(dataset)
    size = sum(
        len(split.labels) * int(np.prod(dataset.image_shape))
        for split in splits.values()
    )
    advice = "write a .csv, which names their files"
    check_memory(size, f"the images for {path} take", advice)
    arrays = {"class_names": np.array([str(name) for name in dataset.class_names])}
    for name, split in splits.items():
        short = _SPLITS[name]
        images = split.images
        arrays[f"x_{short}"] = images[:] if isinstance(images, ImageFiles) else images
        arrays[f"y_{short}"] = split.labels
        if split.clean is not None:
            arrays[f"y_{short}_clean"] = split.clean
    return arrays


def _csv(dataset: Dataset, path: pathlib.Path) -> bytes:
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
        paths = split.paths or ()
        for file, label, true in zip(paths, split.labels, clean, strict=True):
            row = [os.path.abspath(file), names[label], name]
            writer.writerow([*row, *[true] * known])
    try:
        return text.getvalue().encode()
    except UnicodeEncodeError as error:
        said = error.object[max(0, error.start - 40) : error.end + 40]
        said = said.encode(errors="backslashreplace").decode().splitlines()[0]
        raise InputError(
            f"{path}: the name of a file or class is not UTF-8 text ({said}); rename "
            "it, or write an .npz"
        ) from None
