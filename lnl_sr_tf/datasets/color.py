"""Colour jitter: brightness, contrast, saturation and hue at random."""

import tensorflow as tf

JITTER = ("brightness", "contrast", "saturation", "hue")
_GREY = (0.299, 0.587, 0.114)  # what red, green and blue weigh in brightness


def jitter(images, seed, strength):
    """A batch in which every image's colours are varied, in the order below.

    With factors f uniform in [max(0, 1 − s), 1 + s]: brightness, f x; contrast,
    f x + (1 − f) m, m the image's mean grey; saturation, f x + (1 − f) g, g each
    pixel's grey; and hue, turned by up to ±s of the circle. Krizhevsky, "One Weird
    Trick for Parallelizing Convolutional Neural Networks" (2014), has the like.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels), of 1 or 3
            channels; grey images vary in brightness and contrast alone.
        seed: int tensor of shape (2,).
        strength: dict from names of `JITTER` to s ≥ 0, for hue at most 0.5.

    Returns:
        uint8 tensor of the same shape.
    """
    seeds = dict(
        zip(JITTER, tf.unstack(tf.random.experimental.stateless_split(seed, 4)),
            strict=True)
    )  # fmt: skip
    count = tf.shape(images)[0]
    colour = images.shape[-1] == 3
    pixels = tf.cast(images, tf.float32) / 255.0

    def drawn(name, low, high):
        return tf.random.stateless_uniform([count, 1, 1, 1], seeds[name], low, high)

    def factor(name):
        amount = strength[name]
        return drawn(name, max(0.0, 1.0 - amount), 1.0 + amount)

    if strength.get("brightness"):
        pixels = _mixed(pixels, 0.0, factor("brightness"))
    if strength.get("contrast"):
        mean = tf.reduce_mean(_grey(pixels), axis=[1, 2], keepdims=True)
        pixels = _mixed(pixels, mean, factor("contrast"))
    if strength.get("saturation") and colour:
        pixels = _mixed(pixels, _grey(pixels), factor("saturation"))
    if strength.get("hue") and colour:
        turn = drawn("hue", -strength["hue"], strength["hue"])
        pixels = _turned(pixels, turn)
    return tf.saturate_cast(tf.round(pixels * 255.0), tf.uint8)


def _mixed(pixels, other, factor):
    return tf.clip_by_value(factor * pixels + (1.0 - factor) * other, 0.0, 1.0)


def _grey(pixels):
    if pixels.shape[-1] == 1:
        return pixels
    return tf.reduce_sum(pixels * tf.constant(_GREY), axis=-1, keepdims=True)


def _turned(pixels, turn):
    if pixels.shape[0] == 1:
        # One operation, but for one turn of all.
        return tf.clip_by_value(tf.image.adjust_hue(pixels, turn[0, 0, 0, 0]), 0.0, 1.0)
    hue, saturation, value = tf.split(tf.image.rgb_to_hsv(pixels), 3, axis=-1)
    turned = tf.concat([tf.math.floormod(hue + turn, 1.0), saturation, value], axis=-1)
    return tf.image.hsv_to_rgb(turned)
