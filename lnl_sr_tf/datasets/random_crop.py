"""Random parts of images, resized: the augmentation of large photographs."""

import math

import tensorflow as tf

_TRIES = 10
_RATIO = 4 / 3  # of width to height, at most, or of height to width


def random_boxes(count, size, smallest_area, seed):
    """Random parts of images of one size.

    The share of the area is uniform in [smallest_area, 1], the logarithm of the ratio
    of width to height uniform in ±log(4/3). The first of ten draws that fits is taken;
    where none does, all of the image. Szegedy et al., "Going Deeper with Convolutions"
    (CVPR 2015).

    Args:
        count: how many, an int or a scalar tensor.
        size: (height, width) of the images, ints or scalar tensors.
        smallest_area: in (0, 1].
        seed: int tensor of shape (2,).

    Returns:
        float32 tensor of shape (count, 4): top, left, height, width in shares of the
        image.
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 4))
    shape = [count, _TRIES]
    area = tf.random.stateless_uniform(shape, seeds[0], smallest_area, 1.0)
    limit = math.log(_RATIO)
    ratio = tf.exp(tf.random.stateless_uniform(shape, seeds[1], -limit, limit))
    rows, columns = (tf.cast(side, tf.float32) for side in size)
    width = tf.sqrt(area * ratio * rows / columns)
    height = tf.sqrt(area / ratio * columns / rows)
    fits = (width <= 1.0) & (height <= 1.0)
    first = tf.argmax(tf.cast(fits, tf.int32), axis=1)
    found = tf.reduce_any(fits, axis=1)

    def chosen(values, fallback):
        return tf.where(found, tf.gather(values, first, axis=1, batch_dims=1), fallback)

    def place(free, seed):
        share = tf.random.stateless_uniform([count], seed)
        return tf.where(found, share, 0.5) * free

    height = chosen(height, tf.minimum(1.0, _RATIO * columns / rows))
    width = chosen(width, tf.minimum(1.0, _RATIO * rows / columns))
    top, left = place(1.0 - height, seeds[2]), place(1.0 - width, seeds[3])
    return tf.stack([top, left, height, width], axis=1)


def crop_and_resize(images, boxes):
    """A part of each image at the size of the whole, bilinearly.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        boxes: as of `random_boxes`, one an image.

    Returns:
        uint8 tensor of the same shape.
    """
    height, width = images.shape[1:3]
    # The operation wants corners, with 1 at the centre of the last pixel.
    scale = tf.constant([height, width], tf.float32)
    start = boxes[:, :2] * scale
    end = (boxes[:, :2] + boxes[:, 2:]) * scale - 1.0
    corners = tf.concat([start, end], 1) / tf.tile(tf.maximum(scale - 1.0, 1.0), [2])
    parts = tf.image.crop_and_resize(
        images, corners, tf.range(tf.shape(images)[0]), [height, width]
    )
    return tf.saturate_cast(tf.round(parts), tf.uint8)
