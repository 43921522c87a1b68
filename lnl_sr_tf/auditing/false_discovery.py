"""How many of many findings can be told, so that few of them are false."""

import numpy as np


def discoveries(p_values: np.ndarray, share: float) -> np.ndarray:
    """The findings among which at most a share is expected to be false.

    With the p-values in ascending order, the first m are found, m being the largest
    with p_m ≤ m·share / n (Benjamini and Hochberg, 1995). Where there is nothing to
    find, anything is found with a probability of at most `share`.

    Args:
        p_values: in [0, 1], shape (n,).
        share: in (0, 1).

    Returns:
        A mask of shape (n,).

    Example:
        >>> discoveries(np.array([0.001, 0.9, 0.02, 0.5]), 0.05)
        array([ True, False,  True, False])
    """
    ordered = np.sort(p_values)
    within = ordered <= share * np.arange(1, len(ordered) + 1) / len(ordered)
    last = np.flatnonzero(within)
    return p_values <= (ordered[last[-1]] if len(last) else -1.0)
