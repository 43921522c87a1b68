"""Images and labels in one .npz of NumPy."""

import collections
import hashlib
import os
import pathlib
import zipfile
import zlib

import numpy as np

from lnl_sr_tf.datasets.copies import part_of_array, tell_copies
from lnl_sr_tf.datasets.dataset import Dataset, TestSet, pixel_statistics
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.sources.ignored_files import left_alone
from lnl_sr_tf.datasets.sources.npz_images import checked_images
from lnl_sr_tf.datasets.sources.npz_labels import checked_labels
from lnl_sr_tf.datasets.sources.npz_names import names_of
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.npy import read_npy

_ENDING = ".npy"  # of the arrays in the archive


def from_npz(path, test_share=0.2, tell=print):
    """An .npz with images and labels.

    It holds `x` and `y`, or `x_train`, `y_train` and where there are `x_test`, `y_test`
    and `x_val`, `y_val` (`train_images`, `train_labels` and so on will do too, as
    `npz_names` says). Images are uint8, or floats in [0, 1], of
    shape (n, height, width) or (n, height, width, channels) with 1 or 3 channels.
    Labels are whole numbers from 0 or texts, of shape (n,) or (n, 1). Where clean
    labels are known they are `y_clean`, `y_train_clean`, `y_test_clean`; `class_names`
    gives names to the numbers.

    Args:
        path: the file.
        test_share: of each class, in (0, 1), that is held out where there is no other
            set.
        tell: called with each line for the person who waits.

    Returns:
        A `Dataset`.

    Raises:
        InputError: if an array is missing, misshapen or out of range, two could be
            meant, or one would have to be unpickled, which could run any program.

    Example:
        >>> data = lnl.datasets.from_npz("cells.npz")
    """
    path = pathlib.Path(os.path.expanduser(path))
    arrays = _arrays(path)
    names = names_of(path, list(arrays), tell)
    images = {
        split: checked_images(path, arrays, x, tell)
        for split, (x, *_) in names.splits.items()
    }
    given, clean, class_names = checked_labels(path, arrays, names, images, tell)
    shapes = {split: part.shape[1:] for split, part in images.items()}
    for split, shape in shapes.items():
        if shape != shapes["train"]:
            raise InputError(
                f"{path}: images of {names.splits['train'][0]} are {shapes['train']}, "
                f"those of {names.splits[split][0]} {shape}; expected the same"
            )
    parts = {
        split: part_of_array(names.splits[split][0], images[split], given[split])
        for split in images
    }
    tell_copies(parts, tell)
    test = next((name for name in ("test", "validation") if name in images), None)
    index, kind = None, "given" if clean.get(test) is None else "clean"
    if test is None:
        test, index = (
            "test",
            _hold_out(
                path, images, given, clean, parts["train"].contents, test_share, tell
            ),
        )
        kind = "held out" if clean["test"] is None else "clean"
    mean, std = pixel_statistics(images["train"])
    return Dataset(
        name=path.stem,
        train_images=images["train"],
        given_labels=given["train"],
        clean_labels=clean["train"],
        test_images=images[test],
        test_labels=given[test] if clean[test] is None else clean[test],
        class_names=class_names,
        mean=mean,
        std=std,
        index=index,
        test_labels_are=kind,
        more_tests={
            name: TestSet(
                images[name], given[name] if clean[name] is None else clean[name]
            )
            for name in images
            if name not in ("train", test)
        },
        fingerprint=fingerprint(path),
    )


def _arrays(path):
    """All arrays by name; never one that would have to be unpickled."""
    try:
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise InputError(f"{path} holds one array; expected an .npz with x and y")
        with stored:
            _check_unpacked(path, stored)
            members = [
                info
                for info in stored.zip.infolist()
                if info.filename.endswith(_ENDING) and not _of_a_system(info.filename)
            ]
            names = [info.filename.removesuffix(_ENDING) for info in members]
            for name, count in collections.Counter(names).items():
                if count > 1:
                    raise InputError(
                        f"{path} holds {count} arrays of the name {name}; expected one"
                    )
            return {
                name: _array(path, stored.zip, info)
                for name, info in zip(names, members, strict=True)
            }
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (
        OSError,
        ValueError,
        EOFError,
        MemoryError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{path} cannot be read as an .npz, it may be cut off: {reason:.120}"
        ) from None


def _of_a_system(name):
    """Whether a member of the archive is such as __MACOSX/._x.npy."""
    return any(left_alone(part) for part in name.split("/"))


def _check_unpacked(path, stored):
    """A few bytes may unfold to more than memory holds."""
    unpacked = sum(info.file_size for info in stored.zip.infolist())
    advice = "a folder of images or a .csv is read as needed"
    check_memory(unpacked, f"{path} unfolds to", advice)


def _array(path, archive, info):
    name = info.filename.removesuffix(_ENDING)
    try:
        with archive.open(info) as file:
            return read_npy(file, info.file_size)
    except ValueError as error:
        if "pickle" not in str(error):
            raise
        raise InputError(
            f"{path}: {name} holds pickled objects, which could run any program when "
            "read, and is refused; save it as plain numbers, for instance "
            f"numpy.stack(list({name}))"
        ) from None


def _hold_out(path, images, given, clean, contents, share, tell):
    """Move a part of the training examples to a test set; the index of the others."""
    out = held_out(given["train"], share, seed=0, groups=contents)
    if not out.any():
        raise InputError(
            f"{path}: no class has two images, so none can be held out for testing; "
            "add "
            "images, or x_test and y_test"
        )
    known = clean["train"]
    images["train"], images["test"] = images["train"][~out], images["train"][out]
    given["train"], given["test"] = given["train"][~out], given["train"][out]
    clean["train"], clean["test"] = (
        (None, None) if known is None else (known[~out], known[out])
    )
    tell(
        f"no test set: {int(out.sum())} of {len(out)} images are held out, "
        f"{share:.0%} of "
        "each class" + ("; their labels are as noisy as the rest" * (known is None))
    )
    return np.flatnonzero(~out)


def fingerprint(path):
    """Of an .npz, from the checksums that the file holds anyway.

    Raises:
        InputError: if there is no such file, or it is no .npz.
    """
    try:
        with zipfile.ZipFile(path) as file:
            sums = [
                (info.filename, info.CRC, info.file_size) for info in file.infolist()
            ]
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read as an .npz, it may be cut off: {error}"
        ) from None
    return hashlib.sha256(repr(sums).encode()).hexdigest()[:16]
