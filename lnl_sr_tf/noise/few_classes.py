"""Outputs read in blocks: of each example the few classes that matter, and the rest.

Sharpened, u_i^{1/τ} with τ = 0.1, most outputs vanish: all those below a quarter of the
largest one are at the smallest value that any is given, alike. What is kept is the
predicted class, and of examples that are not sure of it also those that come near.
"""

import concurrent.futures
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError

# Outputs are held close to one-hot, as by sparse regularization: the mean over epochs
# is too soft to be taken as the probability of the true class.
TEMPERATURE = 0.1
SMALLEST = 1e-6  # of a sharpened output, so that no label is impossible
MOST = 100  # classes that are kept for an example
_BLOCK = 2**17  # outputs that are read at once: with what is made of them, in cache
_INFINITE = 0x7C00  # in float16; with a sign, or NaN, the bits are a larger number
_FEW_BLOCKS = 2  # for which threads are not worth starting


class FewClasses(NamedTuple):
    """The sharpened outputs q of n examples and k classes, up to a factor of each.

    Most examples are sure: q is 1 for the predicted class and 1e-6 for all others. Of
    the m others, example `unsure[a]` has q_i = `floor[a]`, and of the classes
    `classes[start[a]:start[a + 1]]` as much more as `excess` says there.

    Args:
        num_classes: k.
        said: the predicted class, that of the largest output, int64, shape (n,).
        of_label: u_given(x), the output for the given label, float64, shape (n,);
            divided as all outputs are.
        unsure: positions of the examples that have several classes, rising, shape (m,).
        start: int64, shape (m + 1,).
        classes: int64, rising within an example, shape (start[-1],).
        excess: float32, shape (start[-1],).
        floor: shape (m,); 1e-6, but more where over 100 classes come near.
        missing: shape (n,): what was left out of the sum of u^{1/τ} over the classes,
            relative to the sum that is kept, at most.
        moved: shape (m,): Σ_i |q_i - floor| over the classes that come near and were
            left out.
    """

    num_classes: int
    said: np.ndarray
    of_label: np.ndarray
    unsure: np.ndarray
    start: np.ndarray
    classes: np.ndarray
    excess: np.ndarray
    floor: np.ndarray
    missing: np.ndarray
    moved: np.ndarray

    def part(self, chosen: np.ndarray) -> "FewClasses":
        """The same of the examples that a mask of shape (n,) chooses."""
        if chosen.all():
            return self
        number = np.cumsum(chosen) - 1
        of_unsure = chosen[self.unsure]
        size = np.diff(self.start)
        entries = np.repeat(of_unsure, size)
        return self._replace(
            said=self.said[chosen],
            of_label=self.of_label[chosen],
            unsure=number[self.unsure[of_unsure]],
            start=_starts(size[of_unsure]),
            classes=self.classes[entries],
            excess=self.excess[entries],
            floor=self.floor[of_unsure],
            missing=self.missing[chosen],
            moved=self.moved[of_unsure],
        )

    def sharpened(self) -> np.ndarray:
        """q as a whole, rows with the sum 1, float64, shape (n, k)."""
        count = len(self.said)
        floor = np.full(count, SMALLEST)
        floor[self.unsure] = self.floor
        whole = np.repeat(floor[:, None], self.num_classes, axis=1)
        sure = np.ones(count, bool)
        sure[self.unsure] = False
        sure = np.flatnonzero(sure)
        whole[sure, self.said[sure]] = 1.0
        example = np.repeat(self.unsure, np.diff(self.start))
        whole[example, self.classes] += self.excess
        return whole / whole.sum(axis=1, keepdims=True)


