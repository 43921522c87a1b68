"""A network trained before, from images to features."""

import functools
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from lnl_sr_tf.backbones import hub, rounding
from lnl_sr_tf.config.settings import HUB, IMAGENET, fetched
from lnl_sr_tf.devices import backend
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.models import keras_applications


class Backbone:
    """Features of images, and an `Encoder`; it is made when it is first needed.

    Features are float16, in training as in the SavedModel, so that both give the same.

    Args:
        name: `keras:NAME`, for one of `keras.applications`, or `hub:PRESET`, for one of
            KerasHub.
        weights: a file of its weights, `"imagenet"` or `hf://USER/NAME`; None for
            those of the preset.
        image_shape: (height, width, channels) of the images.

    Example:
        backbone = Backbone("keras:EfficientNetV2B0", "b0.h5", (224, 224, 3))
        backbone.features(images).shape  # (32, 1280)
    """

    takes = "images"

    def __init__(self, name: str, weights: str | None, image_shape: Sequence[int]):
        self.name = name
        self.weights = weights
        self.image_shape = tuple(int(side) for side in image_shape)

    @functools.cached_property
    def network(self) -> keras.Model:
        """From uint8 images to features, float32 of shape (batch, width).

        Raises:
            InputError: if the images are too small for it, or the weights are not its.
        """
        found = rounding.rounded(self.unrounded.output)
        network = keras.Model(self.unrounded.input, found, name="backbone")
        # Without this, XLA would compile it, whose convolutions are slow on a CPU.
        whole = backend.name() == "jax" or (
            backend.name() == "tensorflow" and bool(backend.gpus())
        )
        network.compile(jit_compile=whole)
        return network

    @functools.cached_property
    def unrounded(self) -> keras.Model:
        """The same before features become float16, which gradients are too small for.

        Raises:
            InputError: as for `network`.
        """
        inputs = keras.Input(self.image_shape, dtype="uint8", name="images")
        pixels = layers.Rescaling(1.0, dtype="float32", name="pixels")(inputs)
        return keras.Model(inputs, self._features(pixels), name="backbone")

    def _features(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        if self._preset is not None:
            return hub.features(self._preset, pixels, self.weights)
        plain = self.name.removeprefix(keras_applications.PREFIX)
        try:
            return keras_applications.features(plain, pixels, 0, self._weights())
        except InputError as error:
            if "nput size must be" not in str(error):
                raise
            raise InputError(f"{error}; --image_size makes them larger") from None

    @property
    def _preset(self) -> str | None:
        """What comes after `hub:`, or None."""
        return self.name.removeprefix(HUB) if self.name.startswith(HUB) else None

    def _weights(self) -> str:
        return os.path.expanduser(self.weights or "")

    def features(self, images: np.ndarray) -> np.ndarray:
        """Features of a batch.

        Args:
            images: uint8, shape (batch, height, width, channels).

        Returns:
            float16, shape (batch, width).

        Raises:
            InputError: if they are not numbers, which damaged weights give.
        """
        found = self.network.predict_on_batch(images)
        return rounding.kept(found, self.name, self.weights, self.takes)

    def with_head(self, head: keras.Model) -> keras.Model:
        """Backbone and head as one network.

        Args:
            head: from features to logits.

        Returns:
            A model from uint8 images to logits, which shares their weights.
        """
        images = self.network.input
        return keras.Model(images, head(self.network.output), name=head.name)

    def identity(self) -> dict[str, Any]:
        """What its features depend on, ready for JSON; the content of a file counts.

        Raises:
            InputError: if the file cannot be read.
        """
        shape = {"image_shape": self.image_shape}
        if self._preset is not None:
            return shape | hub.identity(
                self._preset, self.weights, lambda: self.unrounded
            )
        return shape | {
            "backbone": self.name,
            "weights": self._content(),
            "keras": keras.__version__,
            # They differ by rounding.
            "backend": backend.name(),
        }

    def _content(self) -> str | None:
        """What its weights are; of a name that may stand for others tomorrow, all."""
        if self.weights in (None, IMAGENET):
            return self.weights
        if fetched(self.weights):
            return hub.digest(self.unrounded)
        return hub.content(str(self.weights))

    def signature(self) -> dict[str, Any]:
        """That of an `Encoder`."""
        import tensorflow as tf

        shape = [None, *self.image_shape]
        return {"images": tf.TensorSpec(shape, tf.uint8, name="images")}

    def encoded(self, **raw: Any) -> Any:
        """That of an `Encoder`, on the backend TensorFlow."""
        return self.network(raw["images"], training=False)

    def tracked(self) -> Sequence[Any]:
        """That of an `Encoder`, on the backend TensorFlow."""
        return [variable.value for variable in self.network.variables]

    def as_dict(self) -> dict[str, Any]:
        """That of an `Encoder`."""
        return {
            "kind": "backbone",
            "backbone": self.name,
            "weights": self.weights,
            "image_shape": list(self.image_shape),
        }


def checked_weights(name: str, weights: str | None) -> str | None:
    """Find out before any data is read whether there is such a backbone.

    Args:
        name: as for `Backbone`.
        weights: likewise.

    Returns:
        The weights.

    Raises:
        InputError: if the network is unknown, or there is no such file.
    """
    if name.startswith(HUB):
        if fetched(weights):
            raise InputError(
                f"--backbone={name} has its own weights: leave out --weights={weights}"
            )
        hub.check(name.removeprefix(HUB))
    elif name.startswith(keras_applications.PREFIX):
        keras_applications.check(name.removeprefix(keras_applications.PREFIX))
        if weights is None:
            raise InputError(
                f"--backbone={name} needs trained weights: --weights=FILE, a .h5 or "
                f".keras of that network, or --weights={IMAGENET}, which Keras fetches"
            )
    else:
        raise InputError(
            f"--backbone={name}: expected keras:NAME for one of keras.applications, "
            "for instance keras:EfficientNetV2B0, or hub:PRESET for one of KerasHub"
        )
    file = weights is not None and not fetched(weights)
    if file and not pathlib.Path(str(weights)).expanduser().is_file():
        raise InputError(f"--weights={weights}: there is no such file")
    return weights
