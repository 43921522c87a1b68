"""The convolutional networks of the recipes for small images."""

from collections.abc import Iterator

import keras
from keras import layers

from lnl_sr_tf.models import blocks


def cnn_mnist(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """3×3 conv 32, pool, conv 64, pool, dense 128, dense k."""
    return _cnn(inputs, num_classes, seeds, stages=[[32], [64]], width=128)


def cnn_cifar(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """3×3 conv 64, 64, pool, 128, 128, pool, 196, 196, pool, dense 256, dense k."""
    stages = [[64, 64], [128, 128], [196, 196]]
    return _cnn(inputs, num_classes, seeds, stages, width=256)


def _cnn(x, num_classes, seeds, stages, width):
    """Batch normalisation and ReLU follow every convolution and the hidden layer."""
    for stage in stages:
        for filters in stage:
            x = blocks.convolution(x, filters, 3, seeds)
            x = blocks.relu(blocks.normalization(x))
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = blocks.normalization(blocks.dense(x, width, seeds))
    x = blocks.relu(x, name="features")
    return blocks.logits(x, num_classes, seeds)
