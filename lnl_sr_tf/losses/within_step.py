"""What a model and its losses tell each other within a step.

Keras calls a loss with labels and predictions, and takes one number for it. So that
masks, weights, reductions and several outputs stay Keras's work, the rest is said
beside the call.
"""

import contextlib
import threading

# Replicas of a step are traced in threads of their own.
_here = threading.local()


@contextlib.contextmanager
def within_step(index=None):
    """Within, losses know which example is which, and tell what they consist of.

    Args:
        index: which of the examples each of the batch is, integers of shape (batch,);
            None where no loss is to know.

    Yields:
        A list, to which each `SparseRegularization` that is called adds itself, the
        wrapped loss of each example, the norm of each, and what `of_output` says of
        the output that it was called for: the pair of its predictions and
        `sample_weight`, or None.

    Example:
        >>> with within_step(index=[7, 0]) as parts:
        ...     total = loss(labels, logits)
        >>> ((_, fit, norm, _),) = parts
    """
    before = vars(_here).copy()
    _here.index, _here.parts = index, []
    try:
        yield _here.parts
    finally:
        vars(_here).clear()
        vars(_here).update(before)


def known_index():
    """Which example each of the batch is, where that is known; else None."""
    return getattr(_here, "index", None)


@contextlib.contextmanager
def of_output(y_pred, sample_weight):
    """Within, a loss is called for this output: several have masks and weights each."""
    before = getattr(_here, "output", None)
    _here.output = (y_pred, sample_weight)
    try:
        yield
    finally:
        _here.output = before


def tell_parts(loss, fit, norm):
    """Say what the loss of a batch consists of, to who may listen."""
    parts = getattr(_here, "parts", None)
    if parts is not None:
        parts.append((loss, fit, norm, getattr(_here, "output", None)))
