"""Networks of KerasHub for images and texts, by the name or folder of a preset."""

import contextlib
import difflib
import hashlib
import importlib.util
import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from lnl_sr_tf.config.settings import HF, HUB, folder_digest, is_folder
from lnl_sr_tf.devices import backend
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.models.weights import load_all

_CONFIG = "config.json"
# Their first token is there to gather what is in an image, and was trained for that.
_WITH_CLASS_TOKEN = (
    "ViTBackbone",
    "DeiTBackbone",
    "DINOV2Backbone",
    "DINOV3Backbone",
    "CLIPVisionEncoder",
    "MetaCLIP2VisionEncoder",
)


def check(preset: str) -> None:
    """Find out without a network whether there may be such a preset.

    Args:
        preset: its name in KerasHub, a folder, or an address such as `hf://…`.

    Raises:
        InputError: if KerasHub is not installed, or there is no such folder or name.
    """
    given = f"--backbone={HUB}{preset}"
    if not preset:
        raise InputError(f"{given}: expected hub:PRESET, a name or folder of KerasHub")
    try:
        import keras_hub  # noqa: F401
    except ImportError as error:
        reason = "" if error.name == "keras_hub" else f" ({error!s:.160})"
        raise InputError(
            f"{given} needs KerasHub, which is not installed{reason}: pip install "
            '"lnl-sr-tf[hub]"'
        ) from None
    if is_folder(preset):
        if not (pathlib.Path(preset).expanduser() / _CONFIG).is_file():
            raise InputError(
                f"{given}: there is no preset in that folder, as save_to_preset of "
                f"KerasHub writes it, with {_CONFIG}"
            )
    elif "://" not in preset:
        _check_name(preset, given)
    elif preset.startswith(HF) and importlib.util.find_spec("huggingface_hub") is None:
        raise InputError(
            f"{given} needs huggingface_hub, which is not installed: pip install "
            "huggingface_hub"
        )


def _check_name(preset: str, given: str) -> None:
    import keras_hub

    known = keras_hub.models.Backbone.presets
    if preset not in known:
        close = difflib.get_close_matches(preset.lower(), known, n=1)
        hint = f"; did you mean {HUB}{close[0]}?" if close else ""
        raise InputError(
            f"{given}: KerasHub {keras_hub.__version__} has no such preset, and there "
            f"is no such folder{hint}"
        )


def features(
    preset: str, pixels: keras.KerasTensor, weights: str | None = None
) -> keras.KerasTensor:
    """What a network of KerasHub makes of images, prepared as its preset says.

    Of a map of features the mean over the image; of tokens the class token of ViT,
    DeiT, DINOv2, DINOv3, CLIP and MetaCLIP2, else their mean. SigLIP has a pooling of
    its own. Of a network of images and texts the part for images.

    Args:
        preset: as for `check`.
        pixels: images with values from 0 to 255, shape (batch, height, width, 1 or 3).
        weights: a .weights.h5 of the network; None for those of the preset.

    Returns:
        Features, shape (batch, width).

    Raises:
        InputError: if the preset cannot be had or is damaged, is not of images, or the
            file does not hold its weights.
    """
    import keras_hub

    network = load(preset, weights)
    network = getattr(network, "vision_encoder", network)
    with _problems(preset, "is not of images, or does not say how they are prepared"):
        converter = keras_hub.layers.ImageConverter.from_preset(_place(preset))
    if pixels.shape[-1] == 1:
        pixels = layers.Concatenate(name="colour")([pixels] * 3)
    with _problems(preset, "does not take these images"):
        inputs = network.input
        (images,) = inputs.values() if isinstance(inputs, dict) else (inputs,)
        prepared = _prepared(converter, pixels, tuple(images.shape[1:3]))
        if isinstance(inputs, dict):
            return _pooled(network, network(dict.fromkeys(inputs, prepared)))
        return _pooled(network, network(prepared))


