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
def within_step(
    index: Tensor | None = None, training: bool = True
) -> Iterator[list[tuple[Any, ...]]]:
    """Inside, losses know the step and its examples, and report their parts.

    Args:
        index: the index of each example of the batch in the training set, integers of
            shape (batch,); None if no loss needs it.
        training: whether it is a step of training, and not of evaluation.

    Yields:
        A list. Each `SparseRegularization` or `ClassPrior` that is called adds a tuple:
        itself, the wrapped loss of each example, its term without its weight (the norm
        of each example, or the divergence of the batch), and what `of_output` was given
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
    _here.index, _here.training, _here.parts = index, training, []
    try:
        yield _here.parts
    finally:
        vars(_here).clear()
        vars(_here).update(before)


def known_index() -> Tensor | None:
    """The index of each example of the batch, as `within_step` was given it."""
    return getattr(_here, "index", None)


def is_training() -> bool:
    """Whether losses are called to train; so it is where no `within_step` says else."""
    return getattr(_here, "training", True)


@contextlib.contextmanager
def of_output(y_pred: Tensor, sample_weight: Tensor | None) -> Iterator[None]:
    """Inside, losses are those of this output, with its own mask and weights."""
    before = getattr(_here, "output", None)
    _here.output = (y_pred, sample_weight)
    try:
        yield
    finally:
        _here.output = before


def known_weight() -> Tensor | None:
    """The sample weight of the output that losses are called for, as `of_output`."""
    output = getattr(_here, "output", None)
    return None if output is None else output[1]


def tell_parts(loss: Any, fit: Tensor, term: Tensor) -> None:
    """Add the parts of a batch's loss to the list of `within_step`, if there is one."""
    parts = getattr(_here, "parts", None)
    if parts is not None:
        parts.append((loss, fit, term, getattr(_here, "output", None)))
