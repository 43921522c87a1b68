"""Arrays of images at another size."""

import numpy as np
from keras import ops

_CHUNK = 1024  # images that are resized at once


def resized_array(images, image_size):
    """A uint8 array of images at another size, bilinear, averaged where they shrink.

    Args:
        images: uint8, shape (n, height, width, channels).
        image_size: (height, width).

    Returns:
        uint8 array of shape (n, *image_size, channels), made a chunk at a time.
    """
    made = np.empty((len(images), *image_size, images.shape[-1]), np.uint8)
    for start in range(0, len(images), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        floats = ops.cast(images[chunk], "float32")
        resized = ops.image.resize(floats, image_size, antialias=True)
        made[chunk] = np.rint(ops.convert_to_numpy(resized)).clip(0, 255)
    return made
