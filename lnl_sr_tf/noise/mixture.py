"""Which labels are wrong, how many, and how, from a network's outputs alone."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf.errors import InputError

# Outputs are held close to one-hot, as by sparse regularization: the mean over epochs
# is too soft to be taken as the probability of the true class.
_TEMPERATURE = 0.1
_SMALLEST = 1e-6  # of a sharpened output, so that no label is impossible
_STEPS, _TOLERANCE = 200, 1e-6


class NoiseEstimate(NamedTuple):
    """What `estimate_noise` finds.

    Args:
        matrix: T, shape (k, k): T[i, j] = P(given = j | true = i).
        posterior: P(true = i | x, given), shape (n, k).
        wrong: P(true ≠ given | x, given), shape (n,).
        counts: shape (k, k): how many examples are of class i and were given j, as the
            posterior has it.
    """

    matrix: np.ndarray
    posterior: np.ndarray
    wrong: np.ndarray
    counts: np.ndarray

    @property
    def rate(self):
        """The noise rate: the mean of `wrong`."""
        return float(self.wrong.mean())


def estimate_noise(probabilities, labels, temperature=_TEMPERATURE):
    """The transition matrix that makes the given labels most likely.

    With q_i(x) ∝ u_i(x)^{1/τ}, the sharpened output, the given label has the likelihood
    P(given = j | x) = Σ_i q_i(x) T_ij, of which T is found by expectation maximisation:
    r_i ∝ q_i(x) T_ij is the probability that an example with the given label j is of
    class i, and T_ij the share of j among what r counts as class i (Dawid and Skene,
    "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm",
    1979, with the network as one of two observers).

    Args:
        probabilities: u, the outputs of a network that has not learned the wrong labels
            by heart, shape (n, k).
        labels: the given labels, integers in [0, k), shape (n,).
        temperature: τ > 0.

    Returns:
        A `NoiseEstimate`.

    Raises:
        InputError: if shapes do not fit, rows are no probabilities, a label is none of
            the classes, there is one class alone, or a class has no example.

    Example:
        >>> u = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
        >>> estimate_noise(u, np.array([0, 1, 1, 1])).wrong.round(2)
        array([0.  , 0.99, 0.  , 0.  ])
    """
    probabilities, labels = checked(probabilities, labels)
    if not temperature > 0:
        raise InputError(f"temperature must be above 0; received {temperature}")
    sharp = _sharpened(probabilities, temperature)
    num_classes = sharp.shape[1]
    matrix = np.full((num_classes, num_classes), 0.5 / (num_classes - 1))
    np.fill_diagonal(matrix, 0.5)
    for _ in range(_STEPS):
        posterior, counts = _posterior(sharp, labels, matrix)
        # One thousandth of an example more keeps a class without any from 0 / 0.
        better = counts + 1e-3 / num_classes
        better /= better.sum(axis=1, keepdims=True)
        moved = np.abs(better - matrix).max()
        matrix = better
        if moved < _TOLERANCE:
            break
    posterior, counts = _posterior(sharp, labels, matrix)
    wrong = 1.0 - posterior[np.arange(len(labels)), labels]
    return NoiseEstimate(matrix, posterior, np.clip(wrong, 0.0, 1.0), counts)


def share_interval(count, total, z=1.96):
    """Wilson's interval for a share; 95 % with the default.

    It is of the sampling alone: what a network misjudges comes on top.

    Args:
        count: how many of `total`, which need be no whole numbers; arrays too.
        total: of how many, ≥ 0.
        z: the quantile of the normal distribution.

    Returns:
        (low, high); (0, 1) where there are none.

    Example:
        >>> low, high = share_interval(40, 100)
        >>> round(float(low), 2), round(float(high), 2)
        (0.31, 0.5)
    """
    count, total = np.asarray(count, np.float64), np.asarray(total, np.float64)
    safe = np.maximum(total, 1e-9)
    share = np.clip(count / safe, 0.0, 1.0)
    scale = 1.0 + z**2 / safe
    middle = (share + z**2 / (2 * safe)) / scale
    reach = z / scale * np.sqrt(share * (1 - share) / safe + (z / (2 * safe)) ** 2)
    low, high = np.maximum(middle - reach, 0.0), np.minimum(middle + reach, 1.0)
    none = total <= 0
    return np.where(none, 0.0, low), np.where(none, 1.0, high)


def checked(probabilities, labels):
    """Both as arrays of the right kind, float64 and int64.

    Raises:
        InputError: as `estimate_noise`.
    """
    probabilities = numbers("probabilities", probabilities)
    labels = np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise InputError(
            "expected n labels and probabilities of shape (n, classes); received the "
            f"shapes {labels.shape} and {probabilities.shape}"
        )
    if not len(labels):
        raise InputError("expected at least one example; received none")
    num_classes = probabilities.shape[1]
    if num_classes < 2:
        raise InputError(
            f"expected at least two classes; received probabilities of {num_classes}"
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"labels must be integers; received {labels.dtype}")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise InputError(
            f"labels must be in [0, {num_classes}), a class each; received "
            f"{labels.min()} to {labels.max()}"
        )
    missing = np.flatnonzero(np.bincount(labels, minlength=num_classes) == 0)
    if len(missing):
        raise InputError(
            f"no example is labelled as class {missing[0]}"
            + (f" (nor as {len(missing) - 1} others)" if len(missing) > 1 else "")
            + f"; expected labels of all {num_classes} classes that probabilities have"
        )
    off = np.abs(probabilities.sum(axis=1) - 1.0)
    # NaN is neither.
    bad = np.flatnonzero(~((off < 1e-2) & (probabilities >= 0).all(axis=1)))
    if len(bad):
        row = ", ".join(f"{value:.4g}" for value in probabilities[bad[0]][:5])
        raise InputError(
            "rows of probabilities must be at least 0 and sum to 1 (logits go by "
            f"logits=…); received {row}{', …' if num_classes > 5 else ''} in row "
            f"{bad[0]}" + (f" and {len(bad) - 1} more such" if len(bad) > 1 else "")
        )
    return probabilities, labels.astype(np.int64)


def numbers(name, values):
    """Values as an array of float64.

    Raises:
        InputError: if they are no numbers, or rows of differing lengths.
    """
    try:
        return np.asarray(values, np.float64)
    except (ValueError, TypeError):
        raise InputError(
            f"{name} must be numbers of shape (n, classes), rows of the same length"
        ) from None


def _sharpened(probabilities, temperature):
    logs = np.log(np.maximum(probabilities, 1e-30)) / temperature
    sharp = np.exp(logs - logs.max(axis=1, keepdims=True))
    sharp /= sharp.sum(axis=1, keepdims=True)
    sharp = np.maximum(sharp, _SMALLEST)
    return sharp / sharp.sum(axis=1, keepdims=True)


def _posterior(sharp, labels, matrix):
    """(r, what r counts of each pair of classes)."""
    posterior = sharp * matrix.T[labels]
    posterior /= posterior.sum(axis=1, keepdims=True)
    counts = np.zeros_like(matrix)
    for label in range(len(matrix)):
        counts[:, label] = posterior[labels == label].sum(axis=0)
    return posterior, counts
