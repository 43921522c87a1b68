"""Images that stay in their files and are decoded when they are needed."""

import os
import pathlib

import numpy as np

from lnl_sr_tf.datasets.images.image_rules import GREY, by_tensorflow

_BATCH = 256


class ImageGone(Exception):
    """An image file that was whole before cannot be read any more."""


class ImageFiles:
    """Encoded images in files, seen as a uint8 array, (n, height, width, channels).

    Indexing decodes: `files[:8]` and `files[numpy.array([3, 1])]` are arrays. `take`
    makes a selection without decoding. The pipeline reads them in parallel, so that a
    set larger than memory can be trained on.

    Args:
        paths: of the files, in the order of the examples.
        image_size: (height, width) to which they are resized.
        channels: 1 or 3.
        resize: `"stretch"` or `"crop"`, as for `decode_tf.read`.
        known: whether all were looked into before and found whole, of that size and
            without a palette, so that they can be read without a check.
        bits: of which the values in PNGs of 16 bits are, as for `read` there; None for
            16.

    Example:
        >>> ImageFiles(["a.jpg", "b.png"], (224, 224), 3).shape
        (2, 224, 224, 3)
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self, paths, image_size, channels, resize="stretch", known=False, bits=None
    ):
        self.paths = np.empty(len(paths), object)
        self.paths[:] = [os.fsencode(path) for path in paths]
        self.image_size = tuple(image_size)
        self.channels = channels
        self.resize = resize
        self.known = known and resize == "stretch" and bits is None
        self.bits = bits

    def __len__(self):
        return len(self.paths)

    @property
    def shape(self):
        """(n, height, width, channels)."""
        return (len(self), *self.image_size, self.channels)

    @property
    def size(self):
        """How many numbers the array would hold; bytes, since they are uint8."""
        return int(np.prod(self.shape))

    def take(self, indices):
        """A selection of the files, not decoded."""
        return self._like(self.paths[indices], self.channels)

    def _like(self, paths, channels):
        size = self.image_size
        return ImageFiles(paths, size, channels, self.resize, self.known, self.bits)

    def __getitem__(self, key):
        """Decoded images: one of shape (height, width, channels), or several."""
        chosen = self.paths[key]
        if isinstance(chosen, bytes):
            return self[[key]][0]
        return self.take(key).decoded()

    def __array__(self, dtype=None, copy=None):
        return self.decoded().astype(dtype or np.uint8, copy=False)

    def decoded(self, progress=lambda count: None):
        """All images as one array.

        Args:
            progress: called with how many images were decoded since the last call.

        Returns:
            uint8 array of shape (n, height, width, channels).
        """
        images = np.empty(self.shape, np.uint8)
        done = 0
        for batch in self._by_tensorflow() if by_tensorflow() else self._by_pillow():
            images[done : done + len(batch)] = batch
            done += len(batch)
            progress(len(batch))
        return images

    def _by_tensorflow(self):
        """All images in batches."""
        import tensorflow as tf

        batches = (
            tf.data.Dataset.from_tensor_slices(self.paths.tolist() or [b""])
            .take(len(self))
            .map(self.read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            .batch(_BATCH)
            .prefetch(2)
        )
        yield from batches.as_numpy_iterator()

    def _by_pillow(self, boxes=None):
        """The same, one by one but for a first axis; or a part of each."""
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

    def parts(self, area, numbers):
        """A random part of each image at the size of the whole, decoded by Pillow.

        Args:
            area: smallest share of the area.
            numbers: as of `lnl_sr_tf.datasets.batches.random_crop.random_boxes`.

        Returns:
            uint8 array of shape (n, height, width, channels).
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

    def damaged(self):
        """The first file that is no whole image any more, and why; None without one."""
        from lnl_sr_tf.datasets.images.file_index import index_files, reason

        paths = [os.fsdecode(path) for path in self.paths]
        bad = index_files(paths, os.path.commonpath(paths)).bad
        return f"{paths[bad[0]]}: {reason(paths[bad[0]])}" if len(bad) else None

    def read(self, path, part=None):
        """The image in one file, or a part of it, as a tensor.

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


def take(images, indices):
    """A selection of images, of an array or of `ImageFiles`."""
    return images.take(indices) if isinstance(images, ImageFiles) else images[indices]


def with_channels(images, channels):
    """The same images as grey (1) or colour (3), of an array or of `ImageFiles`."""
    if images.shape[-1] == channels:
        return images
    if isinstance(images, ImageFiles):
        return images._like(images.paths, channels)
    if channels == 3:
        return np.repeat(images, 3, axis=-1)
    weighted = images.astype(np.float32) @ np.array(GREY, np.float32)
    return np.rint(weighted).astype(np.uint8)[..., None]
