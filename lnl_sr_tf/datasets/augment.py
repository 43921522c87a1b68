"""Augmentation of a whole batch of uint8 images at once, seeded."""

import dataclasses
import math

import tensorflow as tf

from lnl_sr_tf.datasets.color import jitter
from lnl_sr_tf.datasets.random_crop import crop_and_resize, random_boxes


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training images are varied at random.

    Args:
        crop_padding: black pixels added on every side before a random crop of the
            original size; 0 for none.
        flip: whether to flip left-right with probability 1/2.
        rotation: images are turned by up to this many degrees either way, nearest
            pixel, black outside; 0 for none.
        random_resized_crop: smallest share of the area of a random part of the image,
            of aspect ratio 3/4 to 4/3, that is resized to the whole; 0 for none.
        color_jitter: dict from `"brightness"`, `"contrast"`, `"saturation"` and `"hue"`
            to how much each varies, as for `lnl_sr_tf.datasets.color.jitter`; None for
            none.
    """

    crop_padding: int = 0
    flip: bool = False
    rotation: float = 0.0
    random_resized_crop: float = 0.0
    color_jitter: dict = None

    @property
    def active(self):
        """Whether anything is done at all."""
        return bool(
            self.crop_padding
            or self.flip
            or self.rotation
            or self.random_resized_crop
            or self.color_jitter
        )


def augment(images, seed, augmentation):
    """A varied batch; the same seed gives the same variation.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        seed: int tensor of shape (2,).
        augmentation: an `Augmentation`.

    Returns:
        uint8 tensor of the same shape.
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 6))
    if augmentation.random_resized_crop:
        size = images.shape[1:3]
        area = augmentation.random_resized_crop
        boxes = random_boxes(tf.shape(images)[0], size, area, seeds[4])
        images = crop_and_resize(images, boxes)
    if augmentation.crop_padding:
        images = _crop(images, seeds[0], seeds[1], augmentation.crop_padding)
    if augmentation.flip:
        images = _flip(images, seeds[2])
    if augmentation.rotation:
        images = _rotate(images, seeds[3], augmentation.rotation)
    if augmentation.color_jitter:
        images = jitter(images, seeds[5], augmentation.color_jitter)
    return images


def _crop(images, row_seed, column_seed, padding):
    batch, (height, width) = tf.shape(images)[0], images.shape[1:3]
    edge = [padding, padding]
    images = tf.pad(images, [[0, 0], edge, edge, [0, 0]])

    def window(seed, size):
        start = tf.random.stateless_uniform(
            [batch, 1], seed, 0, 2 * padding + 1, dtype=tf.int32
        )
        return start + tf.range(size)

    images = tf.gather(images, window(row_seed, height), axis=1, batch_dims=1)
    return tf.gather(images, window(column_seed, width), axis=2, batch_dims=1)


def _flip(images, seed):
    batch = tf.shape(images)[0]
    chosen = tf.random.stateless_uniform([batch, 1, 1, 1], seed) < 0.5
    return tf.where(chosen, tf.reverse(images, axis=[2]), images)


def _rotate(images, seed, degrees):
    batch, (height, width) = tf.shape(images)[0], images.shape[1:3]
    limit = math.radians(degrees)
    angle = tf.random.stateless_uniform([batch], seed, -limit, limit)
    cos, sin = tf.cos(angle), tf.sin(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    zero = tf.zeros_like(angle)
    # Rows of the projective transform that turns about the centre (x, y).
    transforms = tf.stack(
        [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y, zero, zero],
        axis=1,
    )
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="NEAREST",
        fill_mode="CONSTANT",
    )
