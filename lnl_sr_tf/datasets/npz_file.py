"""Images and labels in one .npz of NumPy."""

import hashlib
import os
import pathlib
import zipfile
import zlib

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset, TestSet, pixel_statistics
from lnl_sr_tf.datasets.held_out import held_out
from lnl_sr_tf.datasets.listing import check_classes, natural
from lnl_sr_tf.errors import InputError

# Names of arrays: ours first, then those of MedMNIST and the like.
_NAMES = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels"), ("x", "y")),
    "validation": (("x_val", "y_val"), ("val_images", "val_labels")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
}
_CLEAN = {"train": ("y_train_clean", "y_clean"), "validation": ("y_val_clean",),
          "test": ("y_test_clean",)}  # fmt: skip
_CLASS_NAMES = "class_names"
_CHUNK = 4096


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
    images = {split: _images(path, arrays, x, tell) for split, (x, _) in names.items()}
    given, clean, class_names = _labels(path, arrays, names, images)
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
        fingerprint=_fingerprint(path),
    )


def _arrays(path):
    """All arrays by name; never one that would have to be unpickled."""
    try:
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise InputError(f"{path} holds one array; expected an .npz with x and y")
        with stored:
            return {name: _array(path, stored, name) for name in stored.files}
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{path} cannot be read as an .npz, it may be cut off: {reason:.120}"
        ) from None


def _array(path, stored, name):
    try:
        return stored[name]
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


def _images(path, arrays, name, tell):
    images = arrays.pop(name)
    where = f"{path}: {name}"
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or not images.size:
        raise InputError(
            f"{where}: expected images of shape (n, height, width, channels); received "
            f"{images.shape}; for flat ones, numpy.reshape makes them so"
        )
    if images.shape[-1] not in (1, 3):
        turned = images.shape[1] in (1, 3)
        raise InputError(
            f"{where}: expected 1 or 3 channels, last; received the shape "
            f"{images.shape}"
            + (f"; numpy.moveaxis({name}, 1, -1) turns it" if turned else "")
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "iufb":
        raise InputError(f"{where}: expected numbers; received {images.dtype}")
    if images.dtype == bool:
        return images.astype(np.uint8) * np.uint8(255)
    return _as_uint8(where, images, tell)


def _as_uint8(where, images, tell):
    """Floats in [0, 1], or whole numbers in [0, 255], in chunks to save memory."""
    low, high = images.min(), images.max()  # NaN, where there is one
    if not np.isfinite([low, high]).all():
        count = sum(
            int((~np.isfinite(images[i : i + _CHUNK])).sum())
            for i in range(0, len(images), _CHUNK)
        )
        raise InputError(f"{where}: {count} numbers are NaN or infinite; remove them")
    scale = 1
    if images.dtype.kind == "f" and high <= 1:
        scale = 255
    whole = images.dtype.kind != "f" or scale == 255 or _whole_numbers(images)
    if low < 0 or high > 255 or not whole:
        raise InputError(
            f"{where}: expected uint8, or floats in [0, 1]; received {images.dtype} "
            "from "
            f"{low:.6g} to {high:.6g}"
        )
    made = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _CHUNK):
        part = slice(start, start + _CHUNK)
        made[part] = np.rint(images[part] * scale)
    what = "floats in [0, 1], times 255" if scale == 255 else f"{images.dtype} numbers"
    tell(f"{where}: {what}, kept as uint8")
    return made


def _whole_numbers(images):
    return all(
        (images[i : i + _CHUNK] == np.rint(images[i : i + _CHUNK])).all()
        for i in range(0, len(images), _CHUNK)
    )


def _labels(path, arrays, names, images):
    """(given labels by split, clean ones or None by split, class names)."""
    given, clean = {}, {}
    for split, (x, y) in names.items():
        given[split] = _column(path, arrays, y, len(images[split]), x)
        known = next((name for name in _CLEAN[split] if name in arrays), None)
        clean[split] = known and _column(path, arrays, known, len(images[split]), x)
    labels = [part for part in (*given.values(), *clean.values()) if part is not None]
    texts = {part.dtype.kind == "U" for part in labels}
    if len(texts) > 1:
        raise InputError(f"{path}: some labels are numbers and some are texts")
    if texts == {True}:
        values = sorted(set(np.concatenate(labels).tolist()), key=natural)
        class_names = tuple(values)
    else:
        class_names = _class_names(path, arrays, labels)
        values = range(len(class_names))
        for split, (_, y) in names.items():
            low, high = int(given[split].min()), int(given[split].max())
            if low < 0 or high >= len(class_names):
                raise InputError(
                    f"{path}: {y} holds labels from {low} to {high}; expected whole "
                    f"numbers in [0, {len(class_names)})"
                )
    check_classes(path, class_names)
    index = {value: i for i, value in enumerate(values)}

    def numbered(part):
        if part is None or part.dtype.kind != "U":
            return part
        return np.array([index[value] for value in part.tolist()], np.int64)

    given = {split: numbered(part) for split, part in given.items()}
    clean = {split: numbered(part) for split, part in clean.items()}
    counts = np.bincount(given["train"], minlength=len(class_names))
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"{path}: {names['train'][1]} holds no example of class "
            f"{class_names[label]!r}; expected labels without a gap from 0 to "
            f"{len(class_names) - 1}"
        )
    return given, clean, class_names


def _column(path, arrays, name, count, of):
    labels = arrays[name]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(
            f"{path}: {name}: expected labels of shape (n,); received {labels.shape}"
            + ("; for one-hot ones, argmax(axis=1) gives them" * (labels.ndim == 2))
        )
    if len(labels) != count:
        raise InputError(
            f"{path}: {of} has {count} images and {name} {len(labels)} labels; "
            "expected "
            "as many of both"
        )
    if labels.dtype.kind == "f" and (labels == np.rint(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iuU":
        raise InputError(
            f"{path}: {name}: expected whole numbers or texts; received {labels.dtype}"
        )
    return labels if labels.dtype.kind == "U" else labels.astype(np.int64)


def _class_names(path, arrays, labels):
    names = arrays.get(_CLASS_NAMES)
    if names is None:
        low = min(int(part.min()) for part in labels)
        if low < 0:
            raise InputError(
                f"{path}: a label is {low}; expected whole numbers from 0 on"
            )
        high = max(int(part.max()) for part in labels)
        if high >= sum(map(len, labels)):
            raise InputError(
                f"{path}: a label is {high}, and there are fewer examples than that; "
                "expected whole numbers from 0 on without a gap"
            )
        return tuple(str(i) for i in range(high + 1))
    if names.ndim != 1 or names.dtype.kind != "U" or len(set(names)) != len(names):
        raise InputError(
            f"{path}: {_CLASS_NAMES}: expected different texts, one a class; received "
            f"{names.dtype} of shape {names.shape}"
        )
    return tuple(names.tolist())


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


def _fingerprint(path):
    """From the checksums that the file holds anyway."""
    with zipfile.ZipFile(path) as file:
        sums = [(info.filename, info.CRC, info.file_size) for info in file.infolist()]
    return hashlib.sha256(repr(sums).encode()).hexdigest()[:16]
