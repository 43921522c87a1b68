"""Which examples another vote would tell most about."""

import numpy as np

_BLOCK = 2**16  # examples at a time


def information(posterior: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """What one more vote is expected to tell about each true class, in bits.

    It is by how much the entropy of q is expected to fall, the mutual information of
    class and vote: H(Σ_k q_k π_k) − Σ_k q_k H(π_k).

    Args:
        posterior: q, probabilities of the true classes, shape (n, k).
        confusion: π of the annotator, P(says column | true row), shape (k, k).

    Returns:
        Shape (n,), at least 0 and at most log2 k.

    Example:
        >>> information(np.array([[1.0, 0.0], [0.5, 0.5]]), np.eye(2))
        array([0., 1.])
    """
    noise = _entropy(confusion)
    told = np.empty(len(posterior))
    for start in range(0, len(posterior), _BLOCK):
        rows = slice(start, start + _BLOCK)
        told[rows] = _entropy(posterior[rows] @ confusion) - posterior[rows] @ noise
    return np.maximum(told, 0.0)


def _entropy(rows: np.ndarray) -> np.ndarray:
    """−Σ p log2 p of each row, 0 log 0 being 0."""
    logs = np.log2(rows, out=np.zeros_like(rows), where=rows > 0)
    return -(rows * logs).sum(axis=1)
