"""Images or features, and labels, in one .npz of NumPy."""

import collections
import dataclasses
import hashlib
import os
import pathlib
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.memory import check_memory
from lnl_sr_tf.datasets.sources.dataset_of_arrays import dataset_of_arrays
from lnl_sr_tf.datasets.sources.ignored_files import is_ignored
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.npy import read_npy

_ENDING = ".npy"  # of the arrays in the archive


def from_npz(
    path: pathlib.Path | str,
    test_share: float = 0.2,
    tell: Callable[[str], None] = print,
) -> Dataset:
    """An .npz with images, or features, and labels.

    It holds `x` and `y`, or `x_train`, `y_train` and where there are `x_test`, `y_test`
    and `x_val`, `y_val` (or `train_images`, `train_labels` and so on, as `npz_names`
    says). Images are uint8, or floats in [0, 1], of shape (n, height, width) or
    (n, height, width, channels) with 1 or 3 channels. Features, such as the embeddings
    of another network, are numbers of shape (n, width). Labels are whole numbers from 0
    or texts, of shape (n,) or (n, 1). Where clean labels are known they are `y_clean`,
    `y_train_clean`, `y_test_clean`; `class_names` gives names to the numbers.

    Args:
        path: the file.
        test_share: of each class, in (0, 1), that is held out where there is neither a
            test nor a validation set.
        tell: called with each line about what was found.

    Raises:
        InputError: if an array is missing, of a wrong shape or out of range, two could
            be meant, or one would have to be unpickled, which could run any program.

    Example::

        data = lnl.datasets.from_npz("cells.npz")
    """
    path = pathlib.Path(os.path.expanduser(path))
    made = dataset_of_arrays(path, path.stem, read_arrays(path), test_share, tell)
    return dataclasses.replace(made, fingerprint=fingerprint(path))


def read_arrays(path: pathlib.Path) -> dict[str, np.ndarray]:
    """All arrays by name; never one that would have to be unpickled."""
    try:
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, np.lib.npyio.NpzFile):
            raise InputError(f"{path} holds one array; expected an .npz with x and y")
        with stored:
            archive: zipfile.ZipFile = stored.zip  # type: ignore[assignment]
            _check_unpacked(path, archive)
            members = [
                info
                for info in archive.infolist()
                if info.filename.endswith(_ENDING) and not _of_a_system(info.filename)
            ]
            names = [info.filename.removesuffix(_ENDING) for info in members]
            for name, count in collections.Counter(names).items():
                if count > 1:
                    raise InputError(
                        f"{path} holds {count} arrays of the name {name}; expected one"
                    )
            return {
                name: _array(path, archive, info)
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


def _of_a_system(name: str) -> bool:
    """Whether a system added it to the archive, such as __MACOSX/._x.npy."""
    return any(is_ignored(part) for part in name.split("/"))


def _check_unpacked(path: pathlib.Path, archive: zipfile.ZipFile) -> None:
    """Raise InputError where a small file unpacks to more than memory holds."""
    unpacked = sum(info.file_size for info in archive.infolist())
    advice = "a folder of images or a .csv is read as needed"
    check_memory(unpacked, f"{path} unpacks to", advice)


def _array(
    path: pathlib.Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo
) -> np.ndarray:
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


def fingerprint(path: pathlib.Path | str) -> str:
    """That of an .npz, from the checksums that the file holds anyway.

    Raises:
        InputError: if there is no such file, or it is not an .npz.
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
