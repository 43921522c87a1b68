"""Augmentation of a whole batch of uint8 images at once, by given random numbers."""

import dataclasses
import math
from typing import Any

from keras import ops

from lnl_sr_tf.datasets.batches import color, random_crop


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training images are varied at random.

    Args:
        crop_padding: black pixels added on every side before a random crop of the
            original size; 0 for none.
        flip: whether to flip left-right with probability 1/2.
        rotation: images are rotated by up to this many degrees either way, nearest
            pixel, black outside; 0 for none.
        random_resized_crop: smallest share of the area of a random part of the image,
            of aspect ratio 3/4 to 4/3, that is resized to the whole; 0 for none.
        color_jitter: how much each of `"brightness"`, `"contrast"`, `"saturation"` and
            `"hue"` varies, as for `color.jitter`; None for none.
        views: of features in `ViewedRows`, how many views each example has; a batch
            has one of them, and nothing else is varied.
    """

    crop_padding: int = 0
    flip: bool = False
    rotation: float = 0.0
    random_resized_crop: float = 0.0
    color_jitter: dict[str, float] | None = None
    views: int = 1

    @property
    def columns(self) -> int:
        """How many random numbers an image takes; 0 where images are not varied."""
        return (
            (random_crop.COLUMNS if self.random_resized_crop else 0)
            + (2 if self.crop_padding else 0)
            + (1 if self.flip else 0)
            + (1 if self.rotation else 0)
            + (color.COLUMNS if self.color_jitter else 0)
            + (1 if self.views > 1 else 0)
        )


def augment(images: Any, numbers: Any, augmentation: Augmentation) -> Any:
    """A varied batch; the same numbers give the same variation on every backend.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        numbers: float32 tensor of shape (batch, `augmentation.columns`), uniform in
            [0, 1). Those of the random part come first.
        augmentation: how images are varied.

    Returns:
        uint8 tensor of the same shape.
    """
    if augmentation.random_resized_crop:
        height, width = images.shape[1:3]
        of_boxes = numbers[:, : random_crop.COLUMNS]
        numbers = numbers[:, random_crop.COLUMNS :]
        boxes = random_crop.random_boxes(
            height, width, augmentation.random_resized_crop, of_boxes
        )
        images = random_crop.crop_and_resize(images, boxes)
    columns = iter(range(augmentation.columns))

    def drawn():
        return numbers[:, next(columns), None, None]

    padding = augmentation.crop_padding
    corner = (drawn(), drawn()) if padding else None
    flipped = drawn() < 0.5 if augmentation.flip else None
    if augmentation.rotation:
        limit = math.radians(augmentation.rotation)
        images = _moved(images, corner, padding, flipped, limit * (2 * drawn() - 1))
    elif padding:
        images = _moved(images, corner, padding, flipped)
    elif augmentation.flip:
        images = _flipped(images, flipped)
    if augmentation.color_jitter:
        of_colors = numbers[:, next(columns) :]
        images = color.jitter(images, of_colors, augmentation.color_jitter)
    return images


def _flipped(images, flipped):
    if images.shape[0] == 1:
        # For a single image, as files are read, this takes a third of the time.
        return ops.cond(
            flipped[0, 0, 0], lambda: ops.flip(images, axis=2), lambda: images
        )
    return ops.where(flipped[..., None], ops.flip(images, axis=2), images)


def _moved(images, corner, padding, flipped, angle=None):
    """Cropped, flipped and rotated, in this order, by one look-up of each pixel.

    It goes backwards, from each pixel of the result to where it comes from; black where
    that is outside the image.
    """
    batch = ops.shape(images)[0]
    height, width, channels = images.shape[1:]
    row = ops.arange(height, dtype="int32")[None, :, None]
    column = ops.arange(width, dtype="int32")[None, None, :]
    inside = ops.ones((1, 1, 1), "bool")
    if angle is not None:
        row, column = _rotated(row, column, (height - 1) / 2, (width - 1) / 2, angle)
        inside = _between(row, height) & _between(column, width)
    if flipped is not None:
        column = ops.where(flipped, width - 1 - column, column)
    if corner is not None:
        row, column = (
            place + _start(numbers, padding) - padding
            for place, numbers in zip((row, column), corner, strict=True)
        )
        inside = inside & _between(row, height) & _between(column, width)
    row, column = ops.clip(row, 0, height - 1), ops.clip(column, 0, width - 1)
    first = ops.arange(batch, dtype="int32")[:, None, None] * (height * width)
    pixels = ops.reshape(images, (-1, channels))
    found = ops.take(pixels, first + row * width + column, axis=0)
    return ops.where(inside[..., None], found, ops.zeros_like(found))


def _start(numbers, padding):
    """Where the window begins in the padded image, 0 to twice the padding."""
    start = ops.cast(ops.floor(numbers * (2 * padding + 1)), "int32")
    return ops.minimum(start, 2 * padding)


def _rotated(row, column, centre_row, centre_column, angle):
    """Where pixels come from when the image is rotated about its centre."""
    y = ops.cast(row, "float32") - centre_row
    x = ops.cast(column, "float32") - centre_column
    cos, sin = ops.cos(angle), ops.sin(angle)
    return (
        ops.cast(ops.floor(sin * x + cos * y + centre_row + 0.5), "int32"),
        ops.cast(ops.floor(cos * x - sin * y + centre_column + 0.5), "int32"),
    )


def _between(place, size):
    return ops.logical_and(place >= 0, place < size)
