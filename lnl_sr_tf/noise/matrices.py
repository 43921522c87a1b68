"""Transition matrices: T[i, j] is the probability of label j where i is true."""

import numbers
from collections.abc import Mapping

import numpy as np

from lnl_sr_tf.errors import InputError

# Class → class that annotators take it for, by index. The maps all published
# numbers use, after Patrini et al., "Making Deep Neural Networks Robust to Label
# Noise" (CVPR 2017).
_ASYMMETRIC_MAPS = {
    # 7→1, 2→7, 3→8, 5↔6
    "mnist": {7: 1, 2: 7, 3: 8, 5: 6, 6: 5},
    # truck→automobile, bird→airplane, deer→horse, cat↔dog
    "cifar10": {9: 1, 2: 0, 4: 7, 3: 5, 5: 3},
    # i→i+1, round within consecutive blocks of five label indices. The labels are
    # alphabetical, so these blocks are not the superclasses.
    "cifar100": {i: i // 5 * 5 + (i + 1) % 5 for i in range(100)},
}
# Of the datasets that noise was published of.
NUM_CLASSES = {"mnist": 10, "cifar10": 10, "cifar100": 100}


def symmetric_matrix(num_classes: int, rate: float) -> np.ndarray:
    """Symmetric noise: T[i, i] = 1 − η, and η / (k − 1) for every other class.

    Args:
        num_classes: k ≥ 2.
        rate: the noise rate η in [0, 1). A classifier can be learned from such
            labels where η < 1 − 1/k (Ghosh et al., AAAI 2017).

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> symmetric_matrix(3, 0.2)[0]
        array([0.8, 0.1, 0.1])
    """
    check_arguments(num_classes, rate)
    matrix = np.full((num_classes, num_classes), rate / (num_classes - 1))
    np.fill_diagonal(matrix, 1.0 - rate)
    return matrix


def pairflip_matrix(num_classes: int, rate: float) -> np.ndarray:
    """Pairflip noise: class i becomes i + 1 mod k with probability η.

    Han et al., "Co-teaching" (NeurIPS 2018).

    Args:
        num_classes: k ≥ 2.
        rate: the noise rate η in [0, 1); learnable where η < 1/2.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> pairflip_matrix(3, 0.25)[2]
        array([0.25, 0.  , 0.75])
    """
    check_arguments(num_classes, rate)
    partners = {i: (i + 1) % num_classes for i in range(num_classes)}
    return matrix_of_map(num_classes, rate, partners)


def asymmetric_matrix(dataset: str, rate: float) -> np.ndarray:
    """Asymmetric noise: a class is mistaken for a similar one with probability η.

    MNIST 7→1, 2→7, 3→8, 5↔6; CIFAR-10 truck→automobile, bird→airplane, deer→horse,
    cat↔dog; CIFAR-100 i→i+1, round within consecutive blocks of five label
    indices. The other classes keep their labels.

    Args:
        dataset: `"mnist"`, `"cifar10"` or `"cifar100"`.
        rate: the noise rate η in [0, 1) of the classes that have a partner.

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the rate is out of range, or the dataset is another one, of which
            it is not known which classes look alike.

    Example:
        >>> float(asymmetric_matrix("mnist", 0.4)[7, 1])
        0.4
    """
    if dataset not in _ASYMMETRIC_MAPS:
        raise InputError(
            f"asymmetric noise is not defined for dataset {dataset!r}, only for "
            f"{', '.join(_ASYMMETRIC_MAPS)}; pass --asym_map=TRUE>GIVEN,… to say "
            "which class is mistaken for which, or use pairflip noise"
        )
    num_classes = NUM_CLASSES[dataset]
    check_arguments(num_classes, rate)
    return matrix_of_map(num_classes, rate, _ASYMMETRIC_MAPS[dataset])


def noise_matrix(kind: str, dataset: str, num_classes: int, rate: float) -> np.ndarray:
    """The transition matrix of a kind of noise, by its short name.

    Args:
        kind: `"none"`, `"sym"`, `"asym"` or `"pairflip"`.
        dataset: name of the dataset; only `"asym"` needs it.
        num_classes: k ≥ 2.
        rate: the noise rate η in [0, 1).

    Returns:
        float64 array of shape (k, k), whose rows sum to 1.

    Raises:
        InputError: if the kind is unknown, or an argument does not fit it.

    Example:
        >>> noise_matrix("none", "digits", 2, 0.0)
        array([[1., 0.],
               [0., 1.]])
    """
    if kind == "none":
        return np.eye(num_classes)
    if kind == "sym":
        return symmetric_matrix(num_classes, rate)
    if kind == "asym":
        return asymmetric_matrix(dataset, rate)
    if kind == "pairflip":
        return pairflip_matrix(num_classes, rate)
    raise InputError(
        f"unknown noise {kind!r}; expected one of: none, sym, asym, pairflip"
    )


def matrix_of_map(
    num_classes: int, rate: float, partners: Mapping[int, int]
) -> np.ndarray:
    """T of a map: class i becomes partners[i] with probability η; others stay."""
    matrix = np.eye(num_classes)
    for true, given in partners.items():
        matrix[true, true] = 1.0 - rate
        matrix[true, given] = rate
    return matrix


def check_rate(rate: float) -> None:
    """Raise InputError unless a noise rate is a number in [0, 1)."""
    number = isinstance(rate, numbers.Real) or getattr(rate, "shape", None) == ()
    if not number or not 0 <= rate < 1:
        raise InputError(f"a noise rate must be in [0, 1); received {rate!r}")


def check_arguments(num_classes: int, rate: float) -> None:
    """Raise InputError unless there are two classes and the rate is in [0, 1)."""
    if not isinstance(num_classes, numbers.Integral) or num_classes < 2:
        raise InputError(
            f"label noise needs at least 2 classes; received {num_classes!r}"
        )
    check_rate(rate)
