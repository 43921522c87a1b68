"""Clothing1M: a million pictures of clothes with labels from the words around them."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.dataset_of_files import dataset_of_files
from lnl_sr_tf.datasets.sources.labelled_files import LabelledFiles, Split
from lnl_sr_tf.datasets.sources.published_lists import (
    check_file,
    read_lines,
    read_mapping,
)
from lnl_sr_tf.errors import InputError

# For each split a list of keys, and the file that has their labels.
_SPLITS = {
    "train": ("noisy_train_key_list.txt", "noisy_label_kv.txt"),
    "validation": ("clean_val_key_list.txt", "clean_label_kv.txt"),
    "test": ("clean_test_key_list.txt", "clean_label_kv.txt"),
}
_CLASS_NAMES = "category_names_eng.txt"


def clothing1m(
    folder: pathlib.Path | str, tell: Callable[[str], None] = print, **options: Any
) -> Dataset:
    """Clothing1M by its key lists: the noisy million to train on, the clean test set.

    The folder holds `noisy_train_key_list.txt`, `clean_val_key_list.txt`,
    `clean_test_key_list.txt`, `noisy_label_kv.txt`, `clean_label_kv.txt` and
    `category_names_eng.txt` (in `annotations/`, or beside `images/`), and the images as
    `images/0/00/….jpg`, as the keys say. The validation split is a further test set.
    Xiao et al., "Learning from Massive Noisy Labeled Data for Image Classification"
    (CVPR 2015).

    Args:
        folder: of the data.
        tell: called with each line about what was found.
        **options: as for
            `lnl_sr_tf.datasets.sources.dataset_of_files.dataset_of_files`.

    Returns:
        A `Dataset` of 14 classes; the clean labels of the training images are not
        known.

    Raises:
        InputError: if a list, a label or an image is missing.

    Example::

        data = clothing1m("data/clothing1m", image_size=(224, 224), resize="crop")
    """
    return dataset_of_files(list_clothing1m(folder), tell=tell, **options)


def list_clothing1m(folder: pathlib.Path | str) -> LabelledFiles:
    """The files and labels of Clothing1M."""
    root = pathlib.Path(os.path.expanduser(folder))
    lists = root / "annotations"
    if not lists.is_dir():
        lists = root
    names = tuple(text for _, text in read_lines(lists / _CLASS_NAMES))
    labels = {
        name: read_mapping(lists / name)
        for name in {file for _, file in _SPLITS.values()}
    }
    return LabelledFiles(
        name="clothing1m",
        source=str(root),
        class_names=names,
        splits={
            split: _split(root, lists / keys, lists / file, labels[file], len(names))
            for split, (keys, file) in _SPLITS.items()
        },
        clean_tests=("validation", "test"),
    )


def _split(
    root: pathlib.Path,
    keys: pathlib.Path,
    labels_file: pathlib.Path,
    labels: dict[str, int],
    num_classes: int,
) -> Split:
    paths, found, places = [], [], []
    for number, key in read_lines(keys):
        where = f"{keys}, line {number}"
        if key not in labels:
            raise InputError(f"{where}: {key} has no label in {labels_file}")
        if labels[key] >= num_classes:
            raise InputError(
                f"{labels_file}: {key} has the label {labels[key]}; expected whole "
                f"numbers in [0, {num_classes})"
            )
        paths.append(check_file(root / key, where))
        found.append(labels[key])
        places.append(f"{keys.name}, line {number}")
    return Split(paths, np.array(found, np.int64), places=places)
