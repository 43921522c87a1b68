"""Features on disk, by what they were made of: shared by runs, seeds and losses.

They lie in the user's cache folder (XDG_CACHE_HOME, else ~/.cache), a file for each set
of images, and may be deleted at any time. Of all together no more than 10 GiB are kept,
those that were used last.
"""

import contextlib
import os
import pathlib
import time
import zlib
from collections.abc import Callable, Iterable, Iterator

import filelock
import numpy as np

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.files import whole_file

LARGEST = 10 * 2**30  # bytes of all files
_CHUNK = 2**26  # bytes
_ABANDONED = 86_400  # seconds
_CHECKSUM = 4  # bytes at the end of a file


def folder() -> pathlib.Path:
    """Where the files lie."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(base).expanduser() / "lnl_sr_tf" / "features"


def load(key: str, count: int, tell: Callable[[str], None]) -> np.ndarray | None:
    """Features that were kept, as a memory map.

    Args:
        key: what they were made of, letters.
        count: how many rows there should be.
        tell: called with a line where the file is damaged.

    Returns:
        float16, shape (count, width); None where there is none, or it is damaged.
    """
    path = _path(key)
    if not path.is_file():
        return None
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        whole = rows.dtype == np.float16 and rows.ndim == 2 and len(rows) == count
        if whole and _checksum(rows) == _kept_checksum(path):
            with contextlib.suppress(OSError):
                os.utime(path)  # those that were used last are kept
            return rows
        problem = "it is not as it was written"
    except (OSError, ValueError, EOFError) as error:
        problem = f"{error!s:.80}"
    tell(f"{path} is damaged ({problem}): its features are computed again")
    return None


def save(key: str, rows: np.ndarray, tell: Callable[[str], None]) -> np.ndarray:
    """Keep features; those that have not been used for longest make room for them.

    Args:
        key: what they were made of, letters.
        rows: float16, shape (n, width).
        tell: called with a line where they cannot be kept, or others are removed.

    Returns:
        The same rows, as a memory map where they are kept.
    """
    path = _path(key)
    if rows.nbytes > LARGEST:
        tell(
            f"features of {rows.nbytes / 2**30:.1f} GiB are not kept for other runs: "
            f"{path.parent} holds no more than {LARGEST / 2**30:g} GiB"
        )
        return rows
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_room(rows.nbytes, tell)
        with whole_file(path) as file:
            np.save(file, rows)
            file.write(_checksum(rows))
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, RunError) as error:
        tell(
            f"features are not kept for other runs, but stay in memory: {error!s:.200}"
        )
        return rows


def remove(keys: Iterable[str]) -> None:
    """Remove features that others hold, too."""
    for key in keys:
        with contextlib.suppress(OSError):
            _path(key).unlink(missing_ok=True)


@contextlib.contextmanager
def alone(key: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Within, no other process of this machine computes the same features.

    Args:
        key: what they are made of, letters.
        tell: called with a line where another does, which is then waited for.
    """
    path = _path(key).with_suffix(".lock")
    lock = filelock.FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            tell("another process computes the same features: waiting for it")
            lock.acquire()
    except (OSError, NotImplementedError):
        yield  # a folder that cannot be written to; that is told when they are kept
        return
    try:
        yield
    finally:
        lock.release()
        # One that waits for it finds the features, or computes them itself.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _path(key: str) -> pathlib.Path:
    return folder() / f"{key}.npy"


def _make_room(size: int, tell: Callable[[str], None]) -> None:
    """Remove files until there is room for another of that size."""
    for path in folder().glob(".*.unfinished"):  # of processes that were killed
        if time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)
    files = [(path, path.stat()) for path in folder().glob("*.npy")]
    files.sort(key=lambda file: file[1].st_mtime)
    total = sum(stat.st_size for _, stat in files)
    removed, freed = 0, 0
    for path, stat in files:
        if total - freed + size <= LARGEST:
            break
        path.unlink(missing_ok=True)
        removed, freed = removed + 1, freed + stat.st_size
    if removed:
        tell(
            f"{removed} files of features, {freed / 2**30:.1f} GiB, were removed from "
            f"{folder()}, which holds {LARGEST / 2**30:g} GiB: those not used for "
            "longest"
        )


def _checksum(rows: np.ndarray) -> bytes:
    value, step = 0, max(1, _CHUNK // max(rows[:1].nbytes, 1))
    for start in range(0, len(rows), step):
        value = zlib.crc32(np.ascontiguousarray(rows[start : start + step]).data, value)
    return value.to_bytes(_CHECKSUM, "little")


def _kept_checksum(path: pathlib.Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(-_CHECKSUM, os.SEEK_END)
        return file.read()
