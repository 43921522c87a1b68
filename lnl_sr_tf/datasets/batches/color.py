"""Colour jitter: brightness, contrast, saturation and hue at random."""

import keras
from keras import ops

from lnl_sr_tf.datasets.images.image_rules import GREY

JITTER = ("brightness", "contrast", "saturation", "hue")
COLUMNS = len(JITTER)  # random numbers that an image takes


def jitter(images, numbers, strength):
    """A batch in which every image's colours are varied, in the order below.

    With factors f uniform in [max(0, 1 − s), 1 + s]: brightness, f x; contrast,
    f x + (1 − f) m, m the image's mean grey; saturation, f x + (1 − f) g, g each
    pixel's grey; and hue, turned by up to ±s of the circle. Krizhevsky, "One Weird
    Trick for Parallelizing Convolutional Neural Networks" (2014), has the like.

    Args:
        images: uint8 tensor of shape (batch, height, width, channels), of 1 or 3
            channels; grey images vary in brightness and contrast alone.
        numbers: float32 tensor of shape (batch, `COLUMNS`), uniform in [0, 1).
        strength: dict from names of `JITTER` to s ≥ 0, for hue at most 0.5.

    Returns:
        uint8 tensor of the same shape.
    """
    colour = images.shape[-1] == 3
    pixels = ops.cast(images, "float32") / 255.0

    def drawn(name, low, high):
        place = JITTER.index(name)
        return low + (high - low) * numbers[:, place, None, None, None]

    def factor(name):
        amount = strength[name]
        return drawn(name, max(0.0, 1.0 - amount), 1.0 + amount)

    if strength.get("brightness"):
        pixels = _mixed(pixels, 0.0, factor("brightness"))
    if strength.get("contrast"):
        mean = ops.mean(_grey(pixels), axis=(1, 2), keepdims=True)
        pixels = _mixed(pixels, mean, factor("contrast"))
    if strength.get("saturation") and colour:
        pixels = _mixed(pixels, _grey(pixels), factor("saturation"))
    if strength.get("hue") and colour:
        pixels = _turned(pixels, drawn("hue", -strength["hue"], strength["hue"]))
    return ops.cast(ops.round(pixels * 255.0), "uint8")


def _mixed(pixels, other, factor):
    return ops.clip(factor * pixels + (1.0 - factor) * other, 0.0, 1.0)


def _grey(pixels):
    if pixels.shape[-1] == 1:
        return pixels
    return ops.sum(pixels * ops.convert_to_tensor(GREY), axis=-1, keepdims=True)


def _turned(pixels, turn):
    """Each image's hue turned; saturation and value stay."""
    if pixels.shape[0] == 1 and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # One operation in less than half the time, but for one turn of all.
        turned = tf.image.adjust_hue(pixels, turn[0, 0, 0, 0])
        return tf.clip_by_value(turned, 0.0, 1.0)
    hsv = ops.image.rgb_to_hsv(pixels)
    hue = hsv[..., :1] + turn
    hue = hue - ops.floor(hue)
    turned = ops.concatenate([hue, hsv[..., 1:]], axis=-1)
    return ops.clip(ops.image.hsv_to_rgb(turned), 0.0, 1.0)
