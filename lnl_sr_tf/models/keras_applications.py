"""Networks of `keras.applications`, by name."""

import difflib
import inspect
import random
import sys
from collections.abc import Iterator

import keras
from keras import layers

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.models import blocks
from lnl_sr_tf.models.weights import load_all

PREFIX = "keras:"


def names() -> list[str]:
    """The names of the networks in Keras."""
    return sorted(
        name
        for name, made in vars(keras.applications).items()
        if name[:1].isupper() and inspect.isfunction(made)
    )


def check(name: str) -> None:
    """Raise `InputError` if Keras has no network of this name."""
    known = names()
    if name in known:
        return
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    hint = f"; did you mean {PREFIX}{by_lower[close[0]]}?" if close else ""
    raise InputError(
        f"unknown network {PREFIX + name!r}; keras.applications has {', '.join(known)}"
        f"{hint}"
    )


def build(
    name: str,
    pixels: keras.KerasTensor,
    num_classes: int,
    seeds: Iterator[int],
    weights: str | None = None,
) -> keras.KerasTensor:
    """Logits of a network of `keras.applications`.

    Its own preprocessing comes first, so that pretrained weights can be used. Its last
    layer is removed, the features are averaged over the image, and a layer of k logits
    follows.

    Args:
        name: as in `keras.applications`, for instance `"EfficientNetV2B0"`.
        pixels: images with values from 0 to 255, shape (batch, height, width, 1 or 3).
        num_classes: k.
        seeds: seeds for initial weights.
        weights: a .h5 file of its weights as Keras distributes them, with or without
            the last layer; None for random ones.

    Returns:
        Logits, shape (batch, k).

    Raises:
        InputError: if the name is unknown, the images are too small for it, or the file
            does not hold its weights.
    """
    check(name)
    make = getattr(keras.applications, name)
    preprocess_input = sys.modules[make.__module__].preprocess_input
    if pixels.shape[-1] == 1:
        pixels = layers.Concatenate(name="colour")([pixels] * 3)
    backbone = _seeded(
        next(seeds), make, name, tuple(int(side) for side in pixels.shape[1:])
    )
    if weights:
        _load(backbone, make, name, weights)
    x = backbone(preprocess_input(pixels))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return blocks.logits(x, num_classes, seeds)


def _seeded(seed, make, name, shape):
    """The network without its last layer; Keras takes seeds from Python's `random`."""
    before = random.getstate()
    random.seed(seed)
    try:
        return make(weights=None, include_top=False, input_shape=shape)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"network {PREFIX + name!r}: {reason:.200}") from None
    finally:
        random.setstate(before)


def _load(backbone, make, name, path):
    try:
        load_all(backbone, path)
        return
    except (ValueError, KeyError, OSError) as error:
        first = error
    # If the file holds the last layer too, it is for the whole network.
    try:
        whole = make(weights=None, include_top=True)
        load_all(whole, path)
        backbone.set_weights(whole.get_weights()[: len(backbone.weights)])
    except (ValueError, KeyError, OSError):
        reason = " ".join(str(first).split())
        raise InputError(
            f"{path} does not hold weights of {PREFIX}{name}: {reason:.200}"
        ) from None
