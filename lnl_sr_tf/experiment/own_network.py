"""A network that a Python program made, within the model of a run."""

import random
from collections.abc import Callable
from typing import Any

import keras

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.layers import OutputSharpening

_METHODS = ("standard", "nlnl")


def built(
    make: Callable[[tuple[int, ...], int], Any], config: Config, dataset: Dataset
) -> Callable[[type[keras.Model]], keras.Model]:
    """What makes the model of a run: the network, and sharpening behind it.

    Args:
        make: from (height, width, channels) or (width,) of an example, and the number
            of classes k, to a Keras model or layer. It takes images as pixels from 0 to
            255, or features, as float32, and gives logits of shape (batch, k). Initial
            weights are drawn by the seed of the run.
        config: the settings of the run.
        dataset: what it trains on.

    Returns:
        A function of the class of the model, as `build_model` takes it.

    Raises:
        InputError: if the method trains two networks; later, if the network does not
            fit.
    """
    if config.method not in _METHODS:
        raise InputError(
            f"--method={config.method} makes two networks by their name; received a "
            "network for --model"
        )

    def made(kind: type[keras.Model]) -> keras.Model:
        dtype = "uint8" if dataset.of_images else "float32"
        name = "images" if dataset.of_images else "vectors"
        inputs = keras.Input(dataset.image_shape, dtype=dtype, name=name)
        x = inputs
        if dataset.of_images:
            x = keras.layers.Rescaling(1.0, dtype="float32", name="pixels")(inputs)
        network = _seeded(
            config.seed, lambda: make(dataset.image_shape, dataset.num_classes)
        )
        outputs = _logits(network, x, dataset.num_classes)
        if config.regularized:
            outputs = OutputSharpening(
                config.tau, config.normalize_logits, name="sharpening"
            )(outputs)
        return kind(inputs, outputs, name=getattr(network, "name", "own"))

    return made


def _seeded(seed: int, make: Callable[[], Any]) -> Any:
    """What a function makes, with the initial weights that a seed gives.

    Keras draws the seed of a layer that has none from Python's generator, which is put
    back.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        return make()
    finally:
        random.setstate(before)


def _logits(network: Any, inputs: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    if not callable(network):
        raise InputError(
            "--model: expected the name of a network, a Keras model, or a function "
            f"that makes one; received {network!r:.80}"
        )
    _refuse_softmax(network)
    shape = tuple(inputs.shape[1:])
    try:
        outputs = network(inputs)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"--model: the network does not take examples of shape {shape}: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error
    found = getattr(outputs, "shape", None)
    if found is None or len(found) != 2 or found[1] != classes:
        raise InputError(
            f"--model: expected a network from shape {shape} to logits of shape "
            f"({classes},), one a class; received one that gives "
            f"{type(outputs).__name__ if found is None else tuple(found[1:])}"
        )
    return keras.layers.Activation("linear", dtype="float32", name="logits")(outputs)


def _refuse_softmax(network: Any) -> None:
    """Raise InputError where the last layer gives probabilities."""
    last = network
    while getattr(last, "layers", None):
        last = last.layers[-1]
    activation = getattr(last, "activation", None)
    softmax = activation in (keras.activations.softmax, keras.activations.sigmoid)
    if softmax or isinstance(last, keras.layers.Softmax):
        raise InputError(
            f"--model: its last layer {last.name!r} gives probabilities; expected "
            'logits: leave out activation="softmax"'
        )
