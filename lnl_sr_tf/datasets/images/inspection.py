"""What is in each of many image files: size, channels, content; whether it is damaged.

Every file is decoded once, so that a truncated one is found before training begins and
not hours later. What was found is cached, so that only new files are decoded again.
"""

import dataclasses
import functools
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from tqdm import tqdm

from lnl_sr_tf import quiet
from lnl_sr_tf.datasets.images import inspection_cache
from lnl_sr_tf.datasets.images.image_rules import LARGEST_PIXELS, decoded_by_tensorflow

_LARGEST_FILE = 2**28  # bytes
_BATCH = 256
# Fewer files than this are inspected as quickly as they are looked up on disk.
_CACHED_FROM = 1000
_FIELDS = ("height", "width", "channels", "palette", "content", "bits")


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What is in each of n files; height 0 where it cannot be decoded.

    Args:
        height: pixels, int64, shape (n,).
        width: pixels, int64, shape (n,).
        channels: 1 for grey and 3 for colour, int64, shape (n,).
        palette: 1 for a BMP with a palette, else 0, int64, shape (n,).
        content: a hash of the bytes, int64, shape (n,).
        bits: how many bits the largest value of a 16-bit PNG has; 0 of other files.
    """

    height: np.ndarray
    width: np.ndarray
    channels: np.ndarray
    palette: np.ndarray
    content: np.ndarray
    bits: np.ndarray

    @property
    def bad(self) -> np.ndarray:
        """Indices of the files that cannot be decoded, rising."""
        return np.flatnonzero(self.height == 0)

    def take(self, chosen: np.ndarray) -> "Inspection":
        """That of some of the files, by their indices or a mask."""
        return Inspection(*(getattr(self, name)[chosen] for name in _FIELDS))


def inspect_files(
    paths: Sequence[str],
    source: pathlib.Path | str,
    tell: Callable[[str], None] = print,
) -> Inspection:
    """Look into files, with a progress bar on a terminal.

    Args:
        paths: of files that exist.
        source: the folder or file that lists them, under which results are cached.
        tell: called with a line where it takes a while.
    """
    stamps = np.array([_stamp(path) for path in paths], np.int64).reshape(-1, 3)
    on_disk = len(paths) >= _CACHED_FROM
    cached = inspection_cache.load(source, on_disk, len(_FIELDS))
    found = np.zeros((len(paths), len(_FIELDS)), np.int64)
    new = []
    for i, path in enumerate(paths):
        known = cached.get(inspection_cache.key(path))
        if known is not None and np.array_equal(known[0], stamps[i]):
            found[i] = known[1]
        else:
            new.append(i)
    if new:
        if len(new) >= _CACHED_FROM:
            tell(f"inspecting {len(new)} files of {source}")
        found[new] = _look(paths, stamps[:, 0], np.array(new))
        inspection_cache.save(source, on_disk, paths, stamps, found, tell)
    return Inspection(*found.T)


def why_bad(path: pathlib.Path | str) -> str:
    """Why a file cannot be decoded, in a few words."""
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
    return "truncated or damaged, or of a variant that cannot be decoded"


def _header_fault(contents: bytes) -> str | None:
    """What is wrong with a header, in a few words; None where it is right."""
    damaged = "not a JPEG, PNG, BMP or GIF, or its header is damaged"
    if decoded_by_tensorflow():
        import tensorflow as tf

        from lnl_sr_tf.datasets.images import decode_tf

        try:
            with quiet.notices():
                size = decode_tf.measure(contents)[:2]
            height, width = (int(value) for value in size)
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


def content_hash(contents: bytes) -> np.int64:
    """62 bits for the bytes of a file, the same on every machine."""
    digest = hashlib.blake2b(contents, digest_size=8).digest()
    return np.int64(int.from_bytes(digest, "little") >> 2)


def _look(paths: Sequence[str], sizes: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """What is in some of the files, int64 of shape (files, fields)."""
    found = np.zeros((len(indices), len(_FIELDS)), np.int64)
    sane = np.flatnonzero((sizes[indices] > 0) & (sizes[indices] <= _LARGEST_FILE))
    if not len(sane):
        return found
    chosen = [os.fsencode(paths[i]) for i in indices[sane]]
    look = _by_tensorflow if decoded_by_tensorflow() else _by_pillow
    with (
        quiet.notices() as seen,
        tqdm(
            total=len(sane), unit="files", disable=None, leave=False, file=seen
        ) as bar,
    ):
        for positions, values in look(sane, chosen):
            found[positions] = values
            bar.update(len(positions))
    return found


def _by_tensorflow(
    positions: np.ndarray, paths: list[bytes]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(positions, values) in batches, without files that cannot be decoded."""
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
        content = tf.numpy_function(content_hash, [contents], tf.int64, stateful=False)
        palette = decode_tf.has_palette(contents)
        values = [shape[0], shape[1], channels, palette, content]
        values = [*values, decode_tf.bits_used(contents)]
        return position, tf.stack([tf.cast(value, tf.int64) for value in values])

    signature = [tf.TensorSpec((), tf.int64), tf.TensorSpec((), tf.string)]
    return tf.function(look, input_signature=signature)


def _by_pillow(
    positions: np.ndarray, paths: list[bytes]
) -> Iterator[tuple[list[int], list[list[int]]]]:
    """The same, one file at a time."""
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
        return [position], [
            [height, width, channels, palette, content_hash(contents), bits]
        ]

    files = zip(positions, paths, strict=True)
    yield from filter(None, decode_pillow.in_parallel(look, files))


def _stamp(path: str) -> tuple[int, int, int]:
    """Size in bytes and times of change; zeros where no file can be read.

    The time of the inode's change too: two files of one size and time, such as come out
    of an archive, may be moved into each other's place.
    """
    try:
        stat = os.stat(path)
    except OSError:
        return 0, 0, 0
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
