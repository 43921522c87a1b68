"""Thumbnails of many images, put together on sheets, of which a page shows parts.

One file for each of 50,000 images would be slow to open. Small images keep every pixel,
as PNG; larger ones are shrunk and become JPEG.
"""

import base64
import io
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from lnl_sr_tf.datasets.images.image_files import ImageFiles, take
from lnl_sr_tf.errors import RunError

COLUMNS = 10
PER_SHEET = 100  # a page decodes all of them to show one

_EXACT = 32  # pixels on the longer side up to which every pixel is kept
_LONGEST = 64
_QUALITY = 80
_BLOCK = 8  # pixels; JPEG compresses blocks of this side on their own
_PIECE = 2**26  # bytes of images read at once
_TOLD = 5000


class Thumbnails:
    """Sheets of thumbnails, each with `COLUMNS` in a row and `PER_SHEET` in all.

    They are made one after the other, since all of them may not fit in memory.

    Args:
        images: uint8, shape (n, height, width, 1 or 3).
        order: int64, shape (n,): which image comes first, which second, and so on.

    Example:
        >>> images = np.zeros((250, 28, 28, 1), np.uint8)
        >>> thumbnails = Thumbnails(images, np.arange(250))
        >>> thumbnails.kind, len(list(thumbnails.sheets()))
        ('image/png', 3)
    """

    def __init__(self, images: np.ndarray | ImageFiles, order: np.ndarray) -> None:
        self.order = order
        height, width = images.shape[1:3]
        longest = max(height, width)
        self.exact = longest <= _EXACT
        scale = min(1, _LONGEST / longest)
        self.height = max(1, round(scale * height))
        self.width = max(1, round(scale * width))
        if isinstance(images, ImageFiles) and scale < 1:
            # Decoded small, which is faster than to shrink them afterwards.
            size = self.height, self.width
            images = ImageFiles(
                images.paths, size, images.channels, images.resize, bits=images.bits
            )
        self._images = images

    @property
    def kind(self) -> str:
        """The media type of the sheets."""
        return "image/png" if self.exact else "image/jpeg"

    @property
    def cell(self) -> tuple[int, int]:
        """(height, width) of the cell of a thumbnail, which is at its top left."""
        if self.exact:
            return self.height, self.width
        # No block of a JPEG may hold pixels of two images.
        return tuple(-(-side // _BLOCK) * _BLOCK for side in (self.height, self.width))

    def sheets(self, tell: Callable[[str], None] = lambda line: None) -> Iterator[str]:
        """The sheets in order, each in base64.

        Args:
            tell: called with a line now and then, if there are many.

        Raises:
            RunError: if an image file cannot be read.
        """
        each = int(np.prod(self._images.shape[1:]))
        step = PER_SHEET * max(1, _PIECE // (PER_SHEET * each))
        count = len(self.order)
        for start in range(0, count, step):
            pixels = self._read(self.order[start : start + step])
            for first in range(0, len(pixels), PER_SHEET):
                yield self._encoded(pixels[first : first + PER_SHEET])
                done = min(start + first + PER_SHEET, count)
                if done % _TOLD == 0 and count > _TOLD:
                    tell(f"thumbnails: {done:,} of {count:,}")

    def _read(self, indices):
        images = self._images
        try:
            return np.asarray(take(images, indices))
        except Exception as error:
            # TensorFlow and Pillow raise different errors; the file is what counts.
            if isinstance(images, ImageFiles) and (found := images.damaged()):
                raise RunError(f"an image cannot be read any more: {found}") from error
            raise

    def _encoded(self, pixels):
        size = self.height, self.width
        if pixels.shape[1:3] != size:
            pixels = np.stack([_shrunk(image, *size) for image in pixels])
        edges = [(0, whole - part) for whole, part in zip(self.cell, size, strict=True)]
        # Edges are extended: JPEG would smear a jump to black into the image.
        pixels = np.pad(pixels, [(0, 0), *edges, (0, 0)], mode="edge")
        file = io.BytesIO()
        sheet = _picture(_side_by_side(pixels))
        if self.exact:
            sheet.save(file, "PNG")
        else:
            sheet.save(file, "JPEG", quality=_QUALITY, subsampling=0)
        return base64.b64encode(file.getvalue()).decode()


def _side_by_side(pixels):
    """One image of many, in rows of `COLUMNS`; empty places are black."""
    count, height, width, channels = pixels.shape
    rows = -(-count // COLUMNS)
    places = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    places[:count] = pixels
    places = places.reshape(rows, COLUMNS, height, width, channels)
    return places.swapaxes(1, 2).reshape(rows * height, COLUMNS * width, channels)


def _shrunk(image, height, width):
    small = _picture(image).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small).reshape(height, width, image.shape[-1])


def _picture(pixels):
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
