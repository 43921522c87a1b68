"""Images that stay in their files and are decoded when they are needed."""

import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lnl_sr_tf.datasets.features.mapped_rows import MappedRows
from lnl_sr_tf.datasets.images.image_rules import GREY, decoded_by_tensorflow

_BATCH = 256
# By the form of files: to trace how they are read takes as long as a thousand of them.
_TRACED: dict[tuple, Any] = {}


class ImageGone(Exception):
    """An image file that could be decoded before cannot be read any more."""


class ImageFiles:
    """Encoded images in files, seen as a uint8 array, (n, height, width, channels).

    Indexing decodes: `files[:8]` and `files[numpy.array([3, 1])]` are arrays. `take`
    makes a selection without decoding. The pipeline reads them in parallel, so that a
    set larger than memory can be trained on.

    Args:
        paths: one an example.
        image_size: (height, width) to which they are resized.
        channels: 1 or 3.
        resize: `"stretch"` or `"crop"`, as for `decode_tf.read`.
        known: whether all were inspected before, and can be decoded, have that size and
            no palette, so that they can be read without a check.
        bits: the bit depth of the values in 16-bit PNGs, 8 to 16; None for 16.
        contents: a hash of the bytes of each, int64, shape (n,), where it is known.

    Example:
        >>> ImageFiles(["a.jpg", "b.png"], (224, 224), 3).shape
        (2, 224, 224, 3)
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        paths: Sequence[str | bytes] | np.ndarray,
        image_size: tuple[int, int],
        channels: int,
        resize: str = "stretch",
        known: bool = False,
        bits: int | None = None,
        contents: np.ndarray | None = None,
    ) -> None:
        self.paths = np.empty(len(paths), object)
        self.paths[:] = [os.fsencode(path) for path in paths]
        height, width = image_size
        self.image_size = height, width
        self.channels = channels
        self.resize = resize
        self.known = known and resize == "stretch" and bits is None
        self.bits = bits
        self.contents = contents

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, height, width, channels)."""
        return (len(self), *self.image_size, self.channels)

    @property
    def size(self) -> int:
        """How many numbers the array would hold, and bytes, since they are uint8."""
        return int(np.prod(self.shape))

    def take(self, indices: np.ndarray) -> "ImageFiles":
        """Some of the files, not decoded."""
        taken = self._like(self.paths[indices], self.channels)
        taken.contents = None if self.contents is None else self.contents[indices]
        return taken

    def _like(self, paths: np.ndarray, channels: int) -> "ImageFiles":
        size = self.image_size
        return ImageFiles(paths, size, channels, self.resize, self.known, self.bits)

    def joined(self, others: Sequence["ImageFiles"]) -> "ImageFiles":
        """These files and others of the same form, one after the other."""
        paths = np.concatenate([self.paths, *(files.paths for files in others)])
        return self._like(paths, self.channels)

    def content_hashes(self) -> np.ndarray:
        """A hash of the bytes of each file, int64, shape (n,).

        Raises:
            ImageGone: if one cannot be read.
        """
        if self.contents is not None:
            return self.contents
        from lnl_sr_tf.datasets.images.inspection import content_hash

        def read(path):
            try:
                return pathlib.Path(os.fsdecode(path)).read_bytes()
            except OSError as error:
                raise ImageGone(f"{os.fsdecode(path)}: {error}") from error

        return np.array([content_hash(read(path)) for path in self.paths], np.int64)

    def __getitem__(self, key: Any) -> np.ndarray:
        """Decoded images: one of shape (height, width, channels), or several."""
        chosen = self.paths[key]
        if isinstance(chosen, bytes):
            return self[[key]][0]
        return self.take(key).decoded()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.decoded().astype(dtype or np.uint8, copy=False)

    def decoded(
        self, progress: Callable[[int], object] = lambda count: None
    ) -> np.ndarray:
        """All images as one array, uint8 of shape (n, height, width, channels).

        Args:
            progress: called with how many images were decoded since the last call.
        """
        images = np.empty(self.shape, np.uint8)
        done = 0
        for batch in (
            self._by_tensorflow() if decoded_by_tensorflow() else self._by_pillow()
        ):
            images[done : done + len(batch)] = batch
            done += len(batch)
            progress(len(batch))
        return images

    def _by_tensorflow(self) -> Iterator[np.ndarray]:
        """All images in batches."""
        import tensorflow as tf

        batches = (
            tf.data.Dataset.from_tensor_slices(self.paths.tolist() or [b""])
            .take(len(self))
            .map(
                self._traced_once(),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .batch(_BATCH)
            .prefetch(2)
        )
        yield from batches.as_numpy_iterator()

    def _traced_once(self) -> Any:
        """`read`; for files of this form it is traced once in a process."""
        form = (self.image_size, self.channels, self.resize, self.known, self.bits)
        if form not in _TRACED:
            import tensorflow as tf

            files = self._like(self.paths[:0], self.channels)
            _TRACED[form] = tf.function(
                files.read, [tf.TensorSpec((), tf.string)], autograph=False
            )
        return _TRACED[form]

    def _by_pillow(self, boxes: np.ndarray | None = None) -> Iterator[np.ndarray]:
        """The same in batches of one; or a part of each image."""
        from lnl_sr_tf.datasets.images import decode_pillow

        def read(place):
            path = pathlib.Path(os.fsdecode(self.paths[place]))
            box = None if boxes is None else boxes[place]
            size, channels = self.image_size, self.channels
            try:
                image = decode_pillow.read(
                    path.read_bytes(), size, channels, self.resize, box, self.bits
                )
            except decode_pillow.BAD_IMAGE as error:
                raise ImageGone(f"{path}: {error}") from error
            return image[None]

        yield from decode_pillow.in_parallel(read, range(len(self)))

    def random_parts(self, area: float, numbers: np.ndarray) -> np.ndarray:
        """A random part of each image at the size of the whole, decoded by Pillow.

        Args:
            area: smallest share of the area, in (0, 1].
            numbers: as for `lnl_sr_tf.datasets.batches.random_crop.random_boxes`.

        Returns:
            uint8, shape (n, height, width, channels).
        """
        import keras

        from lnl_sr_tf.datasets.batches.random_crop import random_boxes
        from lnl_sr_tf.datasets.images import decode_pillow

        def measure(path):
            try:
                with open(path, "rb") as file:
                    return decode_pillow.measure(file)[:2]
            except decode_pillow.BAD_IMAGE as error:
                raise ImageGone(f"{os.fsdecode(path)}: {error}") from error

        sizes = np.array(list(decode_pillow.in_parallel(measure, self.paths)))
        height, width = sizes[:, :1], sizes[:, 1:]
        boxes = keras.ops.convert_to_numpy(random_boxes(height, width, area, numbers))
        return np.concatenate(list(self._by_pillow(boxes)))

    def damaged(self) -> str | None:
        """The first file that cannot be decoded any more, and why; None without one."""
        from lnl_sr_tf.datasets.images.inspection import inspect_files, why_bad

        paths = [os.fsdecode(path) for path in self.paths]
        bad = inspect_files(paths, os.path.commonpath(paths)).bad
        return f"{paths[bad[0]]}: {why_bad(paths[bad[0]])}" if len(bad) else None

    def read(self, path: Any, part: Callable | None = None) -> Any:
        """The image in one file, or a part of it, by TensorFlow.

        Args:
            path: scalar string tensor.
            part: as for `decode_tf.read`.

        Returns:
            uint8 tensor of shape (height, width, channels).
        """
        import tensorflow as tf

        from lnl_sr_tf.datasets.images import decode_tf

        contents = tf.io.read_file(path)
        if self.known and part is None:
            return decode_tf.read_known(contents, self.image_size, self.channels)
        size = self.image_size
        return decode_tf.read(
            contents, size, self.channels, self.resize, part, self.bits
        )


# The examples of a dataset, wherever they are.
Images = np.ndarray | ImageFiles | MappedRows


def take(images: Images, indices: np.ndarray) -> Images:
    """Some of the images, or features; those in files are not read."""
    return images[indices] if isinstance(images, np.ndarray) else images.take(indices)


def batch_of(images: Images, chosen: Any) -> np.ndarray:
    """Some of the images, or features, in memory, as a network takes them.

    Features become float32: TensorFlow would convert them too, more slowly, and
    complain on standard error.

    Args:
        images: or features.
        chosen: a slice, or integers.
    """
    return images[chosen].astype(batch_dtype(images), copy=False)


def batch_dtype(images: Images) -> np.dtype:
    """That of `batch_of`."""
    return np.dtype(np.float32) if len(images.shape) == 2 else images.dtype


def with_channels(images: Images, channels: int) -> Images:
    """The same images in grey (1) or in colour (3)."""
    if images.shape[-1] == channels:
        return images
    if isinstance(images, ImageFiles):
        return images._like(images.paths, channels)
    pixels = np.asarray(images)
    if channels == 3:
        return np.repeat(pixels, 3, axis=-1)
    weighted = pixels.astype(np.float32) @ np.array(GREY, np.float32)
    return np.rint(weighted).astype(np.uint8)[..., None]