def few_classes(
    outputs: ArrayLike,
    labels: ArrayLike,
    temperature: float = TEMPERATURE,
    *,
    balance: ArrayLike | None = None,
    logits: bool = False,
    done: Callable[[int], object] | None = None,
    threads: int | None = None,
) -> tuple[FewClasses, np.ndarray]:
    """Read and check outputs, block by block, and keep what matters of them.

    A class matters if q_i > 1e-6, and 100 at most do for one example: those with the
    largest outputs. The rest has the mean of what is left, each class alike. NumPy
    arrays, memory maps among them, are not copied as a whole.

    What this changes is bounded. Where w_i = q_i T_ij by all classes and w'_i by those
    that are kept, the probability of any set of classes changes by at most
    Σ|w - w'| / Σw' (see `change_bound`).

    Args:
        outputs: u, probabilities of shape (n, k), each row with a sum within 0.01 of 1;
            or logits.
        labels: the given ones, integers in [0, k), shape (n,).
        temperature: τ > 0.
        balance: b > 0, shape (k,), by which outputs are divided first, rows then having
            the sum 1 again; by default 1.
        logits: whether the outputs are logits.
        done: called with the number of examples that were read since it was last
            called.
        threads: how many read; by default one a processor. The result is the same.

    Returns:
        (what is kept, the labels as int64).

    Raises:
        InputError: if shapes do not fit, rows are not probabilities, logits are not
            finite, a label is not one of the classes, or there is only one class.

    Example:
        >>> kept, _ = few_classes([[0.9, 0.1, 0.0], [0.5, 0.4, 0.1]], [0, 1])
        >>> kept.said, kept.unsure, kept.classes
        (array([0, 0]), array([1]), array([0, 1]))
    """
    name = "logits" if logits else "probabilities"
    outputs = validation.table(name, outputs)
    count, num_classes = outputs.shape
    labels = validation.labels("labels", labels, num_classes, count)
    if not temperature > 0:
        raise InputError(f"temperature must be above 0; received {temperature}")
    if balance is not None:
        balance = _checked_balance(balance, num_classes)
    rows = max(1, _BLOCK // num_classes)
    said, of_label = np.empty(count, np.int64), np.empty(count)
    missing = np.empty(count)

    def read(first):
        """(rows that are no outputs, unsure ones, …) of a block; it fills the rest."""
        part = slice(first, min(first + rows, count))
        block, wrong = _probabilities(outputs[part], logits)
        if len(wrong):
            return wrong + first, None
        if balance is not None:
            block = block / balance
            block /= block.sum(axis=1, keepdims=True)
        places = np.arange(len(block))
        best = block.argmax(axis=1)
        said[part] = best
        of_label[part] = block[places, labels[part]]
        peak = block[places, best]
        missing[part], *unsure = _near(block, peak, temperature)
        unsure[0] += first
        return wrong, unsure

    found = []
    for block in _in_order(read, range(0, count, rows), threads):
        found.append(block)
        if done is not None:
            done(min(rows, count - (len(found) - 1) * rows))
    wrong = np.concatenate([block[0] for block in found])
    if len(wrong):
        validation.refuse_rows(name, outputs, wrong)
    unsure, size, classes, excess, floor, moved = (
        np.concatenate(values)
        for values in zip(*(block[1] for block in found), strict=True)
    )
    kept = FewClasses(
        num_classes, said, of_label, unsure, _starts(size), classes, excess, floor,
        missing, moved,
    )  # fmt: skip
    return kept, labels


def rows_of(
    outputs: np.ndarray, chosen: np.ndarray, logits: bool = False
) -> np.ndarray:
    """Some of the outputs, as float64 with rows of the sum 1.

    Args:
        outputs: as for `few_classes`, which has checked them.
        chosen: positions of the examples.
        logits: whether the outputs are logits.
    """
    rows, _ = _probabilities(np.asarray(outputs[chosen]), logits)
    rows = rows.astype(np.float64)
    return rows / rows.sum(axis=1, keepdims=True)


def change_bound(
    kept: FewClasses, matrix: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """How far a posterior may be from that of all classes, by the same matrix.

    Σ|w - w'| / Σw', w_i = q_i T_ij. Of the sum over all classes, by which outputs are
    scaled, `missing` was left out, so that the w' of classes that are kept are too
    large by that share at most; those of others are what they were, or `moved`.

    Args:
        kept: as by `few_classes`.
        matrix: T, shape (k, k).
        labels: the given labels j, shape (n,).

    Returns:
        Shape (n,): for each example the most by which the probability of any set of
        classes changes.
    """
    bound = kept.missing.copy()
    for place, example in enumerate(kept.unsure):
        if kept.moved[place]:
            column = matrix[:, labels[example]]
            of = slice(kept.start[place], kept.start[place + 1])
            total = kept.floor[place] * column.sum()
            total += column[kept.classes[of]] @ kept.excess[of]
            bound[example] += kept.moved[place] * column.max() / total
    return bound


def _probabilities(rows, logits):
    """(a block of outputs as probabilities, positions of rows that are none).

    float16 is computed with as float32, in which it is exact.
    """
    if logits:
        block = rows.astype(np.float64, copy=False)
        wrong = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(wrong):
            return block, wrong
        block = np.exp(block - block.max(axis=1, keepdims=True))
        return block / block.sum(axis=1, keepdims=True), wrong
    block, positive = _floats(rows)
    with np.errstate(all="ignore"):
        right = np.abs(block.sum(axis=1) - 1.0) < validation.OF_OUTPUTS
        if right.all() and (positive or block.min() >= 0):
            return block, np.empty(0, np.int64)
    return block, validation.rows_that_are_none(rows)


def _checked_balance(balance, num_classes):
    balance = validation.numbers("balance", balance, ndim=1)
    if balance.shape != (num_classes,) or not (balance > 0).all():
        raise InputError(
            f"balance: expected {num_classes} numbers above 0; received {balance!r:.80}"
        )
    return balance


def _floats(rows):
    """(a block as float32 or float64, whether none is below 0, where known)."""
    if rows.dtype == np.float16:
        bits = rows.view(np.uint16)
        if bits.max() < _INFINITE:
            # NumPy's conversion takes 25 times as long as this. Moved by 13, the bits
            # are those of a float32 whose exponent is too small by 112.
            block = bits.astype(np.uint32)
            block <<= 13
            block = block.view(np.float32)
            block *= np.float32(2.0**112)
            return block, True
    single = rows.dtype in (np.float16, np.float32)
    return rows.astype(np.float32 if single else np.float64, copy=False), False


def _near(block, peak, temperature):
    """What `FewClasses` has of a block, from `missing` on in the order of use."""
    count, num_classes = block.shape
    # p_i = (u_i / peak)^{1/τ} is above the smallest only beyond this share.
    share = SMALLEST**temperature
    flat = np.flatnonzero(block > (peak * block.dtype.type(share))[:, None])
    example = flat // num_classes
    size = np.bincount(example, minlength=count)
    # Σ p_i of the others: none is above the smallest, and Σ u_i of them is at most
    # 1.01 less the peak, so that Σ p_i <= smallest^{1-τ} Σ u_i / peak (for τ < 1).
    missing = np.maximum(num_classes - size, 0) * SMALLEST
    if temperature < 1:
        left = np.maximum(1.0 + validation.OF_OUTPUTS - peak.astype(float), 0.0)
        missing = np.minimum(missing, SMALLEST ** (1 - temperature) * left / peak)
    entries = np.flatnonzero(size[example] > 1)
    unsure = np.flatnonzero(size > 1)
    flat, example, size = flat[entries], example[entries], size[unsure]
    if not len(unsure):
        none = np.empty(0, np.int64)
        return missing, unsure, size, none, np.empty(0, np.float32), *np.empty((2, 0))
    values = block.ravel()[flat].astype(float) / peak[example]
    powers = np.exp(np.log(values) / temperature)
    start = _starts(size)
    sums = np.add.reduceat(powers, start[:-1])
    powers = np.maximum(powers / np.repeat(sums, size), SMALLEST)
    missing[unsure] /= sums
    classes = flat % num_classes
    floor, moved = np.full(len(unsure), SMALLEST), np.zeros(len(unsure))
    if (size > MOST).any():
        classes, powers, size, floor, moved = _largest(
            classes, powers, start, size, num_classes
        )
    excess = (powers - np.repeat(floor, size)).astype(np.float32)
    return missing, unsure, size, classes, excess, floor, moved


def _largest(classes, powers, start, size, num_classes):
    """The same with 100 classes at most of each example, and the rest as one mass."""
    row = np.repeat(np.arange(len(size)), size)
    order = np.lexsort((-powers, row))
    taken = np.zeros(len(order), bool)
    taken[order] = np.arange(len(order)) - start[row] < MOST
    now = np.minimum(size, MOST)
    left = np.bincount(row[~taken], powers[~taken], len(size))
    left += (num_classes - size) * SMALLEST
    floor = np.where(size > MOST, left / np.maximum(num_classes - now, 1), SMALLEST)
    moved = np.abs(powers - floor[row])
    moved = np.bincount(row[~taken], moved[~taken], len(size))
    moved += np.where(size > MOST, (num_classes - size) * (floor - SMALLEST), 0.0)
    return classes[taken], powers[taken], now, floor, moved


def _starts(size):
    return np.concatenate([[0], np.cumsum(size)])


def _in_order(function, values, threads):
    """function(value) of each value, in their order, computed by threads.

    NumPy leaves the others alone while it computes.
    """
    if threads is None:
        threads = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if threads < 2 or len(values) <= _FEW_BLOCKS:
        yield from map(function, values)
        return
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        yield from pool.map(function, values)
