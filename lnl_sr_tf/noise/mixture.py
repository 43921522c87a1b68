"""Which labels are wrong, how many, and how, from a network's outputs alone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

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
    def rate(self) -> float:
        """The noise rate: the mean of `wrong`."""
        return float(self.wrong.mean())


def estimate_noise(
    probabilities: ArrayLike,
    labels: ArrayLike,
    temperature: float = _TEMPERATURE,
    balance: ArrayLike | None = None,
) -> NoiseEstimate:
    """The transition matrix that makes the given labels most likely.

    With q_i(x) ∝ (u_i(x) / b_i)^{1/τ}, the sharpened output, the given label has the
    likelihood P(given = j | x) = Σ_i q_i(x) T_ij, of which T is found by expectation
    maximisation: r_i ∝ q_i(x) T_ij is the probability that an example with the given
    label j is of class i, and T_ij the share of j among what r counts as class i
    (Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm", 1979, with the network as one of two observers).

    Args:
        probabilities: u, the outputs of a network that has not memorised the wrong
            labels, shape (n, k).
        labels: the given labels, integers in [0, k), shape (n,).
        temperature: τ > 0.
        balance: b > 0, shape (k,), by which outputs are divided first; by default 1.

    Returns:
        A `NoiseEstimate`. In its matrix, the column of a class with no labels is nearly
        0, and the row of a class with no examples is what it was assumed to be.

    Raises:
        InputError: if shapes do not fit, rows are not probabilities, a label is not one
            of the classes, or there is only one class.

    Example:
        >>> u = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.2, 0.8]])
        >>> estimate_noise(u, np.array([0, 1, 1, 1])).wrong.round(2)
        array([0., 1., 0., 0.])
    """
    probabilities, labels = validation.probabilities_and_labels(probabilities, labels)
    if not temperature > 0:
        raise InputError(f"temperature must be above 0; received {temperature}")
    if balance is not None:
        balance = validation.numbers("balance", balance, ndim=1)
        if balance.shape != probabilities.shape[1:] or not (balance > 0).all():
            raise InputError(
                f"balance: expected {probabilities.shape[1]} numbers above 0; received "
                f"{balance!r:.80}"
            )
    sharp = _sharpened(probabilities, temperature, balance)
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


def share_interval(
    count: ArrayLike, total: ArrayLike, z: float = 1.96
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval for a share; 95 % with the default.

    It covers sampling only; a network's misjudgement comes on top.

    Args:
        count: how many of `total`; neither has to be whole, and arrays are taken too.
        total: of how many, ≥ 0.
        z: the quantile of the normal distribution.

    Returns:
        (low, high); (0, 1) where the total is 0, NaN where a number is NaN.

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


def _sharpened(probabilities, temperature, balance=None):
    logs = np.log(np.maximum(probabilities, 1e-30))
    if balance is not None:
        logs -= np.log(balance)
    logs /= temperature
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
