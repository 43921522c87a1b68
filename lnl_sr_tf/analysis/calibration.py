"""Probabilities that can be relied on: temperature scaling, with noisy labels too."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax

from lnl_sr_tf.analysis.reliability import reliability

# Sharpened logits want far from 1: those on a sphere less, those that grow with λ more.
_SMALLEST, _LARGEST = 1e-3, 1e4
_LEAST = 1e-12  # of a probability, before its logarithm


def fit_temperature(logits, labels, matrix=None):
    """The temperature at which a network's probabilities suit labels best.

    It minimises −mean log Σ_i softmax(z/t)_i T_ij over t, j the label of the example:
    the likelihood of labels that were drawn from the true ones by T. With T the
    identity that is temperature scaling (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017).

    Args:
        logits: z, shape (n, k), of examples that were not trained on.
        labels: integers in [0, k), shape (n,).
        matrix: T, P(label | true class), shape (k, k); None for labels that are right.

    Returns:
        t in [1e-3, 1e4]; the predicted class does not depend on it.

    Raises:
        ValueError: if shapes do not fit, or there is no example.

    Example:
        >>> fit_temperature(logits, labels)
        2.31
    """
    logits, labels = np.asarray(logits, np.float64), np.asarray(labels)
    if logits.ndim != 2 or not len(logits) or labels.shape != logits.shape[:1]:
        raise ValueError(
            "expected logits of shape (n, k), n ≥ 1, and n labels; received "
            f"{logits.shape} and {labels.shape}"
        )
    with np.errstate(divide="ignore"):
        chances = None if matrix is None else np.log(np.asarray(matrix).T[labels])

    def surprise(power):
        logs = log_softmax(logits / np.exp(power), axis=1)
        if chances is None:
            found = logs[np.arange(len(labels)), labels]
        else:
            found = logsumexp(logs + chances, axis=1)
        return -np.maximum(found, np.log(_LEAST)).mean()

    # Where classes are given up there may be several valleys: the best of a grid first.
    grid = np.linspace(np.log(_SMALLEST), np.log(_LARGEST), 33)
    best = int(np.argmin([surprise(power) for power in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(surprise, (low, high), (low, high), method="bounded")
    return float(np.exp(found.x))


def calibration_error(logits, labels, temperature=1.0):
    """The expected calibration error of softmax(z/t), in 15 bins.

    Args:
        logits: z, shape (n, k).
        labels: true classes, shape (n,).
        temperature: t.

    Example:
        >>> calibration_error(logits, labels, fit_temperature(logits, labels))
        0.008
    """
    return reliability(probabilities(logits, temperature), labels).ece


def probabilities(logits, temperature):
    """softmax(z/t), float64, shape (n, k)."""
    return softmax(np.asarray(logits, np.float64) / temperature, axis=1)


def crosswise_error(logits, labels, seed=0):
    """The calibration error, with the temperature fitted on other examples.

    Each half of the examples is measured with the temperature of the other half.

    Args:
        logits: z, shape (n, k), n ≥ 2.
        labels: true classes, shape (n,).
        seed: of the halves.
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    scaled = np.empty(logits.shape, np.float64)
    for ours, theirs in (halves, halves[::-1]):
        scaled[ours] = logits[ours] / fit_temperature(logits[theirs], labels[theirs])
    return calibration_error(scaled, labels)
