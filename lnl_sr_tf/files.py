"""Files that are whole whenever they are there, however a process ends."""

import contextlib
import os
import pathlib

from lnl_sr_tf.errors import RunError


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
def whole_file(path):
    """A file to write bytes to, which takes the place of another when it is whole.

    Args:
        path: where it is to stand; its folder is there.

    Yields:
        The file, open for writing bytes, by another name in the same folder.

    Raises:
        RunError: if it cannot be written; what stood there stays.

    Example:
        >>> with whole_file("runs/summary.json") as file:
        ...     file.write(b"{}")
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
