"""Networks: images or features in, logits out.

To add one: write a function (inputs, num_classes, seeds) → logits that names its
penultimate layer "features", and give it a name in `_BUILDERS`.
"""

import difflib
from collections.abc import Iterator

import keras
import numpy as np

from lnl_sr_tf.errors import InputError
from lnl_sr_tf.models import cnn, keras_applications, resnet, vectors
from lnl_sr_tf.models.weights import load_weights

__all__ = ["build", "choose", "features", "get", "load_weights", "names"]

AUTO = "auto"

_BUILDERS = {
    "cnn_digits": cnn.cnn_mnist,
    "cnn_mnist": cnn.cnn_mnist,
    "cnn_cifar": cnn.cnn_cifar,
    "resnet18": resnet.resnet18,
    "resnet34": resnet.resnet34,
    "resnet50": resnet.resnet50,
    "linear": vectors.linear,
    "mlp": vectors.mlp,
}
# Those that take features, and images as long rows.
_OF_FEATURES = ("linear", "mlp")
_FEATURES = "features"
_SMALLEST_SIDE = {"cnn_digits": 4, "cnn_mnist": 4, "cnn_cifar": 8, "resnet50": 32}


def names() -> list[str]:
    """The names that `get` takes, besides `keras:NAME`."""
    return list(_BUILDERS)


def choose(name: str, image_shape: tuple[int, ...]) -> str:
    """The name of a network; for `"auto"` the one that suits the examples.

    Args:
        name: as for `get`, or `"auto"`: a small CNN for images of up to 40 pixels a
            side, a ResNet-18 up to 96, a ResNet-50 above; for features an MLP.
        image_shape: (height, width, channels), or (width,) of features.

    Returns:
        A name for `get`.

    Example:
        >>> choose("auto", (224, 224, 3))
        'resnet50'
    """
    if name != AUTO:
        return name
    if len(image_shape) == 1:
        return "mlp"
    height, width, channels = image_shape
    if max(height, width) > 96:
        return "resnet50" if min(height, width) >= 32 else "resnet18"
    if max(height, width) > 40:
        return "resnet18"
    large_enough = min(height, width) >= _SMALLEST_SIDE["cnn_cifar"]
    if channels == 3 and large_enough:
        return "cnn_cifar"
    return "cnn_mnist" if min(height, width) >= 4 else "resnet18"


def takes_pixels(name: str) -> bool:
    """Whether a network takes pixels from 0 to 255 and normalises them itself."""
    return name.startswith(keras_applications.PREFIX)


def get(
    name: str, input_shape: tuple[int, ...], num_classes: int, seed: int = 0
) -> keras.Model:
    """A network by its name.

    Args:
        name: one of `names()`, or `keras:NAME` for one of `keras.applications`.
        input_shape: (height, width, channels); for `"linear"` and `"mlp"` any.
        num_classes: k, the number of logits.
        seed: ≥ 0; the same seed gives the same initial weights.

    Returns:
        A model from images (normalised floats; for `keras:NAME` pixels from 0 to 255)
        to logits of shape (batch, k). The logits are float32 whatever the dtype policy.

    Raises:
        InputError: if the name is unknown or the images are too small for it.

    Example:
        >>> get("cnn_mnist", (28, 28, 1), 10).output_shape
        (None, 10)
    """
    inputs = keras.Input(input_shape, name="images")
    logits = build(name, inputs, num_classes, seed)
    return keras.Model(inputs, logits, name=name.replace(":", "_"))


def build(
    name: str,
    inputs: keras.KerasTensor,
    num_classes: int,
    seed: int = 0,
    weights: str | None = None,
) -> keras.KerasTensor:
    """The logits of a network, for a model with more layers.

    Args:
        name: as for `get`.
        inputs: images, shape (batch, height, width, channels); for `"linear"` and
            `"mlp"` of any shape.
        num_classes: k, the number of logits.
        seed: ≥ 0.
        weights: for `keras:NAME`, a .h5 file of its weights, `"imagenet"` or
            `hf://USER/NAME`; None for random ones.

    Returns:
        Logits, shape (batch, k).

    Raises:
        InputError: if the name is unknown or the images are too small for it.
    """
    check(name)
    if len(inputs.shape) != 4 and name not in _OF_FEATURES:
        raise InputError(
            f"network {name!r} takes images of shape (height, width, channels); "
            f"received {tuple(inputs.shape[1:])}; {' and '.join(_OF_FEATURES)} take it"
        )
    if takes_pixels(name):
        plain = name.removeprefix(keras_applications.PREFIX)
        return keras_applications.build(
            plain, inputs, num_classes, _seeds(seed), weights
        )
    side = min(inputs.shape[1:3])
    if side < _SMALLEST_SIDE.get(name, 1):
        raise InputError(
            f"network {name!r} takes images of at least {_SMALLEST_SIDE[name]} pixels "
            f"a side; received {inputs.shape[1]}×{inputs.shape[2]}"
        )
    return _BUILDERS[name](inputs, num_classes, _seeds(seed))


def check(name: str) -> None:
    """Raise `InputError` if no network has this name."""
    if takes_pixels(name):
        keras_applications.check(name.removeprefix(keras_applications.PREFIX))
    elif name not in (*_BUILDERS, AUTO):
        close = difflib.get_close_matches(str(name), _BUILDERS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"unknown network {name!r}; expected one of {', '.join(_BUILDERS)}, or "
            f"keras:NAME for one of keras.applications{hint}"
        )


def features(model: keras.Model) -> keras.Model:
    """The part of a network from its input to its penultimate layer.

    Args:
        model: a model from `get`, or one around `build`.

    Returns:
        A model from images to features of shape (batch, width), which shares the
        weights.

    Example:
        >>> features(get("cnn_mnist", (28, 28, 1), 10)).output_shape
        (None, 128)
    """
    return keras.Model(model.input, model.get_layer(_FEATURES).output)


def _seeds(seed: int) -> Iterator[int]:
    """Seeds for initialisers without end, from one seed."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31 - 1))
