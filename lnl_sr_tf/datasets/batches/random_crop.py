"""Random parts of images, resized: the augmentation of large photographs."""

import math
from typing import Any

from keras import ops

_TRIES = 10
_RATIO = 4 / 3  # of width to height, at most, or of height to width
COLUMNS = 2 * _TRIES + 2  # random numbers that a part takes


def random_boxes(height: Any, width: Any, smallest_area: float, numbers: Any) -> Any:
    """Random parts of images.

    The share of the area is uniform in [smallest_area, 1], the logarithm of the ratio
    of width to height uniform in ±log(4/3). The first of ten draws that fits is taken;
    where none does, the largest centred part with an allowed ratio. Szegedy et al.,
    "Going Deeper with Convolutions" (CVPR 2015).

    Args:
        height: of the images in pixels; a number, or a tensor of shape (count, 1).
        width: likewise.
        smallest_area: in (0, 1].
        numbers: float32 tensor of shape (count, `COLUMNS`), uniform in [0, 1).

    Returns:
        float32 tensor of shape (count, 4): top, left, height, width in shares of the
        image.
    """
    numbers = ops.convert_to_tensor(numbers)
    rows, columns = (ops.cast(side, "float32") for side in (height, width))
    area = smallest_area + (1.0 - smallest_area) * numbers[:, :_TRIES]
    limit = math.log(_RATIO)
    ratio = ops.exp(limit * (2.0 * numbers[:, _TRIES : 2 * _TRIES] - 1.0))
    widths = ops.sqrt(area * ratio * rows / columns)
    heights = ops.sqrt(area / ratio * columns / rows)
    fits = ops.logical_and(widths <= 1.0, heights <= 1.0)
    first = ops.argmax(ops.cast(fits, "int32"), axis=1)[:, None]
    found = ops.any(fits, axis=1, keepdims=True)

    def chosen(values, fallback):
        first_fitting = ops.take_along_axis(values, first, axis=1)
        return ops.where(found, first_fitting, ops.minimum(1.0, fallback))

    def place(free, share):
        return ops.where(found, share, 0.5) * free

    height = chosen(heights, _RATIO * columns / rows)
    width = chosen(widths, _RATIO * rows / columns)
    top = place(1.0 - height, numbers[:, -2:-1])
    left = place(1.0 - width, numbers[:, -1:])
    return ops.concatenate([top, left, height, width], axis=1)


def crop_and_resize(images: Any, boxes: Any) -> Any:
    """A part of each image at the size of the whole, bilinear.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        boxes: as from `random_boxes`, one an image.

    Returns:
        uint8 tensor of the same shape.
    """
    images = ops.cast(images, "float32")
    images = _stretched(images, boxes[:, 0:1], boxes[:, 2:3], axis=1)
    images = _stretched(images, boxes[:, 1:2], boxes[:, 3:4], axis=2)
    return ops.cast(ops.clip(ops.round(images), 0.0, 255.0), "uint8")


def _stretched(images, start, extent, axis):
    """A range of rows (or of columns) at the size of all of them."""
    shape = ops.shape(images)
    size = images.shape[axis]
    steps = ops.arange(size, dtype="float32")[None] / max(size - 1, 1)
    # From the middle of the first pixel to that of the last.
    place = start * size + steps * ops.maximum(extent * size - 1.0, 0.0)
    place = ops.clip(place, 0.0, size - 1.0)
    before = ops.cast(ops.floor(place), "int32")
    after = ops.minimum(before + 1, size - 1)
    weight = place - ops.cast(before, "float32")
    if axis == 1:  # whole rows
        first = ops.arange(shape[0], dtype="int32")[:, None] * size
        lines = ops.reshape(images, (-1, *images.shape[2:]))
        weight = weight[:, :, None, None]
    else:  # pixels of each row
        first = ops.arange(shape[0] * shape[1], dtype="int32")
        first = ops.reshape(first, (shape[0], shape[1], 1)) * size
        before, after = before[:, None, :], after[:, None, :]
        lines = ops.reshape(images, (-1, images.shape[-1]))
        weight = weight[:, None, :, None]
    low = ops.take(lines, first + before, axis=0)
    high = ops.take(lines, first + after, axis=0)
    return low + weight * (high - low)
