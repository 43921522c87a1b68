"""From outputs and labels to what can be said of each label and of all of them."""

import dataclasses

import numpy as np
from sklearn.isotonic import IsotonicRegression

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import mixture

# Of all labels: suspects, and the estimated noise rate. On clean data a network errs
# on about as many.
_NO_SIGN, _NO_RATE = 0.01, 0.02


@dataclasses.dataclass(frozen=True)
class Audit:
    """What is known of n labels of k classes. Made by `lnl.audit`.

    Args:
        index: the number of each example in its source, int64, shape (n,).
        given: the labels that were given, int64, shape (n,).
        suggested: those that may be right instead, int64, shape (n,); the given ones
            where they are more likely right than wrong.
        score: −log ū_given(x) ≥ 0, the network's surprise at the given label, in nats;
            ū is its output, averaged over epochs where they were recorded.
        probability: that the given label is wrong, in [0, 1], rising with the score.
        estimate: the `lnl_sr_tf.noise.NoiseEstimate` behind it.
        class_names: k texts.
        clean: the true labels, -1 for none of the classes, where known; else None.
        names: n paths, or None.
        evidence: where the outputs are from, in words.

    Example:
        >>> found = lnl.audit(labels, probabilities)
        >>> found.noise_rate, found.noise_rate_interval
        (0.41, (0.39, 0.44))
    """

    index: np.ndarray
    given: np.ndarray
    suggested: np.ndarray
    score: np.ndarray
    probability: np.ndarray
    estimate: noise.NoiseEstimate
    class_names: tuple
    clean: np.ndarray | None = None
    names: tuple | None = None
    evidence: str = "outputs that were passed in"

    @property
    def order(self):
        """Places of the examples from the most to the least suspect, shape (n,)."""
        return np.lexsort((np.arange(len(self.given)), -self.score))

    @property
    def rank(self):
        """Of each example, 1 for the most suspect."""
        rank = np.empty(len(self.given), np.int64)
        rank[self.order] = np.arange(1, len(rank) + 1)
        return rank

    @property
    def suspects(self):
        """Places of the labels that are rather wrong than right, most suspect first."""
        order = self.order
        return order[self.probability[order] > 0.5]

    @property
    def noise_rate(self):
        """The estimated share of wrong labels."""
        return float(self.probability.mean())

    @property
    def noise_rate_interval(self):
        """(low, high), 95 % by sampling; what the network misjudges comes on top."""
        low, high = noise.share_interval(self.probability.sum(), len(self.given))
        return float(low), float(high)

    @property
    def class_rates(self):
        """(share, low, high) of wrong labels among those given as each class."""
        counts = self.estimate.counts
        total = counts.sum(axis=0)
        wrong = total - np.diag(counts)
        return wrong / total, *noise.share_interval(wrong, total)

    @property
    def matrix(self):
        """(T, low, high), each of shape (k, k): the transition matrix, P(given | true).

        Of a class that no example seems to be of, the matrix is what it was assumed to
        be, and the interval nearly [0, 1].
        """
        counts = self.estimate.counts
        total = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
        low, high = noise.share_interval(counts, total)
        return self.estimate.matrix, low, high

    @property
    def no_sign(self):
        """Whether no more looks wrong than a network's own mistakes would."""
        few = len(self.suspects) <= _NO_SIGN * len(self.given)
        return few and self.noise_rate <= _NO_RATE

    @property
    def words(self):
        """The outcome in a line."""
        if self.no_sign:
            return (
                f"no sign of label noise: {len(self.suspects)} of {len(self.given)} "
                "labels are more likely wrong than right"
            )
        low, high = self.noise_rate_interval
        return (
            f"noise rate {self.noise_rate:.3f} ({low:.3f} to {high:.3f}); "
            f"{len(self.suspects)} of {len(self.given)} labels are more likely wrong "
            "than right"
        )


def audit_arrays(
    labels,
    probabilities=None,
    *,
    logits=None,
    class_names=None,
    clean=None,
    index=None,
    names=None,
    evidence="outputs that were passed in",
):
    """Audit labels by what a network, of this package or not, says of the examples.

    The outputs should be of a network that has not learned the wrong labels by heart:
    one with sparse regularization, or for each example one that was trained without it.

    Args:
        labels: the given ones, integers in [0, k), shape (n,).
        probabilities: shape (n, k), rows sum to 1; or else
        logits: shape (n, k).
        class_names: k texts; by default the numbers.
        clean: true labels, for measuring only; None where they are not known.
        index: numbers of the examples in their source; by default 0, 1, …
        names: n paths.
        evidence: where the outputs are from, in words.

    Returns:
        An `Audit`.

    Raises:
        InputError: if shapes do not fit, numbers are none, or labels are none of the
            classes.

    Example:
        >>> audit_arrays(labels, logits=model.predict(images)).noise_rate
        0.12
    """
    if (probabilities is None) == (logits is None):
        raise InputError("expected either probabilities or logits beside labels")
    if logits is not None:
        probabilities = _softmax(logits)
    probabilities, labels = mixture.checked(probabilities, labels)
    count, num_classes = probabilities.shape
    if class_names is None:
        class_names = tuple(map(str, range(num_classes)))
    _check_length("class_names", class_names, num_classes)
    for name, value in (("clean", clean), ("index", index), ("names", names)):
        _check_length(name, value, count)
    clean = None if clean is None else _checked_clean(clean, num_classes)
    estimate = noise.estimate_noise(probabilities, labels)
    score = -np.log(np.maximum(probabilities[np.arange(count), labels], 1e-300))
    score = np.maximum(score, 0.0)
    probability = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(
        score, estimate.wrong
    )
    others = estimate.posterior.copy()
    others[np.arange(count), labels] = -1.0
    suggested = np.where(probability > 0.5, others.argmax(axis=1), labels)
    return Audit(
        index=np.arange(count) if index is None else np.asarray(index),
        given=labels,
        suggested=suggested,
        score=score,
        probability=probability,
        estimate=estimate,
        class_names=tuple(class_names),
        clean=clean,
        names=None if names is None else tuple(names),
        evidence=evidence,
    )


def _softmax(logits):
    logits = mixture.numbers("logits", logits)
    if logits.ndim != 2 or not np.isfinite(logits).all():
        bad = np.flatnonzero(~np.isfinite(logits).all(axis=-1)) if logits.size else []
        raise InputError(
            "logits must be finite numbers of shape (n, classes); received "
            + (
                f"the shape {logits.shape}"
                if logits.ndim != 2
                else f"NaN or infinity in row {bad[0]}"
            )
        )
    if not logits.size:
        return logits  # of which the shape is wrong, too
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _checked_clean(clean, num_classes):
    clean = np.asarray(clean)
    fits = clean.ndim == 1 and np.issubdtype(clean.dtype, np.integer)
    if not fits or clean.min() < -1 or clean.max() >= num_classes:
        raise InputError(
            f"clean: expected whole numbers in [0, {num_classes}), or -1 for none of "
            f"the classes, one an example; received {clean.dtype} of shape "
            f"{clean.shape}" + (f" from {clean.min()} to {clean.max()}" if fits else "")
        )
    return clean.astype(np.int64)


def _check_length(name, value, count):
    if value is not None and len(value) != count:
        raise InputError(f"{name}: expected {count}; received {len(value)}")
