"""Drawing wrong labels from a transition matrix."""

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation


def corrupt(
    labels: ArrayLike,
    matrix: ArrayLike,
    seed: int | np.random.Generator,
    exact: bool = True,
) -> np.ndarray:
    """Labels as a careless annotator would give them, by a transition matrix.

    With `exact`, of the n_i examples of class i precisely round(n_i (1 − T[i, i]))
    get another label, drawn by the rest of row i; this is what published numbers
    use. Without it every label is drawn by itself, and shares vary by chance.

    Args:
        labels: true labels, integers in [0, k), shape (n,) or (n, 1).
        matrix: T, shape (k, k), rows sum to 1; T[i, j] = P(given = j | true = i).
        seed: an integer ≥ 0, or a `numpy.random.Generator`, which is moved on.
        exact: whether each class's share of wrong labels is exact.

    Returns:
        Given labels, int64, shape (n,). The input is left as it is.

    Raises:
        InputError: if a label is not an integer in [0, k), or the matrix is not a
            transition matrix (`validation.transition_matrix`).

    Example:
        given = corrupt(clean, symmetric_matrix(10, 0.4), seed=1)
        (given != clean).mean()  # 0.4
    """
    matrix = validation.transition_matrix("matrix", matrix)
    labels = validation.labels("labels", labels, len(matrix))
    rng = np.random.default_rng(seed)
    given = labels.copy()
    if exact:
        chosen = np.flatnonzero(_exact_share(labels, 1.0 - np.diag(matrix), rng))
        others = matrix * (1.0 - np.eye(len(matrix)))
        given[chosen] = _draw(labels[chosen], others, rng)
    else:
        given = _draw(labels, matrix, rng)
    return given


def _exact_share(labels, rates, rng):
    """Mask with exactly round(n_i · rates[i]) examples of each class i, at random."""
    counts = np.bincount(labels, minlength=len(rates))
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    starts = np.cumsum(counts) - counts
    sorted_labels = labels[order]
    rank_in_class = np.arange(len(labels)) - starts[sorted_labels]
    wrong_in_class = np.rint(counts * rates).astype(np.int64)
    mask = np.zeros(len(labels), dtype=bool)
    mask[order] = rank_in_class < wrong_in_class[sorted_labels]
    return mask


def _draw(labels, rows, rng):
    """For each label a class drawn by the weights of its row."""
    cumulative = np.cumsum(rows, axis=1)
    total = cumulative[:, -1]
    # Row i's steps are moved to (i, i + 1], so that one sorted search serves all.
    scaled = cumulative / np.where(total > 0, total, 1.0)[:, None]
    scaled[:, -1] = 1.0
    steps = (scaled + np.arange(len(rows))[:, None]).ravel()
    # Short of 1, so that rounding cannot lift a draw into the next row.
    draws = labels + rng.random(len(labels)) * (1.0 - 1e-9)
    position = np.searchsorted(steps, draws, side="right")
    return np.minimum(position - labels * len(rows), len(rows) - 1).astype(np.int64)