def _prepared(
    converter: Any, pixels: keras.KerasTensor, size: tuple[int | None, ...]
) -> keras.KerasTensor:
    """What the converter makes of images, of the size that the network takes.

    By operations of the backend: in a graph of TensorFlow, the converter itself would
    use TensorFlow's on any backend.
    """
    size = converter.image_size if None in size else size
    if size is not None:
        pixels = ops.image.resize(
            pixels,
            size,
            interpolation=converter.interpolation,
            antialias=converter.antialias,
            crop_to_aspect_ratio=converter.crop_to_aspect_ratio,
            pad_to_aspect_ratio=converter.pad_to_aspect_ratio,
            data_format="channels_last",
        )
    scale = 1.0 if converter.scale is None else converter.scale
    offset = 0.0 if converter.offset is None else converter.offset
    return layers.Rescaling(scale, offset, dtype="float32", name="prepared")(pixels)


def _pooled(network: Any, found: keras.KerasTensor) -> keras.KerasTensor:
    if len(found.shape) == 4:
        return layers.GlobalAveragePooling2D(name="features")(found)
    if len(found.shape) == 2:
        return found
    named = type(network).__name__ in _WITH_CLASS_TOKEN
    if named and getattr(network, "use_class_token", True):
        return found[:, 0]
    return layers.GlobalAveragePooling1D(name="features")(found)


def load(preset: str, weights: str | None = None) -> Any:
    """The network of a preset, a `keras_hub.models.Backbone`.

    Args:
        preset: as for `check`.
        weights: as for `features`.

    Raises:
        InputError: as `features`.
    """
    import keras_hub

    check(preset)
    words = "cannot be read"
    if not is_folder(preset):
        words = (
            "cannot be fetched; fetch it where there is a network, write it with its "
            "save_to_preset(FOLDER), and give --backbone=hub:FOLDER"
        )
    policy = keras.config.dtype_policy()
    with _problems(preset, words):
        network = keras_hub.models.Backbone.from_preset(_place(preset), dtype=policy)
    if weights:
        try:
            load_all(network, os.path.expanduser(weights))
        except (ValueError, KeyError, OSError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"{weights} does not hold weights of {HUB}{preset}: {reason:.200}"
            ) from None
    return network


def text_preprocessor(preset: str) -> Any:
    """What makes tokens of texts, a `keras_hub.models.TextClassifierPreprocessor`.

    Args:
        preset: as for `check`.

    Raises:
        InputError: if the preset cannot be had, or is not of texts.
    """
    check(preset)
    import keras_hub

    with _problems(preset, "is not of texts, or not of a kind that classifies them"):
        return keras_hub.models.TextClassifierPreprocessor.from_preset(_place(preset))


def identity(
    preset: str, weights: str | None, network: Callable[[], Any]
) -> dict[str, Any]:
    """What features depend on besides the examples, ready for JSON.

    Where a folder lies counts for nothing. Behind a name there may be other files
    tomorrow, and so the weights count.

    Args:
        preset: as for `check`.
        weights: as for `features`.
        network: gives the network of the preset.

    Raises:
        InputError: if the preset cannot be had, or the file cannot be read.
    """
    import keras_hub

    found = {
        "backbone": HUB,
        "weights": weights and content(weights),
        "keras": keras.__version__,
        "hub": keras_hub.__version__,
        # They differ by rounding.
        "backend": backend.name(),
    }
    if is_folder(preset):
        return found | {"preset": folder_digest(preset)}
    return found | {"backbone": HUB + preset, "preset": digest(network())}


def digest(network: Any) -> str:
    """What the weights of a network are, in letters."""
    found = hashlib.sha256()
    for weight in network.get_weights():
        found.update(np.ascontiguousarray(weight).data)
    return found.hexdigest()


def content(weights: str) -> str:
    """What a file of weights holds, in letters.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with open(os.path.expanduser(weights), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"--weights={weights} cannot be read: {error.strerror}"
        ) from None


@contextlib.contextmanager
def _problems(preset: str, words: str) -> Iterator[None]:
    """Within, whatever goes wrong is told in one line: it has no kind of its own."""
    try:
        # Downloads are told of on standard output, which is for results.
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"--backbone={HUB}{preset} {words} ({reason:.160})") from None


def _place(preset: str) -> str:
    return os.path.expanduser(preset) if is_folder(preset) else preset
