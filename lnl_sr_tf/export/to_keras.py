"""A run's network as a .keras of Keras's own layers, from raw inputs to probabilities.

It loads where Keras is installed, on any backend, without this package.
"""

import pathlib
from typing import Any

import keras
import numpy as np

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.export.float32 import in_float32
from lnl_sr_tf.export.served import PROBABILITIES, Inputs, batches
from lnl_sr_tf.layers import FusedBatchNormalization, OutputSharpening, Rectifier
from lnl_sr_tf.layers.output_sharpening import sharpening_layers

# Those of this package that only compute faster than Keras's.
_AS_IN_KERAS = {
    FusedBatchNormalization.__name__: keras.layers.BatchNormalization,
    Rectifier.__name__: keras.layers.ReLU,
}
_PACKAGE = "lnl_sr_tf"


def of_own_layers(model: keras.Model) -> keras.Model:
    """The same network of Keras's own layers alone, in float32.

    Args:
        model: from raw inputs to logits, with layers of this package.

    Returns:
        A new model, not compiled, with copies of the weights.

    Raises:
        RunError: if a layer has no equal in Keras.

    Example:
        of_own_layers(keras.models.load_model("runs/.../model.keras"))
    """
    model = in_float32(model)
    temperatures = {id(layer.temperature) for layer in sharpening_layers(model)}
    kept = [w for w in model.weights if id(w) not in temperatures]
    config = _replaced(model.get_config())
    foreign = _foreign(config)
    if foreign:
        raise RunError(
            f"the network has layers without an equal in Keras ({foreign}), so that "
            "its .keras loads with this package alone: model.keras of the run is that"
        )
    made = keras.Model.from_config(config)
    made.set_weights([keras.ops.convert_to_numpy(weight) for weight in kept])
    return made


def with_probabilities(model: keras.Model, temperature: float) -> keras.Model:
    """The network with softmax(z/t) of its logits z at its end.

    Args:
        model: from raw inputs to logits.
        temperature: t > 0, which calibrates the probabilities.
    """
    calibrated = keras.layers.Rescaling(
        1.0 / temperature, dtype="float32", name="calibration"
    )(model.output)
    found = keras.layers.Softmax(dtype="float32", name=PROBABILITIES)(calibrated)
    return keras.Model(model.input, found, name=model.name)


def probabilities(path: pathlib.Path, inputs: Inputs) -> np.ndarray:
    """What the network in a `.keras` says of examples, shape (n, classes).

    Args:
        path: the file.
        inputs: its one input, by any name.
    """
    model = keras.models.load_model(path, compile=False, safe_mode=True)
    return np.concatenate(
        [
            keras.ops.convert_to_numpy(model(*batch.values(), training=False))
            for batch in batches(inputs)
        ]
    )


def _replaced(config: Any) -> Any:
    """A config, with Keras's layers in place of this package's, nested too."""
    if isinstance(config, (list, tuple)):
        return type(config)(map(_replaced, config))
    if not isinstance(config, dict):
        return config
    name = config.get("class_name")
    if config.get("registered_name") == f"{_PACKAGE}>{name}":
        if name == OutputSharpening.__name__:
            return _sharpening(config)
        if name in _AS_IN_KERAS:
            own = {
                "module": "keras.layers",
                "class_name": _AS_IN_KERAS[name].__name__,
                "registered_name": None,
            }
            config = config | own
    return {key: _replaced(value) for key, value in config.items()}


def _sharpening(config: dict[str, Any]) -> dict[str, Any]:
    """z / (τ‖z‖₂), or z / τ, by layers of Keras; τ moves no more."""
    given = config["config"]
    layers: list[Any] = []
    if given["normalize"]:
        layers.append(keras.layers.UnitNormalization(dtype="float32"))
    layers.append(keras.layers.Rescaling(1.0 / given["temperature"], dtype="float32"))
    if given["activation"] is not None:
        layers.append(keras.layers.Activation(given["activation"], dtype="float32"))
    made = keras.Sequential(layers, name=given["name"])
    return config | {
        "module": "keras",
        "class_name": "Sequential",
        "registered_name": None,
        "config": made.get_config(),
    }


def _foreign(config: Any) -> str:
    """The name of the first class of this package in a config, or nothing."""
    if isinstance(config, (list, tuple)):
        return next(filter(None, map(_foreign, config)), "")
    if not isinstance(config, dict):
        return ""
    registered = str(config.get("registered_name"))
    if registered.startswith(f"{_PACKAGE}>"):
        return registered.removeprefix(f"{_PACKAGE}>")
    return next(filter(None, map(_foreign, config.values())), "")
