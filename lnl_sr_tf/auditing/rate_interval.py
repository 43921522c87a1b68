"""Between which bounds the noise rate lies, by what outputs can and cannot tell."""

import numpy as np

from lnl_sr_tf import noise
from lnl_sr_tf.noise.output_kind import OutputKind

_SUREST, _FEWEST = 0.05, 20  # of the examples that are predicted as one class
# Of the way from what the surest examples say to the share of disagreements, on the
# other side: how far the surest may be wrong themselves.
_FARTHER = 0.5
# How often, relative to the predicted label, a second one is given that may as well be
# the right one.
_RIVAL = 0.6
_ERRS = 0.005  # of sharp outputs at least, also where none hesitates
_Z = 1.96


def rate_interval(
    probabilities: np.ndarray,
    labels: np.ndarray,
    kind: OutputKind,
    rate: float,
    total: int | None = None,
) -> tuple[float, float]:
    """A 95 % interval of the noise rate that holds where the network errs.

    From outputs and labels alone, a network's mistakes and wrong labels can be told
    apart only by an assumption. Sharp outputs: the network errs as rarely as it
    hesitates, so that the interval is Wilson's around the rate, made wider by the share
    of undecided examples on both sides, and downwards by 0.005 at least. Other outputs
    have two bounds.

    - Not more labels are wrong than disagree with the prediction: the upper bound is
      their share d, plus 1.96 standard errors. It fails where most labels of a class
      are one wrong label, which is then the prediction. So where another label is given
      at least 0.6 times as often to what is predicted as one class, that label counts
      as the right one instead, as often as the surest examples (below) have it.
    - A network hardly errs on what it is surest of. Of the 5 % surest examples of each
      predicted class (at least 20), a is the lower end of Wilson's interval for the
      share of other labels, averaged over the classes by their size. Where classes
      overlap everywhere the surest are wrong as well, so the lower bound is
      a − (d − a) / 2, less 1.96 standard errors.

    The bounds are not a model: their factors are measured (docs/audit.md), by how often
    the interval then has the true rate.

    Args:
        probabilities: u, the outputs of some of the examples with evidence, drawn at
            random, shape (n, k).
        labels: the given labels, shape (n,).
        kind: what the outputs say.
        rate: the noise rate, which is always within.
        total: how many examples have evidence; by default n.

    Returns:
        (low, high), in [0, 1].
    """
    classes = probabilities.shape[1]
    total = len(labels) if total is None else total
    if kind.sharp:
        bounds = noise.share_interval(rate * total, total)
        low = float(bounds[0]) - max(kind.undecided, _ERRS)
        high = float(bounds[1]) + kind.undecided
    else:
        plainly = np.mean(probabilities.argmax(axis=1) != labels)
        outputs = probabilities / kind.balance
        outputs /= outputs.sum(axis=1, keepdims=True)
        said, sure = outputs.argmax(axis=1), outputs.max(axis=1)
        disagree = max(float(plainly), float(np.mean(said != labels)))
        among = _surest(said, sure, classes)
        surest = _others_at_least(said, labels, among, classes)
        low = surest - _FARTHER * max(disagree - surest, 0.0)
        low -= _reach(surest, len(labels))
        high = max(disagree, _by_rivals(said, labels, among, classes))
        high += _reach(disagree, len(labels))
    return float(np.clip(min(low, rate), 0, 1)), float(np.clip(max(high, rate), 0, 1))


def _surest(said, sure, classes):
    """Positions of the examples of each predicted class that outputs are surest of."""
    order = np.lexsort((-sure, said))
    predicted = np.bincount(said, minlength=classes)
    starts = np.cumsum(predicted) - predicted
    place = np.arange(len(said)) - np.repeat(starts, predicted)
    most = np.maximum(_FEWEST, _SUREST * predicted)
    return order[place < most[said[order]]]


def _others_at_least(said, given, among, classes):
    """The share of other labels than the predicted one among the surest, at least."""
    other = np.bincount(said[among], given[among] != said[among], minlength=classes)
    low, _ = noise.share_interval(other, np.bincount(said[among], minlength=classes))
    return float(low @ np.bincount(said, minlength=classes) / len(said))


def _by_rivals(said, given, among, classes):
    """The share of wrong labels if a second label that is nearly as frequent is right.

    Of such a label it is what the surest examples have of it: where the network errs,
    shares are too even.
    """
    hits, second, size = _first_and_second(said, given, classes)
    _, surely, drawn = _first_and_second(said[among], given[among], classes)
    surely = size * surely / np.maximum(drawn, 1)
    rival = second >= _RIVAL * hits
    right = np.where(rival, np.minimum(hits, np.minimum(second, surely)), hits)
    return 1.0 - float(right.sum()) / len(said)


def _first_and_second(said, given, classes):
    """How often each predicted class is the label, the commonest other label, and any.

    Counted by pairs that occur, since a table of 5,000 classes is large.
    """
    pairs, often = np.unique(said * classes + given, return_counts=True)
    rows, columns = np.divmod(pairs, classes)
    hits, second = np.zeros((2, classes))
    same = rows == columns
    np.add.at(hits, rows[same], often[same])
    np.maximum.at(second, rows[~same], often[~same])
    return hits, second, np.bincount(said, minlength=classes)


def _reach(share, count):
    """1.96 standard errors of a share, at least those of one in 4n."""
    return _Z * np.sqrt(max(share * (1 - share), 0.25 / count) / count)
