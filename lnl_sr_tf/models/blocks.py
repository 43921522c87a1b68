"""What the networks are made of, initialised and normalised as the recipes say."""

import keras
from keras import layers

from lnl_sr_tf.layers import FusedBatchNormalization, Rectifier


def convolution(x, filters, size, seeds, strides=1, use_bias=True):
    """Convolution with same padding, He-uniform."""
    return layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=keras.initializers.HeUniform(seed=next(seeds)),
    )(x)


def normalization(x):
    """Batch normalisation with ε = 1e-5; running statistics move by 0.1 a step."""
    return FusedBatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def relu(x, name=None):
    """Rectified linear unit."""
    return Rectifier(name=name)(x)


def dense(x, units, seeds, **kwargs):
    """Fully connected layer, Glorot-uniform."""
    return layers.Dense(
        units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        **kwargs,
    )(x)


def logits(x, num_classes, seeds):
    """The last layer, in float32: sharpening would magnify bfloat16's rounding."""
    return dense(x, num_classes, seeds, dtype="float32", name="logits")
