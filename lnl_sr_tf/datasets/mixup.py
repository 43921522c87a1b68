"""Mixup: training on mixtures of two images and of their labels."""

import tensorflow as tf


def mixup(images, labels, num_classes, alpha, seed):
    """A batch mixed with itself in another order, s x + (1 − s) x′, s from Beta(α, α).

    One share s for the whole batch, as in the published code. Zhang et al., "mixup:
    Beyond Empirical Risk Minimization" (ICLR 2018).

    Args:
        images: uint8 tensor of shape (batch, height, width, channels).
        labels: integer tensor of shape (batch,).
        num_classes: k.
        alpha: α > 0.
        seed: int tensor of shape (2,); the same seed gives the same mixture.

    Returns:
        Mixed images, rounded to uint8, and label distributions, float32 of shape
        (batch, k).
    """
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    gammas = tf.random.stateless_gamma([2], seeds[0], alpha)
    # For a tiny α both may vanish; then the images stay as they are.
    share = tf.where(tf.reduce_sum(gammas) > 0, gammas[0] / tf.reduce_sum(gammas), 1.0)
    other = tf.random.experimental.stateless_shuffle(
        tf.range(tf.shape(images)[0]), seed=seeds[1]
    )

    def mix(values):
        return share * values + (1.0 - share) * tf.gather(values, other)

    mixed = tf.round(mix(tf.cast(images, tf.float32)))
    return tf.cast(mixed, images.dtype), mix(tf.one_hot(labels, num_classes))
