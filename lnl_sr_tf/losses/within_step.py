"""What a model and its losses tell each other within a step.

Keras calls a loss with labels and predictions, and gets one number back. Masks,
weights, reductions and several outputs are left to Keras; whatever else a model and a
loss have to know of each other is passed here.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from lnl_sr_tf.types import Tensor

# Each replica of a step is traced in its own thread.
_here = threading.local()


@contextlib.contextmanager
def within_step(index: Tensor | None = None) -> Iterator[list[tuple[Any, ...]]]:
    """Inside, losses know the indices of the examples, and report their parts.

    Args:
        index: the index of each example of the batch in the training set, integers of
            shape (batch,); None if no loss needs it.

    Yields:
        A list. Each `SparseRegularization` that is called adds a tuple: itself, the
        wrapped loss of each example, the norm of each, and what `of_output` was given
        for the output that it was called for: the pair of its predictions and
        `sample_weight`, or None.

    Example:
        >>> from lnl_sr_tf import losses
        >>> with within_step() as parts:
        ...     total = losses.get("ce_sr")([1], [[0.0, 0.0]])
        >>> ((_, fit, norm, _),) = parts
        >>> fit.shape == norm.shape == (1,)
        True
    """
    before = vars(_here).copy()
    _here.index, _here.parts = index, []
    try:
        yield _here.parts
    finally:
        vars(_here).clear()
        vars(_here).update(before)


def known_index() -> Tensor | None:
    """The index of each example of the batch, as `within_step` was given it."""
    return getattr(_here, "index", None)


@contextlib.contextmanager
def of_output(y_pred: Tensor, sample_weight: Tensor | None) -> Iterator[None]:
    """Inside, losses are those of this output, with its own mask and weights."""
    before = getattr(_here, "output", None)
    _here.output = (y_pred, sample_weight)
    try:
        yield
    finally:
        _here.output = before


def tell_parts(loss: Any, fit: Tensor, norm: Tensor) -> None:
    """Add the parts of a batch's loss to the list of `within_step`, if there is one."""
    parts = getattr(_here, "parts", None)
    if parts is not None:
        parts.append((loss, fit, norm, getattr(_here, "output", None)))
