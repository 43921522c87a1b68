"""The network that a Python program asks for: by name, as a model, by a function."""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from lnl_sr_tf.errors import InputError

# From (height, width, channels) or (width,), and the number of classes, to a network.
Make = Callable[[tuple[int, ...], int], Any]


def maker(model: Any, unit: bool = False) -> Make | None:
    """What makes the network; None for one that has a name.

    Args:
        model: a name, or None; a Keras model, which is copied, so that it stays as it
            is; or a function that makes one, of nothing or of the shape of
            an example and the number of classes.
        unit: whether images are to come as floats in [0, 1], not as pixels.

    Raises:
        InputError: if it is none of them; later, if a model cannot be copied.

    Example:
        maker(lambda: keras.Sequential([keras.layers.Dense(10)]))
    """
    if model is None or isinstance(model, str):
        return None
    if isinstance(model, keras.Model):
        make = _called(lambda: _copy(model))
    elif callable(model) and not isinstance(model, keras.layers.Layer):
        make = _called(model)
    else:
        raise InputError(
            "model: expected the name of a network, a Keras model, or a function that "
            f"makes one; received {model!r:.80}"
        )
    if not unit:
        return make

    def scaled(shape: tuple[int, ...], classes: int) -> Any:
        network = make(shape, classes)
        if not callable(network):
            return network
        inputs = keras.Input(shape)
        outputs = network(keras.layers.Rescaling(1 / 255)(inputs))
        return keras.Model(inputs, outputs, name=getattr(network, "name", "own"))

    return scaled


def _called(function: Callable[..., Any]) -> Make:
    """The function with as many of the two arguments as it must have."""
    needed = [
        one
        for one in inspect.signature(function).parameters.values()
        if one.default is one.empty
        and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) not in (0, 2):
        raise InputError(
            "model: expected a function of nothing, or of the shape of an example and "
            f"the number of classes; received one of {len(needed)} arguments"
        )
    return (lambda shape, classes: function()) if not needed else function


def _copy(model: keras.Model) -> keras.Model:
    """A model like another one, with the same weights and other variables."""
    try:
        copied = keras.models.clone_model(model)
        if model.weights:
            copied.set_weights(model.get_weights())
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"model: {model.name!r} cannot be copied ({reason}); give a function that "
            "makes it"
        ) from error
    return copied
