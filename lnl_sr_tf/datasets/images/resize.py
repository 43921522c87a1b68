"""Arrays of images at another size."""

import numpy as np
from keras import ops

_CHUNK = 2**26  # numbers that are resized at once


def resized_array(images, image_size):
    """A uint8 array of images at another size, bilinear, averaged where they shrink.

    Args:
        images: uint8, shape (n, height, width, channels).
        image_size: (height, width).

    Returns:
        uint8 array of shape (n, *image_size, channels), made a chunk at a time.
    """
    made = np.empty((len(images), *image_size, images.shape[-1]), np.uint8)
    largest = max(np.prod(images.shape[1:]), np.prod(made.shape[1:]), 1)
    step = max(1, _CHUNK // int(largest))
    for start in range(0, len(images), step):
        chunk = slice(start, start + step)
        floats = ops.cast(images[chunk], "float32")
        resized = ops.image.resize(floats, image_size, antialias=True)
        made[chunk] = np.rint(ops.convert_to_numpy(resized)).clip(0, 255)
    return made
