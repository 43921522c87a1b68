"""Networks for features: a row of numbers in, logits out."""

from collections.abc import Iterator

import keras
from keras import layers

from lnl_sr_tf.models import blocks

_WIDTH = 256


def linear(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """Dense k."""
    x = layers.Flatten(name="features")(inputs)
    return blocks.logits(x, num_classes, seeds)


def mlp(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """Dense 256, batch normalisation, ReLU, dense k."""
    x = layers.Flatten()(inputs)
    x = blocks.normalization(blocks.dense(x, _WIDTH, seeds))
    x = blocks.relu(x, name="features")
    return blocks.logits(x, num_classes, seeds)
