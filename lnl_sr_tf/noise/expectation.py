"""Expectation maximisation over the few classes that matter of each example."""

from typing import NamedTuple

import numpy as np

from lnl_sr_tf.noise.few_classes import SMALLEST, FewClasses

_STEPS, _TOLERANCE = 200, 1e-6
# One thousandth of an example more keeps a class without any from 0 / 0.
_MORE = 1e-3
_ALL_PAIRS = 2**18  # of classes, up to which each has a number of its own
_ROWS = 256  # of a large matrix that are looked at at once


class Fit(NamedTuple):
    """What `fit` finds.

    Args:
        matrix: T, shape (k, k).
        counts: how many examples are of class i and were given j, shape (k, k).
        wrong: P(true ≠ given | x, given), shape (n,).
    """

    matrix: np.ndarray
    counts: np.ndarray
    wrong: np.ndarray


def fit(kept: FewClasses, labels: np.ndarray) -> Fit:
    """The transition matrix that makes the labels most likely.

    As `lnl.noise.estimate_noise` says. All sure examples of one predicted class and one
    label count as one. Of more than 512 classes most pairs (i, j) have no example that
    is near i and given j: these pairs of a row share one number, among the labels that
    are given at all.

    Args:
        kept: as by `few_classes`, of n examples and k classes.
        labels: int64, shape (n,).
    """
    model = _Model(kept, labels)
    values, rest = model.first()
    for _ in range(_STEPS):
        better, better_rest = model.step(values, rest)
        moved = max(np.abs(better - values).max(), np.abs(better_rest - rest).max())
        values, rest = better, better_rest
        if moved < _TOLERANCE:
            break
    return model.found(values, rest)


