"""How much of the given labels the outputs tell, in shares of what there is to tell."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf.noise.output_kind import some

_EXAMPLES, _OUTPUTS = 20_000, 4_000_000


class Information(NamedTuple):
    """What `information` finds.

    Args:
        total: the share of the labels' entropy that the predicted class tells, in
            [0, 1].
        classes: the share for each class, of the question "is this the label?" by "is
            it the predicted class?", shape (k,); NaN for a class without labels.
    """

    total: float
    classes: np.ndarray


def information(probabilities: np.ndarray, labels: np.ndarray) -> Information:
    """The information that the predicted class carries of the given label.

    I(label; predicted) / H(label), both from counts, in the same unit; of I the bias of
    independent counts is taken off, (r − 1)(c − 1) / 2n nats for r predicted classes
    and c labels (Miller, "Note on the Bias of Information Estimates", 1955). 1: every
    label follows from the prediction. 0: as by chance. With symmetric noise at rate 0.4
    in ten classes the best network has 0.41.

    Args:
        probabilities: the outputs, shape (n, k), checked. At most 20,000 rows are read.
        labels: the given labels, shape (n,), checked.

    Example:
        >>> outputs = np.repeat([[0.9, 0.1], [0.2, 0.8]], 100, axis=0)
        >>> round(information(outputs, np.repeat([0, 1], 100)).total, 2)
        1.0
    """
    count, classes = probabilities.shape
    chosen = some(count, min(_EXAMPLES, _OUTPUTS // classes))
    said, given = np.asarray(probabilities[chosen]).argmax(axis=1), labels[chosen]
    size = len(chosen)
    predicted = np.bincount(said, minlength=classes)
    labelled = np.bincount(given, minlength=classes)
    _, pairs = np.unique(said * classes + given, return_counts=True)
    entropy = _entropy(labelled)
    shared = entropy + _entropy(predicted) - _entropy(pairs)
    rows, columns = np.count_nonzero(predicted), np.count_nonzero(labelled)
    shared -= (rows - 1) * (columns - 1) / (2 * size)
    total = np.clip(shared / entropy, 0, 1) if entropy > 0 else 0.0
    hits = np.bincount(given[said == given], minlength=classes)
    cells = np.stack(
        [hits, predicted - hits, labelled - hits, size - predicted - labelled + hits]
    )
    of_label = _entropy(np.stack([labelled, size - labelled]))
    told = of_label + _entropy(np.stack([predicted, size - predicted]))
    told -= _entropy(cells) + 1 / (2 * size)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.clip(told / of_label, 0, 1)
    return Information(float(total), np.where(labelled > 0, each, np.nan))


def _entropy(counts):
    """−Σ p log p over the first axis, in nats."""
    share = counts / counts.sum(axis=0)
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=0)
