"""Examples that are kept from training, for testing or for validation."""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from lnl_sr_tf.datasets.fields import AnyDataset, TestSet
from lnl_sr_tf.errors import InputError


def held_out(
    labels: npt.ArrayLike,
    share: float,
    seed: int | np.random.Generator,
    groups: npt.ArrayLike | None = None,
) -> np.ndarray:
    """Which examples are held out: about the same share of every class.

    Args:
        labels: integers, shape (n,).
        share: in (0, 1), of each class; at least one example, where it has two.
        seed: ≥ 0, or a generator, which is moved on.
        groups: integers, shape (n,): examples of one group, such as copies of one
            image, stay together; by default each is its own.

    Returns:
        Boolean, shape (n,).

    Example:
        >>> int(held_out([0, 0, 0, 0, 1, 1], 0.5, seed=1).sum())
        3
    """
    labels = np.asarray(labels)
    groups = np.arange(len(labels)) if groups is None else groups
    # A group counts for the class of its first example.
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    # In the order of the examples, whatever numbers the groups have.
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    group, first = rank[group], np.sort(first)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(first), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels[first] == label)
        count = min(max(1, round(share * len(members))), len(members) - 1)
        chosen[rng.permutation(members)[: max(count, 0)]] = True
    return chosen[group]


def held_out_for_testing(
    source: str,
    labels: np.ndarray,
    share: float,
    groups: np.ndarray,
    clean_known: bool,
    test_set: str,
    tell: Callable[[str], None],
    what: str = "images",
) -> np.ndarray:
    """Which examples become the test set of data that came without one.

    They are the same for every seed of a run.

    Args:
        source: where the data is from, for messages.
        labels: given labels, int64, shape (n,).
        share: in (0, 1), of each class.
        groups: the same number for copies of one image, int64, shape (n,).
        clean_known: whether clean labels are known.
        test_set: what a test set is called in such data, for messages.
        tell: called with a line that says how many are held out.
        what: examples are called.

    Returns:
        Boolean, shape (n,).

    Raises:
        InputError: if no class has two different images.
    """
    chosen = held_out(labels, share, seed=0, groups=groups)
    if not chosen.any():
        raise InputError(
            f"{source}: no class has two {what}, so none can be held out for testing; "
            f"add {what}, or {test_set}"
        )
    tell(
        f"no test set: {int(chosen.sum())} of {len(chosen)} {what} are held out, "
        f"{share:.0%} of each class"
        + ("" if clean_known else "; their labels are as noisy as the rest")
    )
    return chosen


def with_validation(
    dataset: AnyDataset, share: float, seed: int | np.random.Generator
) -> AnyDataset:
    """The same dataset with a part of the training examples kept for validation.

    Args:
        dataset: with given labels as training will see them.
        share: in (0, 1), of each class as labels are given.
        seed: ≥ 0, or a generator, which is moved on.

    Returns:
        A new `Dataset` whose `validation` holds that part, with given labels.

    Example:
        >>> from lnl_sr_tf import datasets
        >>> data = datasets.load("digits", tell=lambda line: None)
        >>> data.with_validation(0.1, seed=1).validation.labels.shape
        (145,)
    """
    chosen = held_out(dataset.given_labels, share, seed)
    part = dataset.subset(np.flatnonzero(chosen))
    validation = TestSet(
        part.train_images, part.given_labels, part.paths, part.originals
    )
    kept = dataset.subset(np.flatnonzero(~chosen))
    return dataclasses.replace(kept, validation=validation)
