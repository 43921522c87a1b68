"""The class that most annotators named."""

import numpy as np


def majority(counts: np.ndarray) -> np.ndarray:
    """The class with the most votes for each example, int64, shape (n,).

    Of several with as many votes, it is the one that has the most votes over all
    examples, and of such the first. An example without a vote gets the class with the
    most votes of all, too.

    Args:
        counts: votes by example and class, integers, shape (n, k).

    Example:
        >>> majority(np.array([[2, 1], [1, 1], [0, 0], [0, 3]]))
        array([0, 1, 1, 1])
    """
    favourite = np.argsort(-counts.sum(axis=0), kind="stable")
    return favourite[counts[:, favourite].argmax(axis=1)]
