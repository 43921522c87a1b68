"""Between which bounds the noise rate lies, by what outputs can and cannot tell."""

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.noise.output_kind import OutputKind, some

_EXAMPLES, _OUTPUTS = 20_000, 4_000_000
_SUREST, _FEWEST = 0.05, 20  # of the examples that are predicted as one class
# Of the way from what the surest examples say to the share of disagreements, on the
# other side: how far the surest may be wrong themselves.
_FARTHER = 0.5
# A second label that is given at least so often as the first, relative to it, may as
# well be the right one.
_RIVAL = 0.5
_ERRS = 0.005  # of sharp outputs at least, also where none hesitates
_Z = 1.96


def rate_interval(
    probabilities: np.ndarray,
    labels: np.ndarray,
    kind: OutputKind,
    estimate: noise.NoiseEstimate,
    rate: float,
) -> tuple[float, float]:
    """A 95 % interval of the noise rate that holds where the network errs.

    From outputs and labels alone, a network's mistakes and wrong labels can be told
    apart only by an assumption. Sharp outputs: the network errs as rarely as it
    hesitates, so that the interval is Wilson's around the rate, made wider by the share
    of undecided examples on both sides, and downwards by 0.005 at least. Other outputs
    have two bounds.

    - Not more labels are wrong than disagree with the prediction: the upper bound is
      their share d, plus 1.96 standard errors. It fails where most labels of a class
      are one wrong label. So a class whose second label j has T_ij > T_ii / 2 counts
      with 1 − T_ij too, as if j were right, if that is more.
    - A network hardly errs on what it is surest of. Of the 5 % surest examples of each
      predicted class (at least 20), a is the lower end of Wilson's interval for the
      share of other labels, averaged over the classes by their size. Where classes
      overlap everywhere the surest are wrong as well, so the lower bound is
      a − (d − a) / 2, less 1.96 standard errors.

    The bounds are not a model: their factors are measured (docs/audit.md), by how often
    the interval then has the true rate.

    Args:
        probabilities: u, the outputs of examples with evidence, shape (n, k).
        labels: the given labels, shape (n,).
        kind: what the outputs say.
        estimate: found by it.
        rate: the noise rate, which is always within.

    Returns:
        (low, high), in [0, 1].
    """
    count, classes = probabilities.shape
    if kind.sharp:
        low, high = noise.share_interval(rate * count, count)
        low = float(low) - max(kind.undecided, _ERRS)
        high = float(high) + kind.undecided
    else:
        chosen = some(count, min(_EXAMPLES, _OUTPUTS // classes))
        given = labels[chosen]
        outputs = np.asarray(probabilities[chosen], np.float64)
        plainly = np.mean(outputs.argmax(axis=1) != given)
        outputs = outputs / kind.balance
        outputs /= outputs.sum(axis=1, keepdims=True)
        said, sure = outputs.argmax(axis=1), outputs.max(axis=1)
        disagree = max(float(plainly), float(np.mean(said != given)))
        surest = _surest(said, sure, given, classes)
        low = surest - _FARTHER * max(disagree - surest, 0.0)
        low -= _reach(surest, len(given))
        high = max(disagree, _by_rivals(estimate)) + _reach(disagree, len(given))
    return float(np.clip(min(low, rate), 0, 1)), float(np.clip(max(high, rate), 0, 1))


def _surest(said, sure, given, classes):
    """The share of other labels among the surest, at least."""
    order = np.lexsort((-sure, said))
    predicted = np.bincount(said, minlength=classes)
    starts = np.cumsum(predicted) - predicted
    place = np.arange(len(said)) - np.repeat(starts, predicted)
    most = np.maximum(_FEWEST, _SUREST * predicted)
    among = order[place < most[said[order]]]
    other = np.bincount(said[among], given[among] != said[among], minlength=classes)
    size = np.bincount(said[among], minlength=classes)
    low, _ = noise.share_interval(other, size)
    return float(low @ predicted / len(said))


def _by_rivals(estimate):
    """The noise rate if the second label of a class were right, where it may be."""
    known = ~np.isnan(np.diag(estimate.matrix))
    matrix = estimate.matrix[np.ix_(known, known)]
    size = estimate.counts[np.ix_(known, known)].sum(axis=1)
    right = np.diag(matrix).copy()
    others = matrix - np.diag(right)
    second = others.max(axis=1)
    right = np.where(second > _RIVAL * right, np.minimum(right, second), right)
    return float((1.0 - right) @ size / max(size.sum(), 1e-9))


def _reach(share, count):
    """1.96 standard errors of a share, at least those of one in 4n."""
    return _Z * np.sqrt(max(share * (1 - share), 0.25 / count) / count)
