"""Which labels are wrong, how many, and how, from a network's outputs alone."""

import functools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.noise import expectation
from lnl_sr_tf.noise.few_classes import TEMPERATURE, few_classes


class NoiseEstimate:
    """What `estimate_noise` finds.

    Args:
        matrix: T, shape (k, k): T[i, j] = P(given = j | true = i).
        posterior: P(true = i | x, given), shape (n, k); or a function that makes it
            when it is first asked for, since it is often larger than all the rest.
        wrong: P(true ≠ given | x, given), shape (n,).
        counts: shape (k, k): how many examples are of class i and were given j, as the
            posterior has it.
    """

    def __init__(
        self,
        matrix: np.ndarray,
        posterior: np.ndarray | Callable[[], np.ndarray],
        wrong: np.ndarray,
        counts: np.ndarray,
    ) -> None:
        self.matrix = matrix
        self._posterior = posterior
        self.wrong = wrong
        self.counts = counts

    def __iter__(self) -> Iterator[np.ndarray]:
        yield from (self.matrix, self.posterior, self.wrong, self.counts)

    @functools.cached_property
    def posterior(self) -> np.ndarray:
        """P(true = i | x, given), shape (n, k)."""
        return self._posterior() if callable(self._posterior) else self._posterior

    @property
    def rate(self) -> float:
        """The noise rate: the mean of `wrong`."""
        return float(self.wrong.mean())


def estimate_noise(
    probabilities: ArrayLike,
    labels: ArrayLike,
    temperature: float = TEMPERATURE,
    balance: ArrayLike | None = None,
) -> NoiseEstimate:
    """The transition matrix that makes the given labels most likely.

    With q_i(x) ∝ (u_i(x) / b_i)^{1/τ}, the sharpened output, the given label has the
    likelihood P(given = j | x) = Σ_i q_i(x) T_ij, of which T is found by expectation
    maximisation: r_i ∝ q_i(x) T_ij is the probability that an example with the given
    label j is of class i, and T_ij the share of j among what r counts as class i
    (Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm", 1979, with the network as one of two observers). No q_i is below
    1e-6, so that no label is impossible. Of each example the classes above are kept,
    100 at most, and the rest as one mass (`lnl_sr_tf.noise.few_classes` bounds what
    that changes).

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
    kept, labels = few_classes(probabilities, labels, temperature, balance=balance)
    found = expectation.fit(kept, labels)
    whole = functools.partial(
        expectation.posterior, kept, labels, found.matrix, np.ones(len(labels), bool)
    )
    return NoiseEstimate(found.matrix, whole, found.wrong, found.counts)


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
