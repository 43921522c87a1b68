"""What the networks are to say: labels refined where they are trusted, else guessed."""

from keras import ops

from lnl_sr_tf.types import Tensor


def sharpened(probabilities: Tensor, temperature: float) -> Tensor:
    """Closer to one-hot: p_i^(1/T) / Σ_j p_j^(1/T).

    Li et al., "DivideMix" (ICLR 2020), Eq. 4.

    Args:
        probabilities: shape (..., k).
        temperature: T > 0; 1 leaves them.

    Returns:
        Probabilities of the same shape.
    """
    # Over the largest, so that no power of a small one is lost for all classes.
    largest = ops.max(probabilities, axis=-1, keepdims=True)
    powers = ops.power(probabilities / largest, 1.0 / temperature)
    return powers / ops.sum(powers, axis=-1, keepdims=True)


def refined(labels: Tensor, clean: Tensor, own: Tensor, temperature: float) -> Tensor:
    """Co-refinement: the label as far as it is trusted, else what the network says.

    w y + (1 − w) p, where p is the mean over the views of an example; sharpened. Eq. 3.

    Args:
        labels: one-hot, shape (batch, k).
        clean: w by the other network's losses, shape (batch,).
        own: the network's probabilities, shape (views, batch, k).
        temperature: T > 0.

    Returns:
        Probabilities, shape (batch, k).
    """
    trust = clean[:, None]
    return sharpened(
        trust * labels + (1.0 - trust) * ops.mean(own, axis=0), temperature
    )


def guessed(own: Tensor, other: Tensor, temperature: float) -> Tensor:
    """Co-guessing: the mean of what both networks say of all views, sharpened.

    Args:
        own: probabilities of the network that is trained, shape (views, batch, k).
        other: those of the other network.
        temperature: T > 0.

    Returns:
        Probabilities, shape (batch, k).
    """
    said = ops.mean(ops.concatenate([own, other], axis=0), axis=0)
    return sharpened(said, temperature)
