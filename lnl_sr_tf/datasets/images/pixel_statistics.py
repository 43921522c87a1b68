"""Mean and standard deviation of the pixels of many images."""

import numpy as np

from lnl_sr_tf.datasets.images.image_files import Images

_CHUNK = 2**24  # numbers at a time: a float copy of all images would not fit


def pixel_statistics(images: Images) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of pixels / 255, one number a channel each.

    Args:
        images: uint8, shape (n, height, width, channels).

    Example:
        >>> black, white = np.zeros((1, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 255)
        >>> pixel_statistics(np.concatenate([black, white]))
        ((0.5,), (0.5,))
    """
    total = np.zeros(images.shape[-1])
    square = np.zeros(images.shape[-1])
    step = max(1, _CHUNK // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), step):
        chunk = images[start : start + step].astype(np.float64) / 255.0
        total += chunk.sum(axis=(0, 1, 2))
        square += np.square(chunk).sum(axis=(0, 1, 2))
    count = images.size / images.shape[-1]
    mean = total / count
    std = np.sqrt(np.maximum(square / count - mean**2, 1e-12))
    return tuple(mean.tolist()), tuple(std.tolist())
