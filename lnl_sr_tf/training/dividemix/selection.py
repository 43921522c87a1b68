"""Which labels ProMix trusts: in each class those of small loss, and whoever is sure.

Xiao et al., "ProMix: Combating Label Noise via Maximizing Clean Sample Utility" (IJCAI
2023), section 3.1.
"""

import math

import numpy as np
import numpy.typing as npt


def small_losses(
    losses: npt.ArrayLike, labels: npt.ArrayLike, num_classes: int, share: float
) -> np.ndarray:
    """Class-wise small-loss selection: the same number of each class, by small loss.

    Of the n_j examples that are given class j it takes the min(⌈ρ n / k⌉, n_j) with the
    smallest losses, so that no class is left out for being hard.

    Args:
        losses: shape (n,), finite.
        labels: given, integers in [0, k), shape (n,).
        num_classes: k.
        share: ρ in (0, 1].

    Returns:
        Whether each is taken, bool, shape (n,).

    Example:
        >>> small_losses([0.1, 0.9, 0.5, 0.4], [0, 0, 0, 1], 2, 0.5)
        array([ True, False, False,  True])
    """
    losses, labels = np.asarray(losses, np.float64), np.asarray(labels)
    # 0.07 · 100 is 7.000000000000001, and 7 is meant.
    most = max(1, math.ceil(round(share * len(losses) / num_classes, 9)))
    chosen = np.zeros(len(losses), bool)
    for label in range(num_classes):
        (given,) = np.nonzero(labels == label)
        order = np.argsort(losses[given], kind="stable")
        chosen[given[order[:most]]] = True
    return chosen


def sure_of(losses: npt.ArrayLike, confidence: float) -> np.ndarray:
    """Matched high-confidence selection: the network says the label, and is sure.

    That is u_y > τ, by −log u_y < −log τ; above a half, y is then what it predicts.

    Args:
        losses: −log u_y, shape (n,).
        confidence: τ in (0, 1).

    Returns:
        Whether it is so, bool, shape (n,).

    Example:
        >>> sure_of([0.001, 0.5], 0.99)
        array([ True, False])
    """
    return np.asarray(losses, np.float64) < -math.log(confidence)
