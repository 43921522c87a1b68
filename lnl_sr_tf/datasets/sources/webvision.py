"""WebVision-mini: the first 50 classes of the Google part of WebVision 1.0."""

import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.dataset_of_files import dataset_of_files
from lnl_sr_tf.datasets.sources.folder import ENDINGS
from lnl_sr_tf.datasets.sources.labelled_files import LabelledFiles, Split
from lnl_sr_tf.datasets.sources.published_lists import check_file, read_pairs
from lnl_sr_tf.errors import InputError

_CLASSES = 50
_TRAIN, _VALIDATION = "info/train_filelist_google.txt", "info/val_filelist.txt"
_SYNSETS = "info/synsets.txt"
# Where the lists' images are: as distributed, in full size or resized.
_TRAIN_FOLDERS = ("", "google", "google_resized_256")
_VALIDATION_FOLDERS = ("val_images_256", "val_images", "val_images_resized", "")


def webvision_mini(
    folder: pathlib.Path | str,
    imagenet_dir: pathlib.Path | str | None = None,
    tell: Callable[[str], None] = print,
    **options: Any,
) -> Dataset:
    """WebVision-mini, by the file lists and in the folders in which it is distributed.

    The folder holds `info/train_filelist_google.txt`, `info/val_filelist.txt`,
    `info/synsets.txt`, the images of the first in `google/` and those of the second in
    `val_images_256/` (or `val_images/`). 65,944 images to train on, 2,500 to test, of
    the classes 0 to 49. Li et al., "WebVision Database" (2017); the part was chosen by
    Jiang et al., "MentorNet" (ICML 2018).

    Args:
        folder: of the data.
        imagenet_dir: the validation images of ILSVRC 2012 in one folder per synset
            (`n01440764/….JPEG`), as a second test set; None to go without.
        tell: called with each line about what was found.
        **options: as for
            `lnl_sr_tf.datasets.sources.dataset_of_files.dataset_of_files`.

    Returns:
        A `Dataset`; the labels for training are the web's, those for testing clean.

    Raises:
        InputError: if a list or an image is missing.

    Example::

        data = webvision_mini("data/webvision", image_size=(224, 224), resize="crop")
    """
    files = list_webvision_mini(folder, imagenet_dir)
    return dataset_of_files(files, tell=tell, **options)


def list_webvision_mini(
    folder: pathlib.Path | str, imagenet_dir: pathlib.Path | str | None = None
) -> LabelledFiles:
    """The files and labels of WebVision-mini."""
    root = pathlib.Path(os.path.expanduser(folder))
    names = _class_names(root)
    splits = {
        "train": _listed(root, _TRAIN, _TRAIN_FOLDERS),
        "test": _listed(root, _VALIDATION, _VALIDATION_FOLDERS),
    }
    if imagenet_dir:
        splits["imagenet"] = _imagenet(imagenet_dir, _synsets(root))
    return LabelledFiles(
        name="webvision_mini",
        source=str(root),
        class_names=names,
        splits=splits,
        clean_tests=("test", "imagenet"),
    )


def _listed(root: pathlib.Path, name: str, folders: Sequence[str]) -> Split:
    file_list = root / name
    pairs = [pair for pair in read_pairs(file_list) if pair[1] < _CLASSES]
    if not pairs:
        raise InputError(f"{file_list}: no line is of a class below {_CLASSES}")
    base = _base(root, file_list, pairs[0][0], folders)
    return Split(
        paths=[
            check_file(base / path, f"{file_list}, line {number}")
            for path, _, number in pairs
        ],
        labels=np.array([label for _, label, _ in pairs], np.int64),
        places=[f"{file_list.name}, line {number}" for *_, number in pairs],
    )


def _base(
    root: pathlib.Path, file_list: pathlib.Path, first: str, folders: Sequence[str]
) -> pathlib.Path:
    """The folder to which the paths of a list are relative."""
    for folder in folders:
        if (root / folder / first).is_file():
            return root / folder
    places = ", ".join(str(root / folder / first) for folder in folders)
    raise InputError(f"{file_list}, line 1: found none of {places}")


def _synsets(root: pathlib.Path) -> list[tuple[str, str]]:
    """The synset of each of the classes, such as n01440764, and its words."""
    path = root / _SYNSETS
    try:
        lines = path.read_text("utf-8").splitlines()[:_CLASSES]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if len(lines) < _CLASSES or not all(line.startswith("n") for line in lines):
        raise InputError(
            f"{path}: expected lines such as 'n01440764 tench, Tinca tinca' of at "
            f"least {_CLASSES} classes"
        )
    parts = (line.partition(" ") for line in lines)
    return [(synset, words) for synset, _, words in parts]


def _class_names(root: pathlib.Path) -> tuple[str, ...]:
    """The first word of each synset; with its number where two share the word."""
    words = [text.partition(",")[0].strip() for _, text in _synsets(root)]
    return tuple(
        word if word and words.count(word) == 1 else f"{word} ({i})".strip()
        for i, word in enumerate(words)
    )


def _imagenet(folder: pathlib.Path | str, synsets: list[tuple[str, str]]) -> Split:
    root = pathlib.Path(os.path.expanduser(folder))
    paths: list[str] = []
    labels: list[int] = []
    for label, (synset, _) in enumerate(synsets):
        place = root / synset
        if not place.is_dir():
            raise InputError(
                f"{place}: there is no such folder; imagenet_dir must hold the "
                "validation images of ILSVRC 2012 in one folder per synset"
            )
        found = sorted(
            str(path) for path in place.iterdir() if path.name.lower().endswith(ENDINGS)
        )
        paths += found
        labels += [label] * len(found)
    return Split(paths=paths, labels=np.array(labels, np.int64))
