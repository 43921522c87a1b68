"""Confidence against accuracy, and the temperature that makes them agree."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError

# Sharpened logits need temperatures far from 1: below on a sphere, above as λ grows.
_SMALLEST, _LARGEST = 1e-3, 1e4
_LEAST = 1e-12  # a probability below it counts as this in a logarithm
_POINTS = 41  # at which the likelihood is computed
_UNLIKELY = 12.0  # in nats below the largest log-likelihood
_ENOUGH = 10_000  # examples


class Reliability(NamedTuple):
    """Confidence and accuracy (NaN in an empty bin) and count of each bin.

    `ece` is the expected calibration error.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray  # type: ignore[assignment]  # a method of tuples, too
    ece: float


def reliability(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> Reliability:
    """Accuracy by confidence, the probability of the class that is predicted.

    Args:
        probabilities: shape (n, k); each row sums to 1.
        labels: classes in [0, k), shape (n,).
        bins: M ≥ 1.

    Returns:
        A `Reliability` of arrays of shape (M,), as of `binned`.

    Raises:
        InputError: if shapes do not fit, rows are not distributions, a label is not
            among the classes, or there are no bins.

    Example:
        >>> round(reliability([[0.8, 0.2], [0.6, 0.4]], [0, 1], bins=2).ece, 3)
        0.2
    """
    probabilities, labels = validation.probabilities_and_labels(probabilities, labels)
    if bins < 1:
        raise InputError(f"expected at least 1 bin; received {bins}")
    right = probabilities.argmax(axis=1) == labels
    return binned(probabilities.max(axis=1), right, bins)


def binned(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> Reliability:
    """Accuracy by confidence, of predictions that are right or wrong.

    Bin m of M holds the examples whose confidence is in ((m − 1) / M, m / M]; the first
    one those of 0 too. The expected calibration error is
    ECE = Σ_m n_m / n · |accuracy_m − confidence_m|, of the means in bin m (Guo et al.,
    "On Calibration of Modern Neural Networks", ICML 2017).

    Args:
        confidence: in [0, 1], shape (n,), n ≥ 1.
        right: whether each is right, shape (n,).
        bins: M ≥ 1.

    Returns:
        A `Reliability` of arrays of shape (M,).

    Example:
        >>> round(binned(np.array([0.8, 0.6]), np.array([True, False]), bins=2).ece, 3)
        0.2
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.digitize(confidence, edges[1:-1], right=True)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN of an empty bin
        said = np.bincount(place, confidence, bins) / count
        accuracy = np.bincount(place, right, bins) / count
    gap = np.nan_to_num(np.abs(accuracy - said))
    return Reliability(said, accuracy, count, float(count @ gap / len(right)))


def fit_temperature(
    logits: ArrayLike, labels: ArrayLike, matrix: ArrayLike | None = None
) -> float:
    """The temperature at which a network's confidence fits the labels.

    The likelihood of labels that were drawn from the true ones by T is
    Π Σ_i softmax(z/t)_i T_ij, j the label of an example; with T the identity it is that
    of temperature scaling (Guo et al., "On Calibration of Modern Neural Networks",
    ICML 2017). Its maximum is good where labels are many and right. A few hundred noisy
    labels leave a wide range of temperatures nearly as likely as the best one, which
    often lies at its end. So the mean confidence max_i softmax(z/t)_i, before any label
    is seen equally likely everywhere in its range, is estimated by its mean over the
    posterior, and t is the temperature that gives it. With many labels the two agree.

    Args:
        logits: z, shape (n, k), of examples that were not trained on. Of more than
            10,000 examples, at most this many are used, at even distances.
        labels: integers in [0, k), shape (n,).
        matrix: T, P(label | true class), shape (k, k); None for labels that are right.

    Returns:
        t in [1e-3, 1e4]; the predicted class does not depend on it. 1 where the
        confidence does not depend on t, as for logits that are all the same.

    Raises:
        InputError: if shapes do not fit, a label is not one of the classes, or there is
            no example.

    Example:
        fit_temperature(logits, labels)  # 2.31
    """
    logits = validation.numbers("logits", logits, ndim=2)
    labels = validation.labels("labels", labels, logits.shape[1], len(logits))
    if not len(logits):
        raise InputError("expected logits of at least one example; received none")
    step = -(-len(labels) // _ENOUGH)
    logits, labels = logits[::step], labels[::step]
    with np.errstate(divide="ignore"):
        chances = None if matrix is None else np.log(np.asarray(matrix).T[labels])

    def looked_at(grid):
        """(log-likelihood, mean confidence) at the temperatures exp(grid)."""
        found = []
        for power in grid:
            logs = log_softmax(logits / np.exp(power), axis=1)
            if chances is None:
                likelihood = logs[np.arange(len(labels)), labels]
            else:
                likelihood = logsumexp(logs + chances, axis=1)
            likelihood = np.maximum(likelihood, np.log(_LEAST)).sum()
            found.append((likelihood, np.exp(logs.max(axis=1)).mean()))
        return np.array(found).T

    # Where it is likely at all, and then finely there: it may be a narrow part.
    grid = np.linspace(np.log(_SMALLEST), np.log(_LARGEST), _POINTS)
    likelihood, _ = looked_at(grid)
    likely = np.flatnonzero(likelihood > likelihood.max() - _UNLIKELY)
    low, high = max(likely[0] - 1, 0), min(likely[-1] + 1, _POINTS - 1)
    grid = np.linspace(grid[low], grid[high], _POINTS)
    likelihood, confidence = looked_at(grid)
    # It falls as t rises; the integral runs over the confidence.
    weight = np.exp(likelihood - likelihood.max())[::-1]
    rising = confidence[::-1]
    total = np.trapezoid(weight, rising)
    if total < _LEAST:
        return float(np.exp(grid[likelihood.argmax()])) if np.ptp(likelihood) else 1.0
    mean = np.trapezoid(weight * rising, rising) / total
    return float(np.exp(np.interp(mean, rising, grid[::-1])))


def calibration_error(
    logits: ArrayLike, labels: ArrayLike, temperature: float = 1.0
) -> float:
    """The expected calibration error of softmax(z/t), in 15 bins.

    Args:
        logits: z, shape (n, k).
        labels: true classes, shape (n,).
        temperature: t.

    Example:
        calibration_error(logits, labels, fit_temperature(logits, labels))  # 0.008
    """
    return reliability(probabilities(logits, temperature), labels).ece


def probabilities(logits: ArrayLike, temperature: float) -> np.ndarray:
    """softmax(z/t), float64, shape (n, k)."""
    return validation.softmax(np.asarray(logits, np.float64) / temperature)


def crosswise_error(logits: ArrayLike, labels: ArrayLike, seed: int = 0) -> float:
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
