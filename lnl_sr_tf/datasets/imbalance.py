"""Imbalanced datasets: some classes have few training examples."""

import numpy as np
import numpy.typing as npt

from lnl_sr_tf.datasets.fields import AnyDataset
from lnl_sr_tf.errors import InputError

KINDS = ("none", "lt", "step")


def class_counts(kind: str, factor: float, size: int, num_classes: int) -> np.ndarray:
    """How many examples of each class an imbalanced dataset is to have.

    Long-tailed (`lt`): ⌊n f^(i/(k−1))⌋ of class i; `step`: n of the first half of the
    classes and ⌊n f⌋ of the others; n = size / k. Cui et al., "Class-Balanced Loss
    Based on Effective Number of Samples" (CVPR 2019); Buda et al. (Neural Networks
    2018).

    Args:
        kind: `"none"`, `"lt"` or `"step"`.
        factor: f in (0, 1], the share that the rarest class keeps.
        size: how many examples there are in all.
        num_classes: k ≥ 2.

    Returns:
        int64, shape (k,).

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> class_counts("lt", 0.01, 50000, 10)[[0, 9]]
        array([5000,   50])
    """
    if kind not in KINDS:
        raise InputError(
            f"unknown imbalance {kind!r}; expected one of {', '.join(KINDS)}"
        )
    if not 0 < factor <= 1:
        raise InputError(f"an imbalance factor must be in (0, 1]; received {factor}")
    if num_classes < 2:
        raise InputError(f"imbalance needs at least 2 classes; received {num_classes}")
    largest = size / num_classes
    rank = np.arange(num_classes)
    if kind == "lt":
        shares = factor ** (rank / (num_classes - 1))
    elif kind == "step":
        shares = np.where(rank < num_classes // 2, 1.0, factor)
    else:
        return np.full(num_classes, size)
    # 5000 · 0.01 may come out as 49.999999999999996, where 50 is meant.
    return np.floor(largest * shares + 1e-6).astype(np.int64)


def imbalanced_indices(
    labels: npt.ArrayLike,
    kind: str,
    factor: float,
    seed: int | np.random.Generator,
    num_classes: int,
) -> np.ndarray:
    """Which examples an imbalanced dataset keeps, in their order.

    Args:
        labels: true labels, integers in [0, k), shape (n,).
        kind: `"none"`, `"lt"` or `"step"`.
        factor: f in (0, 1].
        seed: ≥ 0, or a generator, which is moved on.
        num_classes: k.

    Returns:
        Rising int64 indices. A class with fewer examples than `class_counts` says keeps
        all it has.

    Raises:
        InputError: if an argument is out of range.

    Example:
        >>> labels = np.repeat(np.arange(10), 100)
        >>> len(imbalanced_indices(labels, "lt", 0.01, seed=1, num_classes=10))
        242
    """
    labels = np.asarray(labels)
    counts = class_counts(kind, factor, len(labels), num_classes)
    rng = np.random.default_rng(seed)
    kept = [
        rng.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in enumerate(counts)
    ]
    return np.sort(np.concatenate(kept))


def with_imbalance(
    dataset: AnyDataset, kind: str, factor: float, seed: int | np.random.Generator
) -> AnyDataset:
    """The same dataset with fewer training examples of some classes.

    Args:
        dataset: whose test images stay as they are.
        kind: `"none"`, `"lt"` or `"step"`.
        factor: f in (0, 1], the share that the rarest class keeps.
        seed: ≥ 0, or a generator, which is moved on.

    Raises:
        InputError: if an argument is out of range, or a class would lose all of its
            examples.
    """
    if kind == "none":
        return dataset
    labels = dataset.true_labels
    kept = imbalanced_indices(labels, kind, factor, seed, dataset.num_classes)
    counts = np.bincount(labels[kept], minlength=dataset.num_classes)
    for label in np.flatnonzero(counts == 0):
        raise InputError(
            f"imbalance {kind} by a factor of {factor:g} leaves no example of class "
            f"{dataset.class_names[label]!r}; use a factor closer to 1"
        )
    return dataset.subset(kept)
