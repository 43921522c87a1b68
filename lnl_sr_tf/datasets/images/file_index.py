"""What is in each of many image files: size, channels, content; whether it is whole.

Every file is decoded once, so that a truncated one is known before training begins and
not hours later. What was found is kept beside the user's other caches, by size and
times of change, so that only new files are looked at again.
"""

import dataclasses
import functools
import hashlib
import os
import pathlib
import tempfile
import zipfile

import numpy as np
from tqdm import tqdm

from lnl_sr_tf.datasets.images.image_rules import LARGEST_PIXELS, by_tensorflow

_LARGEST_FILE = 2**28  # bytes
_BATCH = 256
# Fewer files than this are looked at as quickly as they are looked up on disk.
_CACHED_FROM = 1000
_SMALL = {}  # by source, what would be on disk of a larger set
_FIELDS = ("height", "width", "channels", "palette", "content", "bits")


@dataclasses.dataclass(frozen=True)
class FileIndex:
    """What is in each file, in the order of the paths; height 0 where it is no image.

    Args:
        height: pixels, int32, shape (n,).
        width: pixels, int32, shape (n,).
        channels: 1 for grey and 3 for colour, int32, shape (n,).
        palette: 1 for a BMP with a palette, shape (n,).
        content: a hash of the bytes, int64, shape (n,).
        bits: how many the largest value of a PNG of 16 bits has; 0 of others.
    """

    height: np.ndarray
    width: np.ndarray
    channels: np.ndarray
    palette: np.ndarray
    content: np.ndarray
    bits: np.ndarray

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
    stamps = np.array([_stamp(path) for path in paths], np.int64).reshape(-1, 3)
    small = len(paths) < _CACHED_FROM
    kept = _SMALL.get(_place(source), {}) if small else _kept(source)
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
        if not small:
            _keep(source, paths, stamps, found, tell)
    if small:
        names = map(_name, paths)
        _SMALL[_place(source)] = dict(
            zip(names, zip(stamps, found, strict=True), strict=True)
        )
    return FileIndex(*found.T)


def reason(path):
    """Why a file is no whole image, in a few words."""
    try:
        size = os.stat(path).st_size
        if size == 0:
            return "the file is empty"
        if size > _LARGEST_FILE:
            return f"{size} bytes, more than {_LARGEST_FILE}"
        contents = pathlib.Path(path).read_bytes()
    except OSError:
        return "the file cannot be read"
    if wrong := _header_fault(contents):
        return wrong
    return "truncated or damaged, or a kind of it that cannot be decoded"


def _header_fault(contents):
    """What is wrong with a header, in a few words; None where it is right."""
    damaged = "no JPEG, PNG, BMP or GIF, or its header is damaged"
    if by_tensorflow():
        import tensorflow as tf

        from lnl_sr_tf.datasets.images import decode_tf

        try:
            height, width = (int(value) for value in decode_tf.measure(contents)[:2])
        except tf.errors.OpError:
            return damaged
    else:
        from lnl_sr_tf.datasets.images import decode_pillow

        try:
            height, width, _ = decode_pillow.measure(contents)
        except decode_pillow.TooLarge:
            return f"its header says more than the {LARGEST_PIXELS} pixels allowed"
        except decode_pillow.BAD_IMAGE:
            return damaged
    if 0 < height * width <= LARGEST_PIXELS and min(height, width) > 0:
        return None
    return (
        f"its header says {width}×{height} pixels; at most {LARGEST_PIXELS} are decoded"
    )


def _hash(contents):
    """Of the bytes of a file: 62 bits, the same everywhere."""
    digest = hashlib.blake2b(contents, digest_size=8).digest()
    return np.int64(int.from_bytes(digest, "little") >> 2)


def _look(paths, sizes, indices):
    """What is in each of some files, int64 of shape (files, fields)."""
    found = np.zeros((len(indices), len(_FIELDS)), np.int64)
    sane = np.flatnonzero((sizes[indices] > 0) & (sizes[indices] <= _LARGEST_FILE))
    if not len(sane):
        return found
    chosen = [os.fsencode(paths[i]) for i in indices[sane]]
    look = _by_tensorflow if by_tensorflow() else _by_pillow
    with tqdm(total=len(sane), unit="files", disable=None, leave=False) as bar:
        for positions, values in look(sane, chosen):
            found[positions] = values
            bar.update(len(positions))
    return found


def _by_tensorflow(positions, paths):
    """(positions, values) in batches, without those of files that are no image."""
    import tensorflow as tf

    # An element whose map fails is left out, and so known by its absence.
    batches = (
        tf.data.Dataset.from_tensor_slices((positions, paths))
        .map(_looked(), num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
        .ignore_errors()
        .batch(_BATCH)
    )
    yield from batches.as_numpy_iterator()


@functools.cache
def _looked():
    """The look into one file as a graph, which takes longer to build than a few files.

    Returns:
        A function of a position and a path, which gives the position and the values.
    """
    import tensorflow as tf

    from lnl_sr_tf.datasets.images import decode_tf

    def look(position, path):
        contents = tf.io.read_file(path)
        _, _, channels = decode_tf.measure(contents)
        # Of the decoded image, so that it has to be decoded.
        shape = tf.shape(decode_tf.decode(contents))
        content = tf.numpy_function(_hash, [contents], tf.int64, stateful=False)
        palette = decode_tf.has_palette(contents)
        values = [shape[0], shape[1], channels, palette, content]
        values = [*values, decode_tf.bits_used(contents)]
        return position, tf.stack([tf.cast(value, tf.int64) for value in values])

    signature = [tf.TensorSpec((), tf.int64), tf.TensorSpec((), tf.string)]
    return tf.function(look, input_signature=signature)


def _by_pillow(positions, paths):
    """The same, one at a time."""
    from lnl_sr_tf.datasets.images import decode_pillow

    def look(item):
        position, path = item
        try:
            contents = pathlib.Path(os.fsdecode(path)).read_bytes()
            _, _, channels = decode_pillow.measure(contents)
            height, width, _ = decode_pillow.decode(contents).shape
            bits = decode_pillow.bits_used(contents)
        except decode_pillow.BAD_IMAGE:
            return None
        palette = int(decode_pillow.has_palette(contents))
        return [position], [[height, width, channels, palette, _hash(contents), bits]]

    files = zip(positions, paths, strict=True)
    yield from filter(None, decode_pillow.in_parallel(look, files))


def _stamp(path):
    """Bytes and times of change; no bytes where there is no file that can be read.

    The time of the inode's change too: two files of one size and time, such as come out
    of an archive, may be moved into each other's place.
    """
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0, 0
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _name(path):
    """Of a file, from wherever it is looked at."""
    return os.fsencode(os.path.abspath(path))


def _place(source):
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    name = hashlib.sha256(os.fsencode(os.path.abspath(source))).hexdigest()[:16]
    return pathlib.Path(base).expanduser() / "lnl_sr_tf" / f"files-{name}.npz"


def _kept(source):
    """Dict from a path to (stamp, values); empty where nothing can be read."""
    try:
        with np.load(_place(source), allow_pickle=False) as stored:
            paths = bytes(stored["paths"]).split(b"\0")
            if stored["found"].shape[1:] != (len(_FIELDS),):  # of another version
                return {}
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
