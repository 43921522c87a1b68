"""Cross-validation: training examples in several parts, one left out of each run."""

import dataclasses

import numpy as np
import numpy.typing as npt

from lnl_sr_tf.datasets.fields import AnyDataset, Fold
from lnl_sr_tf.datasets.images.image_files import take
from lnl_sr_tf.errors import InputError

# Keeps these draws apart from others with the same seed.
_STREAM = 0xF01D


def fold_of(labels: npt.ArrayLike, folds: int, seed: int) -> np.ndarray:
    """Which of several parts each example is in.

    Stratified: of every class, and of all examples, the parts have the same number to
    within one.

    Args:
        labels: integers, shape (n,).
        folds: how many parts there are.
        seed: ≥ 0.

    Returns:
        int64, shape (n,), numbers from 1 to `folds`.

    Example:
        >>> np.bincount(fold_of([0, 0, 0, 1, 1, 1], 3, seed=1))
        array([0, 2, 2, 2])
    """
    labels = np.asarray(labels)
    rng = np.random.default_rng([_STREAM, seed, folds])
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    # One after the other over all classes: the next class goes on where one ends.
    parts = np.empty(len(labels), np.int64)
    parts[order] = np.arange(len(labels)) % folds + 1
    return parts


def with_fold(dataset: AnyDataset, part: int, folds: int, seed: int) -> AnyDataset:
    """The same dataset without one of the parts of its training examples.

    The parts depend on given labels, `folds` and `seed` alone, so that each example is
    in exactly one of the parts 1 to `folds`.

    Args:
        dataset: with given labels as training will see them.
        part: which one, from 1.
        folds: how many parts there are, at least 2.
        seed: ≥ 0.

    Returns:
        A new `Dataset` whose `fold` holds that part, with given labels.

    Raises:
        InputError: if there is no such part, or there are fewer examples than parts.

    Example:
        >>> from lnl_sr_tf import datasets
        >>> data = datasets.load("digits", tell=lambda line: None)
        >>> data.with_fold(2, 5, seed=1).fold.labels.shape
        (288,)
    """
    if folds < 2 or not 1 <= part <= folds:
        raise InputError(
            f"fold {part}/{folds}: expected at least 2 parts and one of them by its "
            "number from 1"
        )
    if len(dataset.given_labels) < folds:
        raise InputError(
            f"fold {part}/{folds} needs at least {folds} training examples; dataset "
            f"{dataset.name} has {len(dataset.given_labels)}"
        )
    chosen = fold_of(dataset.given_labels, folds, seed) == part
    kept, left_out = np.flatnonzero(~chosen), np.flatnonzero(chosen)
    fold = Fold(
        take(dataset.train_images, left_out),
        dataset.given_labels[left_out],
        dataset.index[left_out],
        None if dataset.originals is None else take(dataset.originals, left_out),
    )
    return dataclasses.replace(dataset.subset(kept), fold=fold)
