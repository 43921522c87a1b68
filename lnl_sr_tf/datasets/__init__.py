"""Datasets: images, given labels, clean labels, class names, how to preprocess.

To add one: write a function that returns a `Dataset`, and name it in `_load`.
"""

import difflib
import os
from collections.abc import Callable
from typing import Any

from lnl_sr_tf.config.data_kinds import (
    CSV,
    FROM_LISTS,
    NAMES,
    NPY,
    NPZ,
    OWN_FILES,
    ends_in,
    in_memory,
    kind,
    plain_name,
    tidy,
)
from lnl_sr_tf.config.file_kind import TABLE, TEXT
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.describe import in_a_line
from lnl_sr_tf.datasets.images.image_files import ImageFiles
from lnl_sr_tf.datasets.sources.clothing1m import clothing1m
from lnl_sr_tf.datasets.sources.csv_file import from_csv
from lnl_sr_tf.datasets.sources.folder import from_folder
from lnl_sr_tf.datasets.sources.from_arrays import from_arrays
from lnl_sr_tf.datasets.sources.npy_file import from_npy
from lnl_sr_tf.datasets.sources.npz_file import from_npz
from lnl_sr_tf.datasets.sources.published_lists import check_data_dir
from lnl_sr_tf.datasets.sources.table_file import from_table
from lnl_sr_tf.datasets.sources.text_file import from_text
from lnl_sr_tf.datasets.sources.to_file import to_file
from lnl_sr_tf.datasets.sources.votes import read_votes
from lnl_sr_tf.datasets.sources.votes_csv import votes_from_csv
from lnl_sr_tf.datasets.sources.votes_npz import votes_from_npz
from lnl_sr_tf.datasets.sources.webvision import webvision_mini
from lnl_sr_tf.errors import InputError

__all__ = [
    "Dataset",
    "ImageFiles",
    "clothing1m",
    "from_arrays",
    "from_csv",
    "from_folder",
    "from_npy",
    "from_npz",
    "from_table",
    "from_text",
    "load",
    "names",
    "read_votes",
    "to_file",
    "votes_from_csv",
    "votes_from_npz",
    "webvision_mini",
]

_TFDS = "tfds:"


def names() -> list[str]:
    """Names that `load` knows; it also takes `tfds:NAME` and paths."""
    return list(NAMES)


def load(
    name: str,
    data_dir: str | None = None,
    *,
    image_size: tuple[int, int] | None = None,
    imagenet_dir: str | None = None,
    tell: Callable[[str], None] = print,
    **options: Any,
) -> Dataset:
    """A dataset by its name or by its path.

    Args:
        name: `"digits"` (ships with scikit-learn), `"mnist"`, `"fashion_mnist"`,
            `"cifar10"`, `"cifar100"`, `"cifar10_n"`, `"cifar100_n"`, or `"tfds:NAME"`
            for any other image classification dataset of TensorFlow Datasets;
            `"webvision_mini"`, `"clothing1m"`; or a path: a folder with one folder per
            class, an .npz of images or features, an .npy of features, a .csv of
            file,label, of text,label or of a table with a column label, or a .jsonl of
            text and label.
        data_dir: folder where TFDS keeps prepared data, its own by default, from which
            nothing is downloaded when the data is there; for `"webvision_mini"` and
            `"clothing1m"` the folder of the dataset.
        image_size: (height, width) to which images are resized; by default their own,
            and for files as `sources.dataset_of_files` says.
        imagenet_dir: for `"webvision_mini"`, its second test set.
        tell: called with each line about what was found; the last one says how many
            classes there are, their first names, and the examples of each.
        **options: `resize`, `skip_bad_files`, `in_memory`, `statistics`, for images in
            files; `test_share` for paths; `columns` for tables.

    Returns:
        A `Dataset`, whose given labels are the clean ones where those are known.

    Raises:
        InputError: if the name is unknown, or the data is not there and cannot be
            fetched, or is not of images with one label each.

    Example:
        >>> load("digits").train_images.shape
        digits: 10 classes (0, 1, 2, 3, 4, …), 137 to 153 training examples a class
        (1437, 8, 8, 1)
    """
    data = _load(name, data_dir, image_size, imagenet_dir, tell, options)
    tell(in_a_line(data))
    return data


def _load(
    name: str,
    data_dir: str | None,
    image_size: tuple[int, int] | None,
    imagenet_dir: str | None,
    tell: Callable[[str], None],
    options: dict[str, Any],
) -> Dataset:
    check(name)
    options = {key: value for key, value in options.items() if value is not None}
    if name in FROM_LISTS:
        data_dir = check_data_dir(name, data_dir)
        options |= {"image_size": image_size, "tell": tell}
        if name == "clothing1m":
            return clothing1m(data_dir, **options)
        return webvision_mini(data_dir, imagenet_dir, **options)
    if name == "digits":
        # Imported here, so that what is not used is not needed.
        from lnl_sr_tf.datasets.sources import digits

        data = digits.load(tell)
    elif name in NAMES or name.startswith(_TFDS):
        from lnl_sr_tf.datasets.sources import tfds

        name = tidy(name).removeprefix(_TFDS)
        return tfds.load(name, data_dir, image_size, tell)
    elif ends_in(name, NPZ, NPY):
        share = {k: v for k, v in options.items() if k == "test_share"}
        data = (from_npz if ends_in(name, NPZ) else from_npy)(name, tell=tell, **share)
    elif (what := kind(name)) in (TEXT, TABLE):
        share = {k: v for k, v in options.items() if k == "test_share"}
        if what == TEXT:
            data = from_text(name, tell=tell, **share)
        else:
            data = from_table(name, tell=tell, columns=options.get("columns"), **share)
    else:
        options.pop("columns", None)
        make = from_csv if ends_in(name, CSV) else from_folder
        return make(name, image_size=image_size, tell=tell, **options)
    if image_size is None:
        return data
    if not data.of_images:
        raise InputError(f"{name} is not of images, which image_size is for")
    return data.with_image_size(image_size)


def check(name: str) -> None:
    """Raise InputError if no dataset can have this name, or nothing is there."""
    if in_memory(name):
        raise InputError(
            f"{plain_name(name)} was in the memory of a Python program, and is in no "
            "file; lnl.datasets.to_file writes it into one, by whose path to train"
        )
    if name in names() or (name.startswith(_TFDS) and name != _TFDS):
        return
    path = os.path.expanduser(name)  # unlike pathlib, os.path takes any length
    own = os.path.isfile(path)
    if os.path.isdir(path) or (own and ends_in(path, *OWN_FILES)):
        return
    if own:
        raise InputError(
            f"dataset {name!r}: expected a folder, an .npz, .npy, .csv or .jsonl; "
            "received a file of another kind"
        )
    close = difflib.get_close_matches(name, names(), n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise InputError(
        f"unknown dataset {name!r}: no such folder or file, and none of "
        f"{', '.join(names())}, tfds:NAME{hint}"
    )
