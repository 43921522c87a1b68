"""Clothing1M: a million pictures of clothes with labels from the words around them."""

import os
import pathlib

import numpy as np

from lnl_sr_tf.datasets.sources.dataset_of_files import from_listing
from lnl_sr_tf.datasets.sources.labelled_files import Examples, Listing
from lnl_sr_tf.datasets.sources.published_lists import read_lines, read_mapping
from lnl_sr_tf.errors import InputError

# List of keys, and the file that has their labels.
_SPLITS = {
    "train": ("noisy_train_key_list.txt", "noisy_label_kv.txt"),
    "validation": ("clean_val_key_list.txt", "clean_label_kv.txt"),
    "test": ("clean_test_key_list.txt", "clean_label_kv.txt"),
}
_CLASS_NAMES = "category_names_eng.txt"


def clothing1m(folder, tell=print, **options):
    """Clothing1M by its key lists: the noisy million to train on, the clean test set.

    The folder holds `noisy_train_key_list.txt`, `clean_val_key_list.txt`,
    `clean_test_key_list.txt`, `noisy_label_kv.txt`, `clean_label_kv.txt` and
    `category_names_eng.txt` (in `annotations/`, or beside `images/`), and the images as
    `images/0/00/….jpg`, as the keys say. The validation split is a further test set.
    Xiao et al., "Learning from Massive Noisy Labeled Data for Image Classification"
    (CVPR 2015).

    Args:
        folder: of the data.
        tell: called with each line for the person who waits.
        **options: as for `lnl_sr_tf.datasets.sources.dataset_of_files.from_listing`.

    Returns:
        A `Dataset` of 14 classes; the clean labels of the training images are not
        known.

    Raises:
        InputError: if a list, a label or an image is missing.

    Example:
        >>> data = clothing1m("data/clothing1m", image_size=(224, 224), resize="crop")
    """
    return from_listing(list_clothing1m(folder), tell=tell, **options)


def list_clothing1m(folder):
    """The `Listing` of Clothing1M."""
    root = pathlib.Path(os.path.expanduser(folder))
    lists = root / "annotations"
    if not lists.is_dir():
        lists = root
    names = tuple(text for _, text in read_lines(lists / _CLASS_NAMES))
    labels = {
        name: read_mapping(lists / name)
        for name in {file for _, file in _SPLITS.values()}
    }
    return Listing(
        name="clothing1m",
        source=str(root),
        class_names=names,
        splits={
            split: _examples(root, lists, keys, file, labels[file], len(names))
            for split, (keys, file) in _SPLITS.items()
        },
        clean_tests=("validation", "test"),
    )


def _examples(root, lists, keys, labels_file, labels, classes):
    paths, found, places = [], [], []
    for number, key in read_lines(lists / keys):
        where = f"{lists / keys}, line {number}"
        if key not in labels:
            raise InputError(f"{where}: {key} has no label in {lists / labels_file}")
        if labels[key] >= classes:
            raise InputError(
                f"{lists / labels_file}: {key} has the label {labels[key]}; expected "
                f"whole numbers in [0, {classes})"
            )
        path = root / key
        if not path.is_file():
            raise InputError(f"{where}: there is no file {path}")
        paths.append(str(path))
        found.append(labels[key])
        places.append(f"{keys}, line {number}")
    return Examples(paths, np.array(found, np.int64), places=places)
