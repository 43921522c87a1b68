"""A network of `keras.applications` with random weights, for the tests."""

import functools
import pathlib
import tempfile

import keras
import numpy as np

NAME = "keras:MobileNet"
SIDE = 32


@functools.cache
def network():
    """MobileNet for 32×32 pixels, whose features differ from image to image."""
    keras.utils.set_random_seed(1)
    made = keras.applications.MobileNet(
        weights=None, include_top=False, input_shape=(SIDE, SIDE, 3)
    )
    # Without statistics of some images, features would vanish from layer to layer.
    normalizations = [x for x in made.layers if hasattr(x, "moving_mean")]
    for layer in normalizations:
        layer.momentum = 0.0
    rng = np.random.default_rng(1)
    coarse = rng.uniform(-1, 1, (32, 8, 8, 3)).astype(np.float32)
    made(coarse.repeat(4, axis=1).repeat(4, axis=2), training=True)
    for layer in normalizations:
        layer.momentum = 0.99
    return made


@functools.cache
def weights():
    """The path of a file with its weights, for as long as the process runs."""
    path = pathlib.Path(tempfile.mkdtemp()) / "small.weights.h5"
    network().save_weights(path)
    return str(path)
