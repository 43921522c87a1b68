"""Batch normalisation in training as two functions that XLA compiles, TensorFlow alone.

oneDNN, by which TensorFlow normalises on a processor, takes two to three times as long
as these where the channels are no multiple of 16, and less where they are.
"""

import tensorflow as tf


def normalize(inputs, gamma, beta, epsilon):
    """γ (x − μ) / √(σ² + ε) + β over a batch.

    Args:
        inputs: x, shape (batch, height, width, channels), of a type up to float32.
        gamma: γ, float32 of shape (channels,).
        beta: β, likewise.
        epsilon: ε > 0.

    Returns:
        Outputs of the type of the inputs; μ and σ², float32 of shape (channels,), which
        no gradient passes.
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
