"""Which labels are wrong, how many, and how, from a network's outputs alone."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf import validation
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
        A `NoiseEstimate`. In its matrix, the column of a class that no example is
        labelled as is nearly 0, and the row of one that no example seems to be of is
        what it was assumed to be.

    Raises:
        InputError: if shapes do not fit, rows are no probabilities, a label is none of
            the classes, or there is one class alone.

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
    labelled = np.bincount(labels, minlength=num_classes)
    by_label = np.split(
        sharp[np.argsort(labels, kind="stable")], np.cumsum(labelled)[:-1]
    )
    for _ in range(_STEPS):
        counts = _counts(by_label, matrix)
        # One thousandth of an example more keeps a class without any from 0 / 0.
        better = counts + 1e-3 / num_classes
        better /= better.sum(axis=1, keepdims=True)
        moved = np.abs(better - matrix).max()
        matrix = better
        if moved < _TOLERANCE:
            break
    counts = _counts(by_label, matrix)
    posterior = sharp * matrix.T[labels]
    posterior /= posterior.sum(axis=1, keepdims=True)
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
        (low, high); (0, 1) where there are none, NaN where a number is.

    Example:
        >>> low, high = share_interval(40, 100)
        >>> round(float(low), 2), round(float(high), 2)
        (0.31, 0.5)
    """
    count = validation.numbers("count", count)
    total = validation.numbers("total", total)
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
    probabilities = validation.numbers("probabilities", probabilities, ndim=2)
    count, num_classes = probabilities.shape
    if num_classes < 2:
        raise InputError(
            f"expected at least two classes; received probabilities of {num_classes}"
        )
    labels = validation.labels("labels", labels, num_classes, count)
    if not count:
        raise InputError("expected at least one example; received none")
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
    return probabilities, labels


def _sharpened(probabilities, temperature):
    logs = np.log(np.maximum(probabilities, 1e-30)) / temperature
    sharp = np.exp(logs - logs.max(axis=1, keepdims=True))
    sharp /= sharp.sum(axis=1, keepdims=True)
    sharp = np.maximum(sharp, _SMALLEST)
    return sharp / sharp.sum(axis=1, keepdims=True)


def _counts(by_label, matrix):
    """How many examples of class i (row) are given j (column), as the posterior has it.

    That of x is q_i T_ij / Σ q T, so that its sum over the examples of one label takes
    two products with a vector.
    """
    counts = np.empty_like(matrix)
    for label, sharp in enumerate(by_label):
        column = matrix[:, label]
        counts[:, label] = column * ((1.0 / (sharp @ column)) @ sharp)
    return counts
