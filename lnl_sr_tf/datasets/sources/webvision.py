"""WebVision-mini: the first 50 classes of the Google part of WebVision 1.0."""

import os
import pathlib

import numpy as np

from lnl_sr_tf.datasets.sources.dataset_of_files import from_listing
from lnl_sr_tf.datasets.sources.folder import ENDINGS
from lnl_sr_tf.datasets.sources.labelled_files import Examples, Listing
from lnl_sr_tf.datasets.sources.published_lists import read_pairs
from lnl_sr_tf.errors import InputError

_CLASSES = 50
_TRAIN, _VALIDATION = "info/train_filelist_google.txt", "info/val_filelist.txt"
_SYNSETS = "info/synsets.txt"
# Where the lists' images are: as distributed, in full size or resized.
_TRAIN_FOLDERS = ("", "google", "google_resized_256")
_VALIDATION_FOLDERS = ("val_images_256", "val_images", "val_images_resized", "")


def webvision_mini(folder, imagenet_dir=None, tell=print, **options):
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
        tell: called with each line for the person who waits.
        **options: as for `lnl_sr_tf.datasets.sources.dataset_of_files.from_listing`.

    Returns:
        A `Dataset`; the labels for training are the web's, those for testing clean.

    Raises:
        InputError: if a list or an image is missing.

    Example:
        >>> data = webvision_mini("data/webvision", image_size=(224, 224),
        resize="crop")
    """
    return from_listing(list_webvision_mini(folder, imagenet_dir), tell=tell, **options)


def list_webvision_mini(folder, imagenet_dir=None):
    """The `Listing` of WebVision-mini."""
    root = pathlib.Path(os.path.expanduser(folder))
    names = _class_names(root)
    splits = {
        "train": _listed(root, _TRAIN, _TRAIN_FOLDERS),
        "test": _listed(root, _VALIDATION, _VALIDATION_FOLDERS),
    }
    if imagenet_dir:
        splits["imagenet"] = _imagenet(imagenet_dir, _synsets(root))
    return Listing(
        name="webvision_mini",
        source=str(root),
        class_names=names,
        splits=splits,
        clean_tests=("test", "imagenet"),
    )


def _listed(root, name, folders):
    pairs = [
        (path, label, number)
        for path, label, number in read_pairs(root / name)
        if label < _CLASSES
    ]
    if not pairs:
        raise InputError(f"{root / name}: no line is of a class below {_CLASSES}")
    base = _base(root, name, pairs[0][0], folders)
    paths = [str(base / path) for path, _, _ in pairs]
    for path, (_, _, number) in zip(paths, pairs, strict=True):
        if not os.path.isfile(path):
            raise InputError(f"{root / name}, line {number}: there is no file {path}")
    return Examples(
        paths=paths,
        labels=np.array([label for _, label, _ in pairs], np.int64),
        places=[f"{pathlib.Path(name).name}, line {number}" for *_, number in pairs],
    )


def _base(root, name, first, folders):
    """The folder to which the paths of a list are relative."""
    for folder in folders:
        if (root / folder / first).is_file():
            return root / folder
    places = ", ".join(str(root / folder / first) for folder in folders)
    raise InputError(f"{root / name}, line 1: found none of {places}")


def _synsets(root):
    """The synset of each of the classes, such as n01440764, and its words."""
    path = root / _SYNSETS
    try:
        lines = path.read_text("utf-8").splitlines()[:_CLASSES]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if len(lines) < _CLASSES or not all(line.startswith("n") for line in lines):
        raise InputError(
            f"{path}: expected lines such as 'n01440764 tench, Tinca tinca' of at "
            "least "
            f"{_CLASSES} classes"
        )
    return [line.partition(" ")[::2] for line in lines]


def _class_names(root):
    """The first word of each synset; its number where two share the word."""
    words = [text.partition(",")[0].strip() for _, text in _synsets(root)]
    return tuple(
        word if word and words.count(word) == 1 else f"{word} ({i})".strip()
        for i, word in enumerate(words)
    )


def _imagenet(folder, synsets):
    root = pathlib.Path(os.path.expanduser(folder))
    paths, labels = [], []
    for label, (synset, _) in enumerate(synsets):
        place = root / synset
        if not place.is_dir():
            raise InputError(
                f"{place}: there is no such folder; imagenet_dir is to hold the "
                "validation images of ILSVRC 2012 in one folder per synset"
            )
        found = sorted(
            str(path) for path in place.iterdir() if path.name.lower().endswith(ENDINGS)
        )
        paths += found
        labels += [label] * len(found)
    return Examples(paths=paths, labels=np.array(labels, np.int64))
