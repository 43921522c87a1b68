"""Images and labels in one .npz of NumPy."""

import hashlib
import os
import pathlib
import zipfile
import zlib

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset, TestSet, pixel_statistics
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.npz_images import checked_images
from lnl_sr_tf.datasets.npz_labels import checked_labels
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.npy import read_npy

# Names of arrays: ours first, then those of MedMNIST and the like.
_NAMES = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels"), ("x", "y")),
    "validation": (("x_val", "y_val"), ("val_images", "val_labels")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
_ENDING = ".npy"  # of the arrays in the archive


def from_npz(path, test_share=0.2, tell=print):
    """An .npz with images and labels.

    It holds `x` and `y`, or `x_train`, `y_train` and where there are `x_test`, `y_test`
    and `x_val`, `y_val` (`train_images`, `train_labels` and so on will do too). Images
    are uint8, or floats in [0, 1], of shape (n, height, width) or (n, height, width,
    channels) with 1 or 3 channels. Labels are whole numbers from 0 or texts, of shape
    (n,) or (n, 1). Where clean labels are known they are `y_clean`, `y_train_clean`,
    `y_test_clean`; `class_names` gives names to the numbers.

    Args:
        path: the file.
        test_share: of each class, in (0, 1), that is held out where there is no other
            set.
        tell: called with each line for the person who waits.

    Returns:
        A `Dataset`.

    Raises:
        InputError: if an array is missing, misshapen or out of range, or would have to
            be unpickled, which could run any program.

    Example:
        >>> data = lnl.datasets.from_npz("cells.npz")
    """
    path = pathlib.Path(os.path.expanduser(path))
    arrays = _arrays(path)
    found = {name: _names_of(name, arrays) for name in _NAMES}
    if found["train"] is None:
        raise InputError(
            f"{path}: expected the arrays x and y, or x_train and y_train; it holds "
            f"{', '.join(arrays) or 'nothing'}"
        )
    names = {split: pair for split, pair in found.items() if pair}
    images = {
        split: checked_images(path, arrays, x, tell) for split, (x, _) in names.items()
    }
    given, clean, class_names = checked_labels(path, arrays, names, images)
    shapes = {split: part.shape[1:] for split, part in images.items()}
    for split, shape in shapes.items():
        if shape != shapes["train"]:
            raise InputError(
                f"{path}: images of {names['train'][0]} are {shapes['train']}, those "
                "of "
                f"{names[split][0]} {shape}; expected the same"
            )
    test = next((name for name in ("test", "validation") if name in images), None)
    index, kind = None, "given" if clean.get(test) is None else "clean"
    if test is None:
        test, index = "test", _hold_out(path, images, given, clean, test_share, tell)
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
            return {
                info.filename.removesuffix(_ENDING): _array(path, stored.zip, info)
                for info in stored.zip.infolist()
                if info.filename.endswith(_ENDING)
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


def _names_of(split, arrays):
    """The names of a split's images and labels, or None."""
    return next(
        (pair for pair in _NAMES[split] if pair[0] in arrays and pair[1] in arrays),
        None,
    )


def _hold_out(path, images, given, clean, share, tell):
    """Move a part of the training examples to a test set; the index of the others."""
    out = held_out(given["train"], share, seed=0, groups=_contents(images["train"]))
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


def _contents(images):
    """A number for each image, the same for copies of it."""
    return np.array([hash(image.tobytes()) for image in images])


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
