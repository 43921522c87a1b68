"""What an exported network says, against what the SavedModel of its run says."""

from typing import NamedTuple

import numpy as np

# Between two probabilities that rounding alone sets apart. Sharpened logits magnify it;
# features of a backbone, which are float16, may come out one step apart.
TOLERANCE = 0.002


class Comparison(NamedTuple):
    """How far two networks are apart on some examples.

    Args:
        examples: how many.
        largest: the largest difference between two probabilities; NaN where one is.
        otherwise: how many examples they label otherwise.
        accuracy: of the exported network.
        before: that of the SavedModel.
    """

    examples: int
    largest: float
    otherwise: int
    accuracy: float
    before: float

    @property
    def same(self) -> bool:
        """Whether rounding alone sets them apart."""
        return self.largest <= TOLERANCE


def compare(found: np.ndarray, expected: np.ndarray, labels: np.ndarray) -> Comparison:
    """Compare the probabilities of two networks.

    Args:
        found: those of the exported network, shape (n, k).
        expected: those of the SavedModel, shape (n, k).
        labels: shape (n,).

    Example:
        >>> one = np.array([[0.25, 0.75], [0.5, 0.5]])
        >>> compare(one, one, np.array([1, 1])).accuracy
        0.5
    """
    said, before = found.argmax(axis=1), expected.argmax(axis=1)
    return Comparison(
        len(labels),
        float(np.abs(found - expected).max()),
        int((said != before).sum()),
        float((said == labels).mean()),
        float((before == labels).mean()),
    )
