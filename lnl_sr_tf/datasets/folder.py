"""A folder with one folder per class."""

import os
import pathlib

import numpy as np

from lnl_sr_tf.datasets.from_files import from_listing
from lnl_sr_tf.datasets.listing import (
    SPLITS,
    Examples,
    Listing,
    check_classes,
    natural,
    sorted_names,
)
from lnl_sr_tf.errors import InputError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")


def from_folder(path, tell=print, **options):
    """Images in one folder per class; JPEG, PNG, BMP and GIF, of any sizes.

    Beneath the folder lie either the classes, or `train/` and where there are
    `validation/` and `test/` with the same classes in each. Classes are in the order of
    their names, whole numbers by their value; examples in the order of their files'
    names alone, so that 00001.png of one class comes before 00002.png of another. Files
    of other kinds, and all whose names begin with a dot, are left out.

    Args:
        path: the folder.
        tell: called with each line for the person who waits.
        **options: `image_size`, `resize`, `skip_bad_files`, `in_memory`, `test_share`,
            as for `lnl_sr_tf.datasets.from_files.from_listing`.

    Returns:
        A `Dataset`, whose clean labels are not known.

    Raises:
        InputError: if the folder holds no such classes, a class is empty, or an image
            cannot be read.

    Example:
        >>> data = lnl.datasets.from_folder("photos", image_size=(96, 96))
    """
    return from_listing(list_folder(path, tell), tell=tell, **options)


def list_folder(path, tell=print):
    """The `Listing` of a folder with one folder per class."""
    root = pathlib.Path(os.path.expanduser(path))
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder")
    beneath, loose = _entries(root)
    places = {"train": root}
    if "train" in (SPLITS.get(name.lower()) for name in beneath):
        places = _split_folders(root, beneath)
        loose = []
    found, others = {}, []
    for split, place in places.items():
        found[split] = _classes(place, others, loose if place == root else [])
    class_names = sorted_names(found["train"])
    check_classes(root, class_names)
    for split, classes in found.items():
        for name in sorted(set(classes) - set(class_names)):
            raise InputError(
                f"{places[split] / name}: class {name!r} is not in {places['train']}; "
                "a class is to be trained before it is tested"
            )
    if others:
        tell(
            f"{len(others)} files are left out, no {', '.join(ENDINGS)} by their "
            f"names, first {sorted(others)[0]}"
        )
    return Listing(
        name=root.resolve().name,
        source=str(root),
        class_names=class_names,
        splits={name: _examples(found[name], class_names) for name in found},
    )


def _entries(folder):
    """(names of folders, names of files) in a folder, sorted, without hidden ones."""
    try:
        with os.scandir(folder) as entries:
            seen = [e for e in entries if not e.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}") from None
    folders = sorted(e.name for e in seen if e.is_dir())
    return folders, sorted(e.name for e in seen if not e.is_dir())


def _split_folders(root, names):
    places = {}
    for name in names:
        split = SPLITS.get(name.lower())
        if split is None:
            raise InputError(
                f"{root / name}: beside train/ only validation/ and test/ are "
                "expected; "
                "move it elsewhere"
            )
        if split in places:
            raise InputError(
                f"{root}: {places[split].name}/ and {name}/ are both the {split} "
                "split; "
                "keep one"
            )
        places[split] = root / name
    return {name: places[name] for name in ("train", "validation", "test")
            if name in places}  # fmt: skip


def _classes(place, others, loose):
    """Dict from a class to its files; files of other kinds are added to `others`."""
    names, files = _entries(place)
    files = loose or files
    pictures = [name for name in files if name.lower().endswith(ENDINGS)]
    if pictures:
        raise InputError(
            f"{place / pictures[0]}: {len(pictures)} images lie outside of the folders "
            f"of the classes; expected {place}/CLASS/FILE"
        )
    others += [str(place / name) for name in files]
    if not names:
        raise InputError(
            f"{place}: expected a folder for each class with its images; there is none"
        )
    classes = {}
    for name in names:
        classes[name] = _pictures(place / name, others)
        if not classes[name]:
            raise InputError(
                f"{place / name}: no image in this class; add some "
                f"({', '.join(ENDINGS)}), or remove the folder"
            )
    return classes


def _pictures(folder, others):
    """All images beneath a folder, by paths relative to it, with `folder` before."""
    pictures, above = [], {}

    def failed(error):
        raise InputError(f"{error.filename} cannot be read: {error.strerror}")

    for place, folders, files in os.walk(folder, followlinks=True, onerror=failed):
        real = os.path.realpath(place)
        above[place] = (*above.get(os.path.dirname(place), ()), real)
        if real in above[place][:-1]:
            raise InputError(
                f"{place}: a symbolic link back to {real}, a loop; remove the link"
            )
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.startswith("."):
                continue
            path = os.path.join(place, name)
            if name.lower().endswith(ENDINGS):
                pictures.append(path)
            else:
                others.append(path)
    return pictures


def _examples(classes, class_names):
    """In the order of the names of the files; a path breaks a tie."""
    every = sorted(
        (natural(os.path.basename(path)), path, label)
        for label, name in enumerate(class_names)
        for path in classes.get(name, ())
    )
    return Examples(
        paths=[path for _, path, _ in every],
        labels=np.array([label for _, _, label in every], np.int64),
    )
