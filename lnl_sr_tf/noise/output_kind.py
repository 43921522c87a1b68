"""Whether outputs are sharp or calibrated, and how they tell the true class."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf.noise.mixture import estimate_noise

# Share of undecided examples up to which outputs are sharp. On digits, networks under
# sparse regularization leave at most 1 % so; logistic regression by folds, which
# predicts the given labels, 10 % and more where labels are wrong.
_MOST_UNDECIDED = 0.02
# Of sharp outputs, as `estimate_noise` has it by default, and of calibrated ones,
# measured on data sets of scikit-learn (docs/measurements/audit.md).
_SHARP_TEMPERATURE, _TEMPERATURE = 0.1, 0.3
_ROUNDS = 3
# What is read of the outputs to judge all of them.
_EXAMPLES, _OUTPUTS = 20_000, 400_000
_FEWEST = 10  # examples of a class on average, to tell its share of right labels


class OutputKind(NamedTuple):
    """What `output_kind` finds.

    Args:
        undecided: the share of examples whose second largest output is more than half
            of the largest.
        temperature: τ by which they are sharpened into probabilities of the true class.
        balance: b, by which they are divided first, shape (k,); ones for sharp outputs.
    """

    undecided: float
    temperature: float
    balance: np.ndarray

    @property
    def sharp(self) -> bool:
        """Whether nearly every output names one class."""
        return self.undecided <= _MOST_UNDECIDED


def output_kind(probabilities: np.ndarray, labels: np.ndarray) -> OutputKind:
    """Find out what outputs say: one class each, or how likely each label is.

    Outputs under sparse regularization name the true class, softly where they are means
    over epochs: they are sharpened (τ = 0.1) and nothing else. Outputs of other
    networks, judged by folds, predict the given labels: u_j(x) ≈ Σ_i q_i(x) T_ij. Where
    labels of class i are more often right than those of class l, u_i is larger than u_l
    on examples that are as likely of either. So u_i is divided by b_i ∝ T_ii^s first,
    and then sharpened with τ = 0.3. T is found by `estimate_noise`, in three rounds;
    the exponent s = max(0, 1 − v/w) compares v, the variance of the log T_ii by
    sampling, with w, their variance over classes, so that chance differences are not
    believed (empirical Bayes; Efron and Morris, "Data Analysis Using Stein's Estimator
    and its Generalizations", 1975).

    Both are statistics of all examples, of which `sample` draws some; b is taken from
    as many as have 400,000 outputs. With fewer than ten of them a class, b is 1.

    Args:
        probabilities: u, checked, rows with the sum 1, shape (n, k).
        labels: the given labels, shape (n,), checked.

    Example:
        >>> output_kind(np.full((4, 2), 0.5), np.array([0, 1, 0, 1])).sharp
        False
    """
    count, classes = probabilities.shape
    two = np.partition(probabilities, classes - 2, axis=1)[:, -2:]
    undecided = float(np.mean(two[:, 0] > two[:, 1] / 2))
    if undecided <= _MOST_UNDECIDED:
        return OutputKind(undecided, _SHARP_TEMPERATURE, np.ones(classes))
    chosen = _some(count, _OUTPUTS // classes)
    balance = np.ones(classes)
    if len(chosen) >= _FEWEST * classes:
        part = probabilities[chosen]
        for _ in range(_ROUNDS):
            found = estimate_noise(part, labels[chosen], _TEMPERATURE, balance)
            balance = _balance(np.diag(found.matrix), found.counts.sum(axis=1))
    return OutputKind(undecided, _TEMPERATURE, balance)


def sample(positions: np.ndarray, classes: int) -> np.ndarray:
    """Some of the examples, by which all are judged: 20,000, fewer of many classes.

    Args:
        positions: of n ≥ 1 examples, rising.
        classes: k.

    Returns:
        Positions, rising, always the same ones.

    Example:
        >>> sample(np.array([2, 5]), 10)
        array([2, 5])
    """
    return positions[_some(len(positions), min(_EXAMPLES, 10 * _OUTPUTS // classes))]


def _some(count, most):
    if count <= most:
        return np.arange(count)
    drawn = np.random.default_rng(0).choice(count, max(most, 1), replace=False)
    return np.sort(drawn)


def _balance(right, size):
    """b of the shares of right labels, shrunk towards their mean by their errors."""
    right = np.clip(right, 0.02, 0.999)
    logs = np.log(right)
    by_chance = np.mean((1 - right) / right / np.maximum(size, 1.0))
    believed = max(0.0, 1.0 - by_chance / max(logs.var(ddof=1), 1e-12))
    return np.exp(believed * (logs - logs.mean()))
