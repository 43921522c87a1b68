"""Outputs in blocks: their rows as probabilities, and blocks computed by threads."""

import concurrent.futures
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from lnl_sr_tf import validation

_Made = TypeVar("_Made")
_INFINITE = 0x7C00  # in float16; with a sign, or NaN, the bits are a larger number
_FEW_BLOCKS = 2  # for which threads are not worth starting


def probabilities(rows: np.ndarray, logits: bool) -> tuple[np.ndarray, np.ndarray]:
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
    block, positive = floats(rows)
    with np.errstate(all="ignore"):
        right = np.abs(block.sum(axis=1) - 1.0) < validation.OF_OUTPUTS
        if right.all() and (positive or block.min() >= 0):
            return block, np.empty(0, np.int64)
    return block, validation.rows_that_are_none(rows)


def floats(rows: np.ndarray) -> tuple[np.ndarray, bool]:
    """(a block as float32 or float64, whether none is below 0, where known)."""
    if rows.dtype == np.float16:
        bits = rows.view(np.uint16)
        if bits.max() < _INFINITE:
            # NumPy's conversion takes 25 times as long as this. Moved by 13, the bits
            # are those of a float32 whose exponent is too small by 112.
            block: Any = bits.astype(np.uint32)
            block <<= 13
            block = block.view(np.float32)
            block *= np.float32(2.0**112)
            return block, True
    single = rows.dtype in (np.float16, np.float32)
    return rows.astype(np.float32 if single else np.float64, copy=False), False


def rows_of(
    outputs: np.ndarray, chosen: np.ndarray, logits: bool = False
) -> np.ndarray:
    """Some of the outputs, as float64 with rows of the sum 1.

    Args:
        outputs: as for `few_classes.few_classes`, which has checked them.
        chosen: positions of the examples.
        logits: whether the outputs are logits.
    """
    rows, _ = probabilities(np.asarray(outputs[chosen]), logits)
    rows = rows.astype(np.float64)
    return rows / rows.sum(axis=1, keepdims=True)


def in_order(
    function: Callable[[Any], _Made], values: Sequence[Any], threads: int | None
) -> Iterator[_Made]:
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
