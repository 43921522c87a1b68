"""Encoded images to uint8 arrays by Pillow, where the backend is not TensorFlow.

It keeps to what `decode_tf` does, which says more of it. Pixels are the same but for
rounding, where a JPEG is decoded or an image resized.
"""

import concurrent.futures
import io
import os
import zlib

import numpy as np
from PIL import Image

from lnl_sr_tf.datasets.images.image_rules import CENTRE, LARGEST_PIXELS, RATIOS

_FORMATS = ("JPEG", "PNG", "BMP", "GIF")
_GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B")
_GREY_AND_ALPHA = "LA;16B"  # 16 bits of both, which Pillow opens as colour
TooLarge = Image.DecompressionBombError
# What Pillow raises of files that are no whole image.
BAD_IMAGE = (OSError, ValueError, SyntaxError, EOFError, TooLarge)


def measure(contents):
    """Height, width, and channels (1 or 3) by the header; nothing is decoded.

    Raises:
        BAD_IMAGE: if it is no JPEG, PNG, BMP or GIF.
    """
    image = _opened(contents)
    grey = image.mode in _GREY_MODES and image.format != "GIF"
    grey = grey or _stored_as(image) == _GREY_AND_ALPHA
    return image.height, image.width, 1 if grey else 3


def decode(contents):
    """An encoded image whole, in colour, uint8 of shape (height, width, 3).

    Raises:
        BAD_IMAGE: if it cannot be decoded, or is larger than `LARGEST_PIXELS`.
    """
    return np.asarray(_in_channels(_checked(_opened(contents)), 3))


def bits_used(contents):
    """How many bits the largest value of a PNG of 16 bits has; 0 of any other image.

    Raises:
        BAD_IMAGE: as of `decode`.
    """
    if not _is_deep(contents):
        return 0
    return int(_deep_values(contents).max()).bit_length()


def read(contents, image_size, channels, resize="stretch", box=None, bits=None):
    """An encoded image, or a part of it, at the size that a network takes.

    Args:
        contents: bytes.
        image_size: (height, width).
        channels: 1 or 3.
        resize: `"stretch"` or `"crop"`.
        box: the part to take, (top, left, height, width) in shares of the image.
        bits: of which the values in PNGs of 16 bits are, 8 to 16; None for 16.

    Returns:
        uint8 array of shape (height, width, channels).

    Raises:
        BAD_IMAGE: as of `decode`.
    """
    image = _checked(_opened(contents))
    if bits is not None and _is_deep(contents):
        values = _deep_values(contents) >> (bits - 8)
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    full = np.array([image.height, image.width])
    size = np.array(image_size)
    start, extent = np.zeros(2, int), full
    if box is not None:
        start, extent = _pixels(np.asarray(box), full)
    elif resize == "crop":
        extent = np.maximum(np.rint(CENTRE * np.min(full / size) * size).astype(int), 1)
        start = (full - extent) // 2
    if image.format == "JPEG":
        fits = (extent // size).min()
        ratio = max(ratio for ratio in RATIOS if ratio <= max(fits, 1))
        if ratio > 1:
            image.draft(None, tuple(int(v) for v in full[::-1] // ratio))
            start, extent = start // ratio, np.maximum(extent // ratio, 1)
    image = _in_channels(image, channels)
    end = start + extent
    if start.any() or (end != (image.height, image.width)).any():
        image = image.crop((start[1], start[0], end[1], end[0]))
    pixels = np.asarray(_resized(image, image_size))
    return pixels.reshape(*image_size, channels)


def has_palette(contents):
    """Whether it is a BMP of 8 bits a pixel."""
    return contents[:2] == b"BM" and int.from_bytes(contents[28:30], "little") == 8


def in_parallel(function, items):
    """What a function gives for each item, in their order, by a thread a core."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        yield from threads.map(function, items)


def _opened(contents):
    """Of bytes or of an open file; only the header is read."""
    file = io.BytesIO(contents) if isinstance(contents, bytes) else contents
    return Image.open(file, formats=_FORMATS)


def _checked(image):
    if not 0 < image.height * image.width <= LARGEST_PIXELS:
        raise ValueError(f"{image.width}×{image.height} pixels")
    return image


def _is_deep(contents):
    """Whether it is a PNG of 16 bits."""
    return contents[:6] == b"\x89PNG\r\n" and contents[24:25] == b"\x10"


def _stored_as(image):
    """Pillow's name for the values in the file; None where it has none."""
    return image.tile[0][3] if image.format == "PNG" and image.tile else None


def _deep_values(contents):
    """The values of a PNG of 16 bits: (height, width), or with 3 channels in colour."""
    image = _checked(_opened(contents))
    stored = _stored_as(image)
    if stored == _GREY_AND_ALPHA:
        # Four bytes a pixel, as eight bits of colour and alpha are.
        header = contents[12:24] + b"\x08\x06" + contents[26:29]
        check = zlib.crc32(header).to_bytes(4, "big")
        bytes_ = np.asarray(_opened(contents[:12] + header + check + contents[33:]))
        return bytes_[..., 0].astype(np.uint16) << 8 | bytes_[..., 1]
    if image.mode.startswith("I"):
        return np.asarray(image).astype(np.uint16)
    # Of each value Pillow keeps the first byte, or as if it were the other way round
    # the second.
    upper = np.asarray(image)
    image = _opened(contents)
    image.tile = [(*tile[:3], stored.replace("16B", "16L")) for tile in image.tile]
    values = upper.astype(np.uint16) << 8 | np.asarray(image)
    return values[..., :3]


def _in_channels(image, channels):
    image.load()
    if image.mode.startswith("I"):
        # Sixteen bits of grey, of which Pillow would keep the lower ones.
        values = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    if image.mode == "LA":
        image = image.getchannel("L")
    if image.mode == "P" and channels == 1:
        image = image.convert("RGB")
    wanted = "L" if channels == 1 else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _pixels(box, full):
    """Top left corner and extent in pixels, at least one, within the image."""
    scaled = box * np.concatenate([full, full])
    start = np.minimum(np.rint(scaled[:2]).astype(int), full - 1)
    extent = np.maximum(np.rint(scaled[2:]).astype(int), 1)
    return start, np.minimum(extent, full - start)


def _resized(image, image_size):
    height, width = image_size
    if (image.height, image.width) == (height, width):
        return image
    if image.height > 2 * height or image.width > 2 * width:
        return image.resize((width, height), Image.Resampling.BILINEAR)
    scale = (image.width / width, 0, 0, 0, image.height / height, 0)
    return image.transform(
        (width, height), Image.Transform.AFFINE, scale, Image.Resampling.BILINEAR
    )
