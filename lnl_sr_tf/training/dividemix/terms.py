"""The terms of what DivideMix minimises, each a mean over its examples."""

import keras
from keras import ops

from lnl_sr_tf.types import Tensor


def cross_entropy(targets: Tensor, logits: Tensor) -> Tensor:
    """The labelled part: −Σ_i t_i log u_i, mean over examples. Eq. 9.

    Args:
        targets: probabilities t, shape (batch, k).
        logits: of u, shape (batch, k).
    """
    return -ops.mean(ops.sum(targets * ops.log_softmax(logits, axis=-1), axis=-1))


def squared_error(targets: Tensor, logits: Tensor) -> Tensor:
    """The unlabelled part: (t_i − u_i)², mean over examples and classes. Eq. 10.

    The text has the sum over classes; the mean is the authors' code's, for which their
    weights λ_u are.

    Args:
        targets: probabilities t, shape (batch, k).
        logits: of u, shape (batch, k).
    """
    return ops.mean(ops.square(ops.softmax(logits, axis=-1) - targets))


def uniform_prior(logits: Tensor) -> Tensor:
    """Keeps any class from being given up: Σ_i π_i log(π_i / ū_i), π_i = 1/k. Eq. 11.

    ū is the mean of the softmax over the batch. At least 0, and 0 where ū is uniform.

    Args:
        logits: shape (batch, k).
    """
    mean = ops.mean(ops.softmax(logits, axis=-1), axis=0)
    mean = ops.maximum(mean, keras.config.epsilon())
    return -ops.mean(ops.log(mean)) - ops.log(float(logits.shape[-1]))


def negative_entropy(logits: Tensor) -> Tensor:
    """The confidence penalty: Σ_i u_i log u_i, mean over examples. Eq. 2.

    Args:
        logits: of u, shape (batch, k).
    """
    log_u = ops.log_softmax(logits, axis=-1)
    return ops.mean(ops.sum(ops.exp(log_u) * log_u, axis=-1))
