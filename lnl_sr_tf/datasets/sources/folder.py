"""A folder with one folder per class."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    natural,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.datasets.sources.dataset_of_files import dataset_of_files
from lnl_sr_tf.datasets.sources.ignored_files import is_ignored
from lnl_sr_tf.datasets.sources.labelled_files import LabelledFiles, Split
from lnl_sr_tf.datasets.sources.split_names import (
    is_held_out,
    split_folders,
    split_of,
    taken_for,
)
from lnl_sr_tf.errors import InputError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")


def from_folder(
    path: pathlib.Path | str, tell: Callable[[str], None] = print, **options: Any
) -> Dataset:
    """Images in one folder per class; JPEG, PNG, BMP and GIF, of any sizes.

    The folder holds either the classes, or `train/` and where there are `validation/`
    and `test/` with the same classes in each, by these names or others that
    `split_names` knows. Classes are in the order of their names, numbers by their
    value; examples in the order of their files' names alone, so that 00001.png of one
    class comes before 00002.png of another. Files of other kinds are left out, and so
    are those whose names begin with a dot and those that systems add, such as @eaDir.

    Args:
        path: the folder.
        tell: called with each line about what was found.
        **options: `image_size`, `resize`, `skip_bad_files`, `in_memory`, `test_share`,
            as for `lnl_sr_tf.datasets.sources.dataset_of_files.dataset_of_files`.

    Returns:
        A `Dataset`, whose clean labels are not known.

    Raises:
        InputError: if the folder holds no such classes, a class is empty, or an image
            cannot be read.

    Example::

        data = lnl.datasets.from_folder("photos", image_size=(96, 96))
    """
    return dataset_of_files(list_folder(path, tell), tell=tell, **options)


def list_folder(
    path: pathlib.Path | str, tell: Callable[[str], None] = print
) -> LabelledFiles:
    """The files and labels of a folder with one folder per class."""
    root = pathlib.Path(os.path.expanduser(path))
    if not root.is_dir():
        raise InputError(f"{root}: there is no such folder")
    beneath, loose = _entries(root)
    names = split_folders(root, beneath)
    places = {"train": root}
    others: list[str] = []
    if names:
        places = {split: _inside(root / name, split) for split, name in names.items()}
        others += [str(root / name) for name in loose if not _is_picture(name)]
        if said := taken_for(names):
            tell(f"{root}: {said}")
        if pictures := sum(map(_is_picture, loose)):
            tell(f"{pictures} images of {root} are left out: they are in no split")
    found = {split: _classes(place, others) for split, place in places.items()}
    spellings = [name for classes in found.values() for name in classes]
    class_of = one_name_each(root, spellings, tell)
    class_names = sorted_names(class_of[name] for name in found["train"])
    check_classes(root, class_names)
    for split, classes in found.items():
        for name in classes:
            if class_of[name] not in class_names:
                raise InputError(
                    f"{places[split] / name}: class {name!r} is not in "
                    f"{places['train']}; a class that is tested must be trained, too"
                )
    if others:
        tell(
            f"{len(others)} files are left out: their names do not end in "
            f"{', '.join(ENDINGS)}; first {sorted(others)[0]}"
        )
    index = {name: class_names.index(class_of[name]) for name in class_of}
    return LabelledFiles(
        name=root.resolve().name,
        source=str(root),
        class_names=class_names,
        splits={split: _split(found[split], index) for split in found},
        held_out=is_held_out((names or {}).get("test", "")),
    )


def _entries(folder: pathlib.Path) -> tuple[list[str], list[str]]:
    """(names of folders, names of files) in a folder, sorted, without ignored ones."""
    try:
        with os.scandir(folder) as entries:
            seen = [e for e in entries if not is_ignored(e.name)]
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}") from None
    folders = sorted(e.name for e in seen if e.is_dir())
    return folders, sorted(e.name for e in seen if not e.is_dir())


def _inside(place: pathlib.Path, split: str) -> pathlib.Path:
    """The folder itself, or the one in it that repeats it: seg_train/seg_train/."""
    names, files = _entries(place)
    while len(names) == 1 and not any(map(_is_picture, files)):
        if split_of(names[0]) != split and names[0] != place.name:
            break
        place = place / names[0]
        names, files = _entries(place)
    return place


def _is_picture(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def _classes(place: pathlib.Path, others: list[str]) -> dict[str, list[str]]:
    """Dict from a class to its files; files of other kinds are added to `others`."""
    names, files = _entries(place)
    pictures = [name for name in files if _is_picture(name)]
    if pictures:
        raise InputError(
            f"{place / pictures[0]}: {len(pictures)} images are in no class's folder; "
            f"expected {place}/CLASS/FILE"
        )
    others += [str(place / name) for name in files]
    if not names:
        raise InputError(
            f"{place}: expected a folder for each class with its images; there is none"
        )
    classes = {}
    for name in names:
        for beneath in _entries(place / name)[0]:
            if split_of(beneath) in ("validation", "test"):
                raise InputError(
                    f"{place / name / beneath} looks like a split inside the class "
                    f"{name!r}; expected the splits above the classes, "
                    f"{split_of(beneath)}/{name}/FILE"
                )
        classes[name] = _pictures(place / name, others)
        if not classes[name]:
            raise InputError(
                f"{place / name}: no image in this class; add some "
                f"({', '.join(ENDINGS)}), or remove the folder"
            )
    return classes


def _pictures(folder: pathlib.Path, others: list[str]) -> list[str]:
    """Paths of all images beneath a folder; files of other kinds go to `others`."""
    pictures: list[str] = []
    above: dict[str, tuple[str, ...]] = {}  # real paths, to find loops

    def failed(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}")

    for place, folders, files in os.walk(folder, followlinks=True, onerror=failed):
        real = os.path.realpath(place)
        above[place] = (*above.get(os.path.dirname(place), ()), real)
        if real in above[place][:-1]:
            raise InputError(
                f"{place}: a symbolic link back to {real}, a loop; remove the link"
            )
        folders[:] = [name for name in folders if not is_ignored(name)]
        for name in files:
            if is_ignored(name):
                continue
            path = os.path.join(place, name)
            if _is_picture(name):
                pictures.append(path)
            else:
                others.append(path)
    return pictures


def _split(classes: dict[str, list[str]], index: dict[str, int]) -> Split:
    """Files in the order of their names; the path breaks a tie."""
    every = sorted(
        (natural(os.path.basename(path)), path, index[name])
        for name, paths in classes.items()
        for path in paths
    )
    return Split(
        paths=[path for _, path, _ in every],
        labels=np.array([label for _, _, label in every], np.int64),
    )
