"""The audit of labels by the outputs of any network, both given as arrays."""

import collections.abc
import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import noise, validation
from lnl_sr_tf.auditing.agreement import agreement_of
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.reading import Reading
from lnl_sr_tf.auditing.rising import rising
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import expectation
from lnl_sr_tf.noise.few_classes import few_classes


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
        probabilities: shape (n, k), rows sum to 1; or else (a NumPy array, also a
            memory map of float16, is read in blocks and not copied)
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
    if (probabilities is None) == (logits is None):
        raise InputError("expected labels with either probabilities or logits")
    outputs = probabilities if logits is None else logits
    with Reading(outputs) as reading:
        kept, given = few_classes(
            outputs, labels, logits=logits is not None, done=reading.done
        )
    count, num_classes = len(given), kept.num_classes
    if class_names is None:
        class_names = tuple(map(str, range(num_classes)))
    classes = texts("class_names", class_names, num_classes)
    if len(set(classes)) < num_classes:
        raise InputError(
            f"class_names: expected different texts; received {classes!r:.80}"
        )
    paths = None if names is None else texts("names", names, count)
    numbers = checked_index(index, count)
    true = None
    if clean is not None:
        true = validation.labels("clean", clean, num_classes, count, none_of_them=True)
    score = -np.log(np.maximum(kept.of_label, 1e-300))
    score = np.maximum(score, 0.0)
    agreed = agreement_of(kept.said, given, num_classes)
    estimate, probability, told, best = _judged(kept, given, score, agreed)
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
    )


def _judged(kept, labels, score, agreed):
    """(noise estimate, probability of each label, mask of classes with evidence, …).

    The last are the likeliest other classes. There is no evidence about a class all of
    whose labels look wrong: there is no right one to compare them with.
    """
    count, num_classes = len(labels), kept.num_classes
    best = np.zeros(count, np.int64)
    wrong, probability = np.full((2, count), np.nan)
    told = agreed.classes
    while (known := told[labels]).any():
        part, of_part = kept.part(known), labels[known]
        found = expectation.fit(part, of_part)
        judged = rising(score[known], found.wrong)
        right = np.bincount(of_part, judged <= 0.5, minlength=num_classes)
        emptied = told & (right == 0)
        if not emptied.any():
            whole = functools.partial(
                expectation.posterior, part, of_part, found.matrix, known
            )
            best[known] = expectation.likeliest_others(part, of_part, found.matrix)
            wrong[known], probability[known] = found.wrong, judged
            columns = told | (np.bincount(labels, minlength=num_classes) == 0)
            matrix, counts = (
                _known(values, told, columns) for values in (found.matrix, found.counts)
            )
            estimate = noise.NoiseEstimate(matrix, whole, wrong, counts)
            return estimate, probability, told, best
        told = agreed.enough(told & ~emptied)
    matrix, counts = np.full((2, num_classes, num_classes), np.nan)
    whole = functools.partial(np.full, (count, num_classes), np.nan)
    return noise.NoiseEstimate(matrix, whole, wrong, counts), probability, told, best


def _known(values, rows, columns):
    """Values of shape (k, k) with NaN outside of masks of rows and columns."""
    if rows.all() and columns.all():
        return values
    return np.where(rows[:, None] & columns, values, np.nan)


def texts(name: str, values: Sequence[str], count: int) -> tuple[str, ...]:
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


def checked_index(index: ArrayLike | None, count: int) -> np.ndarray:
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
