"""Label noise that depends on the image."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.matrices import check_arguments

_DEVIATION = 0.1
_CHUNK = 4096
# A mean that is no farther from the rate than this is left as it is: between rates of
# 0.3 and 0.7.
_CLOSE = 5e-4


def instance_noise(
    images: Any,
    labels: ArrayLike,
    rate: float,
    seed: int | np.random.Generator,
    num_classes: int | None = None,
    *,
    rate_is: str = "mean",
    published: bool = False,
) -> np.ndarray:
    """Wrong labels whose probability, and whose new class, depend on the image.

    Example n is flipped with probability q_n, drawn from a normal distribution around
    the rate η, of deviation 0.1, truncated to [0, 1]. What it becomes is drawn from
    softmax(x_n W_y) without its own class, where W_y is a random matrix, one for each
    class, with standard normal entries, and x_n the image as a vector. Xia et al.,
    "Part-dependent Label Noise: Towards Instance-dependent Label Noise" (NeurIPS 2020),
    Algorithm 2.

    Two things differ from the authors' published code, which `published` follows. The
    mean m of that truncated distribution is not η near 0 and 1 (0.127 for η = 0.1), so
    q_n is scaled: to q_n η / m for η < 1/2, and 1 − q_n to (1 − q_n)(1 − η) / (1 − m)
    for η > 1/2. And x_n is standardised to mean 0 and deviation 1, where theirs are raw
    pixels, from 0 to 255: what all images share then decides what most of a class are
    mistaken for.

    Args:
        images: uint8, shape (n, height, width, channels), or features, floats of shape
            (n, width): an array, or what gives arrays when it is sliced.
        labels: true labels, integers in [0, k), shape (n,).
        rate: η in [0, 1).
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.
        num_classes: k; by default one more than the largest label.
        rate_is: what η is of the q_n: `"mean"`, the noise rate to be expected, or
            `"mode"`, without the scaling.
        published: whether to draw as the authors' code does: by the mode, and from
            pixels as they are.

    Returns:
        Given labels, int64, shape (n,).

    Raises:
        InputError: if the rate is out of range, there are fewer than two classes, or
            images and labels do not belong together.

    Example:
        given = instance_noise(data.train_images, data.clean_labels, 0.4, seed=1)
    """
    labels = validation.labels("labels", labels, num_classes)
    if len(images) != len(labels):
        raise InputError(
            f"instance noise needs an image for each label; received {len(images)} "
            f"images and {len(labels)} labels"
        )
    classes = num_classes or int(labels.max(initial=0)) + 1
    check_arguments(classes, rate)
    if rate_is not in ("mean", "mode"):
        raise InputError(f"rate_is must be 'mean' or 'mode'; received {rate_is!r}")
    given = labels.copy()
    if rate == 0:
        return given
    rng = np.random.default_rng(seed)
    flip = _truncated_normal(rng, rate, len(labels))
    if rate_is == "mean" and not published:
        flip = _with_mean(flip, rate)
    vectors = _pixels if published else _standardised
    size = int(np.prod(images.shape[1:]))
    for label in range(classes):
        # Of every class, also of one without examples, so that no class's matrix
        # depends on how many another has.
        matrix = rng.standard_normal((size, classes), dtype=np.float32)
        members = np.flatnonzero(labels == label)
        for start in range(0, len(members), _CHUNK):
            chunk = members[start : start + _CHUNK]
            scores = vectors(images[chunk]) @ matrix
            scores[:, label] = -np.inf
            # The largest of score plus Gumbel noise is a draw from the softmax.
            scores += rng.gumbel(size=scores.shape)
            wrong = rng.random(len(chunk)) < flip[chunk]
            given[chunk[wrong]] = scores[wrong].argmax(axis=1)
    return given


def truncated_mean(mode: float) -> float:
    """The mean of a normal distribution that is truncated to [0, 1].

    Args:
        mode: its centre before, in [0, 1]; its deviation before is 0.1.

    Example:
        >>> round(truncated_mean(0.1), 3)
        0.129
    """
    low, high = -mode / _DEVIATION, (1 - mode) / _DEVIATION
    inside = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    density = math.exp(-low * low / 2) - math.exp(-high * high / 2)
    return mode + _DEVIATION * density / math.sqrt(2 * math.pi) / inside


def _with_mean(flip, rate):
    """Chances drawn around a rate, scaled so that the rate is their mean."""
    mean = truncated_mean(rate)
    if abs(mean - rate) < _CLOSE:
        return flip
    if rate < mean:
        return flip * (rate / mean)
    return 1.0 - (1.0 - flip) * ((1.0 - rate) / (1.0 - mean))


def _truncated_normal(rng, mode, count):
    """Draws from a normal distribution that are redrawn while outside [0, 1]."""
    values = rng.normal(mode, _DEVIATION, count)
    while (outside := (values < 0) | (values > 1)).any():
        values[outside] = rng.normal(mode, _DEVIATION, int(outside.sum()))
    return values


def _pixels(images):
    """Images as float32 rows."""
    return images.reshape(len(images), -1).astype(np.float32)


def _standardised(images):
    """Images as float32 rows of mean 0 and deviation 1."""
    rows = _pixels(images)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(rows.std(axis=1, keepdims=True), 1e-6)
