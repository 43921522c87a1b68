"""Weights of an earlier training, to start from."""

import contextlib
import itertools
import os
import pathlib
import sys
import warnings

import keras

from lnl_sr_tf.config.settings import HF
from lnl_sr_tf.errors import InputError


def load_weights(model: keras.Model, path: str | os.PathLike) -> None:
    """Start a model from the weights of another of the same structure.

    The last layer keeps its own weights if the other had another number of classes.

    Args:
        model: its weights are replaced.
        path: a `.keras` file, such as `model.keras` of a run, or a `.weights.h5`; or
            `hf://USER/NAME`, of a network on the hub of Hugging Face.

    Raises:
        InputError: if the file cannot be read or fetched, or holds another network.

    Example:
        load_weights(model, "runs/cifar10-ce_sr-…/model.keras")
    """
    remote = str(path).startswith(HF)
    path = str(path) if remote else pathlib.Path(path)
    try:
        if remote:
            source = fetched_network(str(path))
        elif str(path).endswith(".keras"):
            source = keras.models.load_model(path, compile=False, safe_mode=True)
        else:
            source = keras.models.clone_model(model)
            load_all(source, path)
    except InputError:
        raise
    except (ValueError, KeyError, OSError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read as weights: {reason:.200}") from None
    own, other = _layers(model), _layers(source)
    for layer, of_other in itertools.zip_longest(own, other):
        if layer is None or of_other is None or not _alike(layer, of_other):
            at = layer.name if layer else "its end"
            raise InputError(
                f"{path} holds weights of another network than {model.name}, or for "
                f"images of another size: they differ at {at}"
            )
    for layer, of_other in zip(own, other, strict=True):
        if _shapes(layer) == _shapes(of_other):
            layer.set_weights(of_other.get_weights())


def fetched_network(address: str) -> keras.Model:
    """A network that Keras fetches from the hub of Hugging Face, where it was saved.

    Args:
        address: `hf://USER/NAME`.

    Raises:
        InputError: if it cannot be fetched or read.

    Example:
        fetched_network("hf://keras-io/mobilenet")
    """
    try:
        # A download is told of on standard output, which is for results.
        with contextlib.redirect_stdout(sys.stderr):
            return keras.models.load_model(address, compile=False, safe_mode=True)
    except ImportError:
        raise InputError(
            f"--weights={address} needs huggingface_hub, which is not installed: pip "
            "install huggingface_hub"
        ) from None
    except Exception as error:  # what a dead network raises has no kind of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"--weights={address}: Keras cannot fetch a network from there "
            f"({reason:.300}); fetch it where there is a network, by keras.models."
            f'load_model("{address}").save("model.keras"), and give '
            "--weights=model.keras"
        ) from None


def load_all(model: keras.Model, path: str | os.PathLike) -> None:
    """`model.load_weights`, but missing weights are an error; Keras only warns.

    Args:
        model: its weights are replaced.
        path: a `.h5` file.

    Raises:
        ValueError: if the file is for another model.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=UserWarning)
        try:
            model.load_weights(path)
        except UserWarning as warning:
            raise ValueError(str(warning)) from None


def _layers(model):
    """Layers with weights; sharpening belongs to the method, not to the network."""
    return [x for x in model.layers if x.weights and x.name != "sharpening"]


def _shapes(layer):
    return [tuple(weight.shape) for weight in layer.weights]


def _alike(layer, other):
    """The last layer may have other classes, but must have the same features."""
    if layer.name == other.name == "logits":
        return _shapes(layer)[0][0] == _shapes(other)[0][0]
    return _shapes(layer) == _shapes(other)
