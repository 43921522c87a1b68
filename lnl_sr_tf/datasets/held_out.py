"""A part of the examples held out for testing, where no test set is given."""

import numpy as np


def held_out(labels, share, seed, groups=None):
    """Which examples are held out: about the same share of every class.

    Args:
        labels: integers, shape (n,).
        share: in (0, 1), of each class; at least one example, where it has two.
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.
        groups: integers, shape (n,): examples of one group, such as copies of one
            image, stay together; by default each is its own.

    Returns:
        Boolean array of shape (n,).

    Example:
        >>> held_out([0, 0, 0, 0, 1, 1], 0.5, seed=1).sum()
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
