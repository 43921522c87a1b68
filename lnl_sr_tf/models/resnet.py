"""Residual networks: He et al., "Deep Residual Learning" (CVPR 2016).

Convolutions carry no bias, since the batch normalisation after each has one.
"""

from collections.abc import Iterator

import keras
from keras import layers

from lnl_sr_tf.models import blocks


def resnet18(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """ResNet-18 with a 3×3 stem, for images of about 32×32."""
    return _small(inputs, num_classes, seeds, depths=(2, 2, 2, 2))


def resnet34(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """ResNet-34 with a 3×3 stem, for images of about 32×32."""
    return _small(inputs, num_classes, seeds, depths=(3, 4, 6, 3))


def resnet50(
    inputs: keras.KerasTensor, num_classes: int, seeds: Iterator[int]
) -> keras.KerasTensor:
    """ResNet-50 with a 7×7 stem and pooling, for images of about 224×224."""
    x = _conv_bn(inputs, 64, 7, seeds, strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(blocks.relu(x))
    return _stages(x, num_classes, seeds, (3, 4, 6, 3), _bottleneck_block)


def _small(x, num_classes, seeds, depths):
    x = blocks.relu(_conv_bn(x, 64, 3, seeds))
    return _stages(x, num_classes, seeds, depths, _basic_block)


def _stages(x, num_classes, seeds, depths, block):
    for stage, depth in enumerate(depths):
        for index in range(depth):
            strides = 2 if stage > 0 and index == 0 else 1
            x = block(x, 64 * 2**stage, seeds, strides)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return blocks.logits(x, num_classes, seeds)


def _basic_block(x, filters, seeds, strides):
    y = blocks.relu(_conv_bn(x, filters, 3, seeds, strides))
    y = _conv_bn(y, filters, 3, seeds)
    return blocks.relu(layers.add([y, _shortcut(x, filters, seeds, strides)]))


def _bottleneck_block(x, filters, seeds, strides):
    """The stride is in the 3×3 convolution, as in what is called ResNet v1.5."""
    y = blocks.relu(_conv_bn(x, filters, 1, seeds))
    y = blocks.relu(_conv_bn(y, filters, 3, seeds, strides))
    y = _conv_bn(y, 4 * filters, 1, seeds)
    return blocks.relu(layers.add([y, _shortcut(x, 4 * filters, seeds, strides)]))


def _shortcut(x, filters, seeds, strides):
    if strides == 1 and x.shape[-1] == filters:
        return x
    return _conv_bn(x, filters, 1, seeds, strides)


def _conv_bn(x, filters, size, seeds, strides=1):
    x = blocks.convolution(x, filters, size, seeds, strides, use_bias=False)
    return blocks.normalization(x)
