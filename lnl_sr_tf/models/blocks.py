"""The layers of the networks, initialised and normalised as the recipes say."""

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from lnl_sr_tf.layers import FusedBatchNormalization, Rectifier


def convolution(
    x: keras.KerasTensor,
    filters: int,
    size: int,
    seeds: Iterator[int],
    strides: int = 1,
    use_bias: bool = True,
) -> keras.KerasTensor:
    """Convolution with "same" padding and He-uniform initialisation."""
    return layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=keras.initializers.HeUniform(seed=next(seeds)),
    )(x)


def normalization(x: keras.KerasTensor) -> keras.KerasTensor:
    """Batch normalisation with ε = 1e-5 and momentum 0.9 of the running statistics."""
    return FusedBatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def relu(x: keras.KerasTensor, name: str | None = None) -> keras.KerasTensor:
    """Rectified linear unit."""
    return Rectifier(name=name)(x)


def dense(
    x: keras.KerasTensor, units: int, seeds: Iterator[int], **kwargs: Any
) -> keras.KerasTensor:
    """Fully connected layer with Glorot-uniform initialisation."""
    return layers.Dense(
        units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        **kwargs,
    )(x)


def logits(
    x: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """The last layer, in float32: sharpening would magnify bfloat16's rounding."""
    return dense(x, num_classes, seeds, dtype="float32", name="logits")
