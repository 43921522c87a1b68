"""The audit of labels by the outputs of any network, both given as arrays."""

import collections.abc
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.isotonic import IsotonicRegression

from lnl_sr_tf import noise, validation
from lnl_sr_tf.auditing.agreement import agreement
from lnl_sr_tf.auditing.evidence import information
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.rate_interval import rate_interval
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.output_kind import output_kind


def audit_arrays(
    labels: ArrayLike,
    probabilities: ArrayLike | None = None,
    *,
    logits: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    clean: ArrayLike | None = None,
    index: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    evidence: str = "outputs that were passed in",
) -> Audit:
    """Audit labels by the outputs of a network, of this package or another.

    The network should not have memorised the wrong labels: train it with sparse
    regularization, or judge each example by a network that was trained without it.
    Whether the outputs are evidence is tested first (`lnl_sr_tf.auditing.agreement`);
    classes without evidence are neither judged nor suggested.

    Args:
        labels: the given ones, integers in [0, k), shape (n,); a class may have none.
        probabilities: shape (n, k), rows sum to 1; or else
        logits: shape (n, k).
        class_names: k names; by default the numbers.
        clean: true labels, for measuring only; None where unknown.
        index: numbers of the examples in their source; by default 0, 1, …
        names: n paths.
        evidence: where the outputs come from, in words.

    Raises:
        InputError: if shapes do not fit, values are not finite numbers, or labels are
            not among the classes.

    Example:
        >>> outputs = np.repeat([[0.95, 0.05], [0.05, 0.95]], 100, axis=0)
        >>> labels = np.repeat([0, 1], 100)
        >>> labels[3] = 1
        >>> audit_arrays(labels, outputs).suspects
        array([3])
    """
    if probabilities is None and logits is not None:
        probabilities = validation.softmax(logits)
    elif probabilities is None or logits is not None:
        raise InputError("expected labels with either probabilities or logits")
    outputs, given = validation.probabilities_and_labels(probabilities, labels)
    count, num_classes = outputs.shape
    if class_names is None:
        class_names = tuple(map(str, range(num_classes)))
    classes = _texts("class_names", class_names, num_classes)
    if len(set(classes)) < num_classes:
        raise InputError(
            f"class_names: expected different texts; received {classes!r:.80}"
        )
    paths = None if names is None else _texts("names", names, count)
    numbers = _checked_index(index, count)
    true = None
    if clean is not None:
        true = validation.labels("clean", clean, num_classes, count, none_of_them=True)
    places = np.arange(count)
    score = -np.log(np.maximum(outputs[places, given], 1e-300))
    score = np.maximum(score, 0.0)
    agreed = agreement(outputs, given)
    estimate, probability, told, kind, interval = _judged(outputs, given, score, agreed)
    others = np.nan_to_num(estimate.posterior)
    others[places, given] = -1.0
    best = others.argmax(axis=1)
    suggested = np.where((probability > 0.5) & told[best], best, given)
    return Audit(
        index=numbers,
        given=given,
        suggested=suggested,
        score=score,
        probability=probability,
        estimate=estimate,
        class_names=classes,
        clean=true,
        names=paths,
        evidence=evidence,
        agreement=agreed,
        told=told,
        kind=kind,
        rate_interval=interval,
        information=information(outputs, given),
    )


def _judged(probabilities, labels, score, agreed):
    """(noise estimate, probability of each label, mask of classes with evidence, kind
    of the outputs, interval of the noise rate); changes scores where outputs are not
    sharp.

    There is no evidence about a class all of whose labels look wrong: there is no right
    one to compare them with.
    """
    count, num_classes = probabilities.shape
    matrix, counts = np.full((2, num_classes, num_classes), np.nan)
    posterior = np.full((count, num_classes), np.nan)
    wrong, probability = np.full((2, count), np.nan)
    told, kind, interval = agreed.classes, None, None
    while (known := told[labels]).any():
        outputs, given = probabilities[known], labels[known]
        kind = output_kind(outputs, given)
        part = noise.estimate_noise(outputs, given, kind.temperature, kind.balance)
        if not kind.sharp:
            right = part.posterior[np.arange(len(given)), given]
            score[known] = -np.log(np.clip(right, 1e-300, 1.0))
        judged = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(
            score[known], part.wrong
        )
        right = np.bincount(given, judged <= 0.5, minlength=num_classes)
        emptied = told & (right == 0)
        if not emptied.any():
            columns = told | (np.bincount(labels, minlength=num_classes) == 0)
            both = np.ix_(told, columns)
            matrix[both], counts[both] = part.matrix[both], part.counts[both]
            posterior[known], wrong[known] = part.posterior, part.wrong
            probability[known] = judged
            interval = rate_interval(outputs, given, kind, float(judged.mean()))
            break
        told = agreed.enough(told & ~emptied)
    estimate = noise.NoiseEstimate(matrix, posterior, wrong, counts)
    return estimate, probability, told, kind, interval


def _texts(name, values, count):
    """Names in their order, as a tuple of texts."""
    unordered = collections.abc.Mapping, collections.abc.Set, str, bytes
    if isinstance(values, unordered) or not hasattr(values, "__len__"):
        raise InputError(
            f"{name}: expected {count} texts in their order; received a "
            f"{type(values).__name__}: {values!r:.80}"
        )
    if len(values) != count:
        raise InputError(f"{name}: expected {count}; received {len(values)}")
    return tuple(map(str, values))


def _checked_index(index, count):
    """Numbers of the examples in their source, each once."""
    if index is None:
        return np.arange(count)
    index = validation.labels("index", index, None, count)
    numbers, often = np.unique(index, return_counts=True)
    if len(numbers) < count:
        raise InputError(
            f"index: expected each number once; received {numbers[often > 1][0]} "
            f"{often.max()} times"
        )
    return index
