"""What is in each of many image files: size, channels, content; whether it is whole.

Every file is decoded once, so that a truncated one is known before training begins and
not hours later. What was found is kept beside the user's other caches, by size and time
of change, so that only new files are looked at again.
"""

import dataclasses
import hashlib
import os
import pathlib
import tempfile
import zipfile

import numpy as np
from tqdm import tqdm

_LARGEST_FILE = 2**28  # bytes
_BATCH = 256
# Fewer files than this are looked at as quickly as they are looked up.
_CACHED_FROM = 1000
_FIELDS = ("height", "width", "channels", "palette", "content")


@dataclasses.dataclass(frozen=True)
class FileIndex:
    """What is in each file, in the order of the paths; height 0 where it is no image.

    Args:
        height: pixels, int32, shape (n,).
        width: pixels, int32, shape (n,).
        channels: 1 for grey and 3 for colour, int32, shape (n,).
        palette: 1 for a BMP with a palette, shape (n,).
        content: a hash of the bytes, int64, shape (n,).
    """

    height: np.ndarray
    width: np.ndarray
    channels: np.ndarray
    palette: np.ndarray
    content: np.ndarray

    @property
    def bad(self):
        """Indices of the files that are no whole image, rising."""
        return np.flatnonzero(self.height == 0)


def index_files(paths, source, tell=print):
    """Look into files, with a progress bar on a terminal.

    Args:
        paths: of files that exist.
        source: the folder or file that lists them, under which the index is kept.
        tell: called with each line for the person who waits.

    Returns:
        A `FileIndex`.
    """
    stamps = np.array([_stamp(path) for path in paths], np.int64).reshape(-1, 2)
    kept = _kept(source) if len(paths) >= _CACHED_FROM else {}
    found = np.zeros((len(paths), len(_FIELDS)), np.int64)
    new = []
    for i, path in enumerate(paths):
        stamp, values = kept.get(_name(path), (None, None))
        if stamp is not None and np.array_equal(stamp, stamps[i]):
            found[i] = values
        else:
            new.append(i)
    if new:
        if len(new) >= _CACHED_FROM:
            tell(f"looking into {len(new)} files of {source}")
        found[new] = _look(paths, stamps[:, 0], np.array(new))
        if len(paths) >= _CACHED_FROM:
            _keep(source, paths, stamps, found, tell)
    return FileIndex(*found.T)


def reason(path):
    """Why a file is no whole image, in a few words."""
    import tensorflow as tf

    from lnl_sr_tf.datasets import decode

    try:
        size = os.stat(path).st_size
        if size == 0:
            return "the file is empty"
        if size > _LARGEST_FILE:
            return f"{size} bytes, more than {_LARGEST_FILE}"
        contents = tf.io.read_file(os.fsencode(path))
    except (OSError, tf.errors.OpError):
        return "the file cannot be read"
    try:
        height, width, _ = (int(value) for value in decode.measure(contents))
    except tf.errors.OpError:
        return "no JPEG, PNG, BMP or GIF, or its header is damaged"
    if not 0 < height * width <= decode.LARGEST_PIXELS or min(height, width) <= 0:
        return (
            f"its header says {width}×{height} pixels; at most "
            f"{decode.LARGEST_PIXELS} are decoded"
        )
    return "truncated or damaged, or a kind of it that cannot be decoded"


def _look(paths, sizes, indices):
    import tensorflow as tf

    from lnl_sr_tf.datasets import decode

    def look(position, path):
        contents = tf.io.read_file(path)
        _, _, channels = decode.measure(contents)
        # Of the decoded image, so that it has to be decoded.
        shape = tf.shape(decode.decode(contents))
        content = tf.strings.to_hash_bucket_fast(contents, 2**62)
        palette = decode.has_palette(contents)
        values = [shape[0], shape[1], channels, palette]
        values = [tf.cast(value, tf.int64) for value in values]
        return position, tf.stack([*values, content])

    found = np.zeros((len(indices), len(_FIELDS)), np.int64)
    sane = np.flatnonzero((sizes[indices] > 0) & (sizes[indices] <= _LARGEST_FILE))
    if not len(sane):
        return found
    chosen = [os.fsencode(paths[i]) for i in indices[sane]]
    # An element whose map fails is left out, and so known by its absence.
    batches = (
        tf.data.Dataset.from_tensor_slices((sane, chosen))
        .map(look, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
        .ignore_errors()
        .batch(_BATCH)
    )
    with tqdm(total=len(sane), unit="files", disable=None, leave=False) as bar:
        for positions, values in batches.as_numpy_iterator():
            found[positions] = values
            bar.update(len(positions))
    return found


def _stamp(path):
    """Bytes and time of change; no bytes where there is no file that can be read."""
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _name(path):
    """Of a file, from wherever it is looked at."""
    return os.fsencode(os.path.abspath(path))


def _place(source):
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    name = hashlib.sha256(os.fsencode(os.path.abspath(source))).hexdigest()[:16]
    return pathlib.Path(base).expanduser() / "lnl_sr_tf" / f"index-{name}.npz"


def _kept(source):
    """Dict from a path to (stamp, values); empty where nothing can be read."""
    try:
        with np.load(_place(source), allow_pickle=False) as stored:
            paths = bytes(stored["paths"]).split(b"\0")
            return dict(
                zip(paths, zip(stored["stamps"], stored["found"], strict=True),
                    strict=True)
            )  # fmt: skip
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _keep(source, paths, stamps, found, tell):
    place = _place(source)
    names = np.frombuffer(b"\0".join(map(_name, paths)), np.uint8)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=place.parent, suffix=".npz", delete=False
        ) as file:
            np.savez(file, paths=names, stamps=stamps, found=found)
        os.replace(file.name, place)
    except OSError as error:
        tell(f"the index of {source} cannot be kept in {place.parent}: {error}")