def posterior(
    kept: FewClasses, labels: np.ndarray, matrix: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """P(true = i | x, given) as a whole, float64, shape (N, k).

    Args:
        kept: of n of the N examples.
        labels: of these, shape (n,).
        matrix: T, shape (k, k).
        told: mask of shape (N,): which these n are; the rows of others are NaN.
    """
    whole = kept.sharpened()
    whole *= matrix.T[labels]
    whole /= whole.sum(axis=1, keepdims=True)
    if told.all():
        return whole
    every = np.full((len(told), kept.num_classes), np.nan)
    every[told] = whole
    return every


def likeliest_others(
    kept: FewClasses, labels: np.ndarray, matrix: np.ndarray
) -> np.ndarray:
    """The class other than the given one that has the largest posterior, shape (n,).

    Of equal ones the first. Arguments as of `posterior`.
    """
    best, value = _largest_others(matrix)
    # Of classes that are not kept it is the largest of the column; of those that are,
    # the output counts.
    of_best = best[labels]
    said_weight = np.where(kept.said == labels, -1.0, matrix[kept.said, labels])
    best_weight = SMALLEST * value[labels]
    first = (said_weight > best_weight) | (
        (said_weight == best_weight) & (kept.said < of_best)
    )
    other = np.where(first, kept.said, of_best)
    if len(kept.unsure):
        given = labels[kept.unsure]
        size = np.diff(kept.start)
        of_entry = np.repeat(given, size)
        weight = (kept.excess + np.repeat(kept.floor, size)) * matrix[
            kept.classes, of_entry
        ]
        place = np.concatenate(
            [np.repeat(np.arange(len(size)), size), np.arange(len(size))]
        )
        classes = np.concatenate([kept.classes, best[given]])
        weight = np.concatenate([weight, kept.floor * value[given]])
        weight[classes == given[place]] = -1.0
        order = np.lexsort((classes, -weight, place))
        firsts = order[np.flatnonzero(np.diff(place[order], prepend=-1))]
        other[kept.unsure] = classes[firsts]
    return other


def _largest_others(matrix):
    """(class, value) of the largest number of each column beside the diagonal."""
    num_classes = len(matrix)
    best = np.zeros(num_classes, np.int64)
    value = np.full(num_classes, -np.inf)
    columns = np.arange(num_classes)
    for first in range(0, num_classes, _ROWS):
        rows = matrix[first : first + _ROWS].copy()
        own = np.arange(len(rows))
        rows[own, own + first] = -1.0
        highest = rows.argmax(axis=0)
        found = rows[highest, columns]
        better = found > value
        best[better], value[better] = highest[better] + first, found[better]
    return best, value


class _Model:
    """The labels' likelihood, as a function of the transition matrix.

    The matrix is held as numbers of its own for pairs (i, j), and one of each row for
    all others among the labels that occur. That of others that do not occur follows.
    """

    def __init__(self, kept, labels):
        self.kept, self.labels = kept, labels
        k = self.num_classes = kept.num_classes
        of_labels = np.bincount(labels, minlength=k)
        self.occurs = of_labels > 0
        sure = np.ones(len(labels), bool)
        sure[kept.unsure] = False
        self.given = labels[kept.unsure]  # of unsure examples
        self.size = np.diff(kept.start)
        sure_keys = labels[sure] * k + kept.said[sure]
        entry_keys = np.repeat(self.given, self.size) * k + kept.classes
        own_keys = np.arange(k) * (k + 1)
        if k * k <= _ALL_PAIRS:
            keys, number = np.arange(k * k), None
            self.times = np.bincount(sure_keys, minlength=k * k).astype(float)
            self.entry, self.own = entry_keys, own_keys
            self.sure_pair = sure_keys
        else:
            keys, number = np.unique(
                np.concatenate([sure_keys, entry_keys, own_keys]), return_inverse=True
            )
            parts = np.cumsum([len(sure_keys), len(entry_keys)])
            self.sure_pair, self.entry, self.own = np.split(number, parts)
            self.times = np.bincount(self.sure_pair, minlength=len(keys)).astype(float)
        self.sure = sure
        self.column, self.row = np.divmod(keys, k)
        in_row = np.bincount(self.row, self.occurs[self.column], k)
        self.alone = in_row < self.occurs.sum()  # rows in which a pair has none
        self.others = np.maximum(self.occurs.sum() - in_row, 1.0)

    def first(self):
        """The matrix to begin with: half of each class keeps its label."""
        values = np.full(len(self.row), 0.5 / (self.num_classes - 1))
        values[self.own] = 0.5
        rest = np.where(self.alone, 0.5 / (self.num_classes - 1), 0.0)
        return values, rest

    def step(self, values, rest):
        """A better matrix."""
        counts, rest_counts, _ = self._counts(values, rest)
        more = _MORE / self.num_classes
        total = self._by_row(counts) + rest_counts + _MORE
        rest = np.where(self.alone, (rest_counts / self.others + more) / total, 0.0)
        return (counts + more) / total[self.row], rest

    def found(self, values, rest):
        """The `Fit` of a matrix."""
        counts, rest_counts, (of_given, likelihood) = self._counts(values, rest)
        total = self._by_row(counts) + rest_counts + _MORE
        k = self.num_classes
        matrix = np.repeat(rest[:, None], k, axis=1)
        matrix[:, ~self.occurs] = (_MORE / k / total)[:, None]
        whole = np.multiply.outer(rest, of_given)
        matrix[self.row, self.column] = values
        whole[self.row, self.column] = counts
        wrong = np.empty(len(self.labels))
        right = values[self.own][self.column] * (
            SMALLEST + (1.0 - SMALLEST) * (self.row == self.column)
        )
        wrong[self.sure] = (1.0 - right / likelihood[0])[self.sure_pair]
        kept = self.kept
        if len(kept.unsure):
            of_own = kept.classes == np.repeat(self.given, self.size)
            output = np.add.reduceat(kept.excess * of_own, kept.start[:-1]) + kept.floor
            right = values[self.own][self.given] * output
            wrong[kept.unsure] = 1.0 - right / likelihood[1]
        return Fit(matrix, whole, np.clip(wrong, 0.0, 1.0))

    def _counts(self, values, rest):
        """How many examples are of each pair, as the posterior has it.

        That of x is q_i T_ij / Σ q T: so of a pair it is T_ij Σ_x q_i / Σ q T.

        Returns:
            (of pairs with a number of their own; of the others in each row; more).
        """
        kept, k = self.kept, self.num_classes
        column_sum = np.bincount(self.column, values, k)
        if self.alone.any():
            column_sum += rest.sum() - np.bincount(self.column, rest[self.row], k)
        sure = SMALLEST * column_sum[self.column] + (1.0 - SMALLEST) * values
        inverse = self.times / sure
        of_pair = (1.0 - SMALLEST) * inverse
        of_given = SMALLEST * np.bincount(self.column, inverse, k)
        unsure = None
        if len(kept.unsure):
            unsure = np.add.reduceat(kept.excess * values[self.entry], kept.start[:-1])
            unsure += kept.floor * column_sum[self.given]
            inverse = 1.0 / unsure
            of_pair += np.bincount(
                self.entry, kept.excess * np.repeat(inverse, self.size), len(values)
            )
            of_given += np.bincount(self.given, kept.floor * inverse, k)
        share = of_given[self.column]
        counts = values * (of_pair + share)
        rest_counts = np.zeros(k)
        if self.alone.any():
            left = np.maximum(of_given.sum() - self._by_row(share), 0.0)
            rest_counts = np.where(self.alone, rest * left, 0.0)
        return counts, rest_counts, (of_given, (sure, unsure))

    def _by_row(self, values):
        return np.bincount(self.row, values, self.num_classes)
