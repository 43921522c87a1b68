"""Files that are whole whenever they are there, and .npz files that are read safely."""

import contextlib
import os
import pathlib
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from lnl_sr_tf.errors import RunError

# What NumPy and zipfile raise where bytes are not what they were.
UNREADABLE = (
    OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def make_folder(path: pathlib.Path) -> None:
    """Make a folder and those above it, unless it exists.

    Raises:
        RunError: if it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """A file to write bytes to, which takes the place of another when it is whole.

    Args:
        path: where it is to stand; its folder is there.

    Yields:
        The file, open for writing bytes, by another name in the same folder.

    Raises:
        RunError: if it cannot be written; what stood there stays.

    Example:
        with whole_file("runs/summary.json") as file:
            file.write(b"{}")
    """
    path = pathlib.Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error


def read_npz(
    path: str | os.PathLike,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    advice: str = "",
) -> dict[str, np.ndarray]:
    """Arrays of an .npz, never one that would have to be unpickled.

    Args:
        path: the file.
        required: names of the arrays to read.
        optional: names of further arrays, which are read where they are there.
        advice: the end of the message where it cannot be read.

    Returns:
        The arrays by name.

    Raises:
        RunError: if the file is missing or damaged, or lacks a required array.

    Example:
        read_npz("runs/digits/labels.npz", ("given",))["given"].shape  # (1437,)
    """
    try:
        with open(path, "rb") as file:
            # Of an .npy, NumPy would give an array.
            if file.read(2) != b"PK":
                raise ValueError("it is no .npz file")
            file.seek(0)
            with np.load(file, allow_pickle=False) as stored:
                there = [name for name in optional if name in stored]
                return {name: stored[name] for name in (*required, *there)}
    except UNREADABLE as error:
        raise RunError(f"{path} cannot be read ({error}){advice}") from error
