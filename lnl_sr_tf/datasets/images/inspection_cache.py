"""What was found in image files, kept by their size and times of change.

That of large sets is kept on disk, in the user's cache folder (XDG_CACHE_HOME, else
~/.cache); that of small ones for as long as the process runs.
"""

import hashlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import numpy as np

from lnl_sr_tf.files import UNREADABLE

# From a file to its size and times of change, and what was found in it.
Found = dict[bytes, tuple[np.ndarray, np.ndarray]]
_IN_MEMORY: dict[pathlib.Path, Found] = {}


def key(path: str) -> bytes:
    """What stands for a file, whatever folder the process runs in."""
    return os.fsencode(os.path.abspath(path))


def load(source: pathlib.Path | str, on_disk: bool, fields: int) -> Found:
    """What is known of files; nothing where there is none, or it is damaged.

    Args:
        source: the folder or file that lists them.
        on_disk: whether it is kept on disk.
        fields: how many numbers are kept of a file.
    """
    if not on_disk:
        return _IN_MEMORY.get(_place(source), {})
    try:
        with np.load(_place(source), allow_pickle=False) as stored:
            keys = bytes(stored["paths"]).split(b"\0")
            if stored["found"].shape[1:] != (fields,):  # of another version
                return {}
            pairs = zip(stored["stamps"], stored["found"], strict=True)
            return dict(zip(keys, pairs, strict=True))
    except UNREADABLE:
        return {}


def save(
    source: pathlib.Path | str,
    on_disk: bool,
    paths: Sequence[str],
    stamps: np.ndarray,
    found: np.ndarray,
    tell: Callable[[str], None],
) -> None:
    """Keep what was found in files.

    Args:
        source: the folder or file that lists them.
        on_disk: whether to keep it on disk.
        paths: n files.
        stamps: size and times of change, int64, shape (n, 3).
        found: int64, shape (n, fields).
        tell: called with a line where it cannot be kept.
    """
    place = _place(source)
    keys = list(map(key, paths))
    if not on_disk:
        pairs = zip(stamps, found, strict=True)
        _IN_MEMORY[place] = dict(zip(keys, pairs, strict=True))
        return
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=place.parent, suffix=".npz", delete=False
        ) as file:
            joined = np.frombuffer(b"\0".join(keys), np.uint8)
            np.savez(file, paths=joined, stamps=stamps, found=found)
        os.replace(file.name, place)
    except OSError as error:
        tell(f"the inspection of {source} cannot be kept in {place.parent}: {error}")


def _place(source: pathlib.Path | str) -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    name = hashlib.sha256(os.fsencode(os.path.abspath(source))).hexdigest()[:16]
    return pathlib.Path(base).expanduser() / "lnl_sr_tf" / f"files-{name}.npz"
