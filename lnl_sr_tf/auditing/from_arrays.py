"""The audit of labels by the outputs of any network, both given as arrays."""

import collections.abc
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import noise, validation
from lnl_sr_tf.auditing.agreement import agreement_of
from lnl_sr_tf.auditing.evidence import information
from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.rate_interval import rate_interval
from lnl_sr_tf.auditing.reading import Reading
from lnl_sr_tf.auditing.rising import rising
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise import expectation
from lnl_sr_tf.noise.blocks import rows_of
from lnl_sr_tf.noise.few_classes import TEMPERATURE, few_classes
from lnl_sr_tf.noise.output_kind import OutputKind, output_kind, sample


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
        labels: the given ones, integers in [0, k), shape (n,), a class may have none;
            or texts, which are among `class_names`, or else k different ones, whose
            columns are in their sorted order, as scikit-learn has them.
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
    of_logits = logits is not None
    outputs: Any = logits if of_logits else probabilities
    if not isinstance(outputs, np.ndarray):
        outputs = validation.table("logits" if of_logits else "probabilities", outputs)

    labels, class_names = _numbered(labels, class_names, outputs)

    def read(temperature=TEMPERATURE, balance=None):
        with Reading(outputs) as reading:
            return few_classes(
                outputs,
                labels,
                temperature,
                balance=balance,
                logits=of_logits,
                done=reading.done,
            )

    kept, given = read()
    count, num_classes = len(given), kept.num_classes
    classes = checked_classes(class_names, num_classes)
    paths = None if names is None else texts("names", names, count)
    numbers = checked_index(index, count)
    true = None
    if clean is not None:
        true = validation.labels("clean", clean, num_classes, count, none_of_them=True)
    agreed = agreement_of(kept.said, given, num_classes)
    judged = _judged(
        kept,
        given,
        agreed,
        lambda chosen: rows_of(outputs, chosen, of_logits),
        lambda *how: read(*how)[0],
    )
    wrong = (judged.probability > 0.5) & judged.told[judged.best]
    return Audit(
        index=numbers,
        given=given,
        suggested=np.where(wrong, judged.best, given),
        score=judged.score,
        probability=judged.probability,
        estimate=judged.estimate,
        class_names=classes,
        clean=true,
        names=paths,
        evidence=evidence,
        agreement=agreed,
        told=judged.told,
        kind=judged.kind,
        rate_interval=judged.interval,
        information=information(kept.said, given, num_classes),
    )


def _numbered(labels, class_names, outputs):
    """Labels that are texts by the numbers of their classes, and the names of these."""
    try:
        given = np.asarray(labels)
    except ValueError:  # rows of differing lengths, which are refused later
        return labels, class_names
    if given.dtype.kind == "O" and all(isinstance(one, str) for one in given.flat):
        given = given.astype(str)
    if given.dtype.kind != "U" or given.ndim != 1 or np.ma.isMaskedArray(labels):
        return labels, class_names
    names = np.unique(given) if class_names is None else np.array([*class_names], str)
    num_classes = outputs.shape[-1] if outputs.ndim else 0
    if len(names) != num_classes:
        what = "labels: different texts" if class_names is None else "class_names:"
        raise InputError(
            f"{what} {len(names)}, columns of outputs {num_classes}; expected "
            "class_names, the class of each column"
        )
    order = np.argsort(names)
    places = np.searchsorted(names, given, sorter=order).clip(max=len(names) - 1)
    numbers = order[places]
    unknown = given[names[numbers] != given]
    if len(unknown):
        raise InputError(
            f"labels: expected texts among class_names; received {str(unknown[0])!r}"
        )
    return numbers, [str(name) for name in names]


class _Judged(NamedTuple):
    """What the outputs say of all labels.

    Args:
        score: changed where outputs are not sharp, shape (n,).
        estimate: the noise estimate.
        probability: that each label is wrong, shape (n,).
        told: mask of the classes with evidence, shape (k,).
        best: the likeliest other class of each suspect label, shape (n,).
        kind: of the outputs; None without evidence.
        interval: of the noise rate; likewise.
    """

    score: np.ndarray
    estimate: noise.NoiseEstimate
    probability: np.ndarray
    told: np.ndarray
    best: np.ndarray
    kind: OutputKind | None
    interval: tuple[float, float] | None


def _judged(kept, labels, agreed, rows, read):
    """Judge all labels.

    There is no evidence about a class all of whose labels look wrong: there is no right
    one to compare them with.

    Args:
        kept: of the outputs, sharpened as sharp ones.
        labels: the given labels.
        agreed: whether the outputs are evidence.
        rows: from positions of examples to their outputs.
        read: from a temperature and a balance to what is kept of the outputs then.
    """
    count, num_classes = len(labels), kept.num_classes
    best = np.zeros(count, np.int64)
    wrong, probability = np.full((2, count), np.nan)
    score = np.maximum(-np.log(np.maximum(kept.of_label, 1e-300)), 0.0)
    told = agreed.classes
    while (known := told[labels]).any():
        chosen = sample(np.flatnonzero(known), num_classes)
        outputs = rows(chosen)
        kind = output_kind(outputs, labels[chosen])
        sharpened = kept if kind.sharp else read(kind.temperature, kind.balance)
        part, of_part = sharpened.part(known), labels[known]
        found = expectation.fit(part, of_part)
        if not kind.sharp:
            score[known] = -np.log(np.maximum(1.0 - found.wrong, 1e-300))
        judged = rising(score[known], found.wrong)
        right = np.bincount(of_part, judged <= 0.5, minlength=num_classes)
        emptied = told & (right == 0)
        if not emptied.any():
            whole = functools.partial(
                expectation.posterior, part, of_part, found.matrix, known
            )
            suspect = judged > 0.5
            best[np.flatnonzero(known)[suspect]] = expectation.likeliest_others(
                part.part(suspect), of_part[suspect], found.matrix
            )
            wrong[known], probability[known] = found.wrong, judged
            columns = told | (np.bincount(labels, minlength=num_classes) == 0)
            matrix, counts = (
                _known(values, told, columns) for values in (found.matrix, found.counts)
            )
            estimate = noise.NoiseEstimate(matrix, whole, wrong, counts)
            interval = rate_interval(
                outputs, labels[chosen], kind, float(judged.mean()), len(of_part)
            )
            return _Judged(score, estimate, probability, told, best, kind, interval)
        told = agreed.enough(told & ~emptied)
    matrix, counts = np.full((2, num_classes, num_classes), np.nan)
    whole = functools.partial(np.full, (count, num_classes), np.nan)
    estimate = noise.NoiseEstimate(matrix, whole, wrong, counts)
    return _Judged(score, estimate, probability, told, best, None, None)


def _known(values, rows, columns):
    """Values of shape (k, k) with NaN outside of masks of rows and columns."""
    if rows.all() and columns.all():
        return values
    return np.where(rows[:, None] & columns, values, np.nan)


def checked_classes(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """The names of classes, each another one; their numbers where none are given."""
    if names is None:
        return tuple(map(str, range(count)))
    classes = texts("class_names", names, count)
    if len(set(classes)) < count:
        raise InputError(
            f"class_names: expected different texts; received {classes!r:.80}"
        )
    return classes


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
            f"index: expected each number once; received {numbers[often > 1][0]} in "
            f"{often[often > 1][0]} places"
        )
    return index
