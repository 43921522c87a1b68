"""Networks of `keras.applications`, by name."""

import contextlib
import difflib
import inspect
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from lnl_sr_tf.config.settings import HF, IMAGENET
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.models import blocks
from lnl_sr_tf.models.weights import fetched_network, load_all

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
    """Logits of a network of `keras.applications`: a layer on its `features`.

    Args:
        name: as in `keras.applications`, for instance `"EfficientNetV2B0"`.
        pixels: images with values from 0 to 255, shape (batch, height, width, 1 or 3).
        num_classes: k.
        seeds: seeds for initial weights.
        weights: as for `features`.

    Returns:
        Logits, shape (batch, k).

    Raises:
        InputError: as `features`.
    """
    x = features(name, pixels, next(seeds), weights)
    return blocks.logits(x, num_classes, seeds)


def features(
    name: str, pixels: keras.KerasTensor, seed: int, weights: str | None = None
) -> keras.KerasTensor:
    """What a network of `keras.applications` makes of images, averaged over each.

    Its own preprocessing comes first, so that trained weights can be used. Its last
    layer is removed.

    Args:
        name: as in `keras.applications`, for instance `"EfficientNetV2B0"`.
        pixels: images with values from 0 to 255, shape (batch, height, width, 1 or 3).
        seed: of initial weights.
        weights: a file of its weights, with or without the last layer: a .h5 as Keras
            distributes them, or a .keras of the network, or of one that it is a part
            of; `"imagenet"` for those that Keras fetches, or `hf://USER/NAME` for a
            network on the hub of Hugging Face; None for random ones.

    Returns:
        Features, shape (batch, width).

    Raises:
        InputError: if the name is unknown, the images are too small for it, the file
            does not hold its weights, or they cannot be fetched.
    """
    check(name)
    make = getattr(keras.applications, name)
    preprocess_input = sys.modules[make.__module__].preprocess_input
    if pixels.shape[-1] == 1:
        pixels = layers.Concatenate(name="colour")([pixels] * 3)
    shape = tuple(int(side) for side in pixels.shape[1:])
    if weights == IMAGENET:
        backbone = _fetched(make, name, shape)
    else:
        backbone = _seeded(seed, make, name, shape)
        if weights:
            _load(backbone, make, name, weights)
    x = backbone(preprocess_input(pixels))
    return layers.GlobalAveragePooling2D(name="features")(x)


def _fetched(make, name, shape):
    """The network without its last layer, with the weights that Keras distributes."""
    try:
        # Keras tells of its download on standard output, which is for results; and
        # warns where the weights were trained on images of another size.
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make(weights=IMAGENET, include_top=False, input_shape=shape)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"network {PREFIX + name!r}: {reason:.200}") from None
    except Exception as error:  # what a dead network raises has no kind of its own
        reason = " ".join(str(error).split())
        raise InputError(
            f"--weights={IMAGENET}: Keras cannot fetch the weights of {PREFIX}{name} "
            f"({reason:.300}); fetch them where there is a network, or give their file "
            "by --weights=FILE"
        ) from None


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
    if str(path).endswith(".keras") or str(path).startswith(HF):
        _load_network(backbone, name, path)
        return
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


def _load_network(backbone, name, path):
    """Weights of a saved network, of one of its parts, or of the first of them."""
    try:
        if str(path).startswith(HF):
            source = fetched_network(path)
        else:
            source = keras.models.load_model(path, compile=False, safe_mode=True)
    except InputError:
        raise
    except (ValueError, KeyError, OSError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read as weights: {reason:.200}") from None
    wanted = _shapes(backbone)
    for network in _networks(source):
        if _shapes(network)[: len(wanted)] == wanted:
            backbone.set_weights(network.get_weights()[: len(wanted)])
            return
    raise InputError(
        f"{path} does not hold weights of {PREFIX}{name}, but those of {source.name}"
    )


def _networks(source: Any) -> Iterator[Any]:
    yield source
    for layer in getattr(source, "layers", ()):
        if isinstance(layer, keras.Model):
            yield from _networks(layer)


def _shapes(network: Any) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in network.weights]
