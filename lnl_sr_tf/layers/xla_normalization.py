"""Batch normalisation in training as two functions compiled by XLA, for TensorFlow.

oneDNN, with which TensorFlow normalises on a CPU, takes two to three times as long as
these if the number of channels is not a multiple of 16, and less if it is.
"""

import tensorflow as tf


def normalize(
    inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """γ (x − μ) / √(σ² + ε) + β over a batch.

    Args:
        inputs: x, shape (batch, height, width, channels), float32 or smaller.
        gamma: γ, float32 of shape (channels,).
        beta: β, float32 of shape (channels,).
        epsilon: ε > 0.

    Returns:
        Outputs in the dtype of the inputs; μ and σ², float32 of shape (channels,),
        through which no gradient goes.
    """

    @tf.custom_gradient
    def normalized(inputs, gamma, beta):
        outputs, mean, variance = _forward(inputs, gamma, beta, epsilon)

        def gradient(of_outputs, of_mean, of_variance):
            return _backward(of_outputs, inputs, gamma, mean, variance, epsilon)

        return (outputs, mean, variance), gradient

    return normalized(inputs, gamma, beta)


@tf.function(jit_compile=True, autograph=False)
def _forward(inputs, gamma, beta, epsilon):
    x = tf.cast(inputs, tf.float32)
    mean = _channel_mean(x)
    variance = _channel_mean(tf.square(x - mean))
    scale = gamma * tf.math.rsqrt(variance + epsilon)
    outputs = x * scale + (beta - mean * scale)
    return tf.cast(outputs, inputs.dtype), mean, variance


@tf.function(jit_compile=True, autograph=False)
def _backward(of_outputs, inputs, gamma, mean, variance, epsilon):
    """Gradients with respect to x, γ and β."""
    gradient = tf.cast(of_outputs, tf.float32)
    inverse = tf.math.rsqrt(variance + epsilon)
    normal = (tf.cast(inputs, tf.float32) - mean) * inverse
    mean_gradient = _channel_mean(gradient)
    mean_product = _channel_mean(gradient * normal)
    of_inputs = gamma * inverse * (gradient - mean_gradient - normal * mean_product)
    count = _count(inputs)
    return (
        tf.cast(of_inputs, inputs.dtype),
        count * mean_product,
        count * mean_gradient,
    )


def _count(images):
    return tf.cast(tf.size(images) // images.shape[-1], tf.float32)


def _channel_mean(images):
    """The mean of each channel: over rows first, which XLA vectorises."""
    _, _, width, channels = images.shape
    rows = tf.reduce_sum(tf.reshape(images, [-1, width * channels]), axis=0)
    return tf.reduce_sum(tf.reshape(rows, [width, channels]), axis=0) / _count(images)
