"""The losses that a model was compiled with, and those that they are made of."""

import keras

from lnl_sr_tf.losses.sparse_regularization import SparseRegularization


def compiled_losses(loss):
    """The losses of a model's outputs, each once.

    Args:
        loss: what `keras.Model.compile` was given: a loss, or a dict or list of them,
            nested as the model's outputs are. What is no `keras.losses.Loss` (a name,
            a function) is left out.

    Example:
        >>> compiled_losses({"a": CrossEntropy(), "b": "mse"})
        [<CrossEntropy>]
    """
    found = []
    for one in keras.tree.flatten(loss):
        if isinstance(one, keras.losses.Loss) and not _among(one, found):
            found.append(one)
    return found


def losses_of_kind(loss, kind):
    """All losses of a kind in what a model was compiled with, however deep, each once.

    Args:
        loss: as of `compiled_losses`.
        kind: a class of losses.

    Example:
        >>> losses_of_kind([SparseRegularization(CrossEntropy())], CrossEntropy)
        [<CrossEntropy>]
    """
    found = []
    for outer in compiled_losses(loss):
        for one in _with_parts(outer):
            if isinstance(one, kind) and not _among(one, found):
                found.append(one)
    return found


def variables_of(loss):
    """What the losses of a model keep in variables, each once."""
    found = []
    for one in compiled_losses(loss):
        for variable in getattr(one, "variables", []):
            if not _among(variable, found):
                found.append(variable)
    return found


def needs_index(loss):
    """Whether one of the losses of a model must be told which example is which."""
    return any(getattr(one, "needs_index", False) for one in compiled_losses(loss))


def _with_parts(loss):
    yield loss
    parts = [getattr(loss, name) for name in getattr(loss, "parts", ())]
    if isinstance(loss, SparseRegularization):
        parts.append(loss.loss)
    for part in parts:
        yield from _with_parts(part)


def _among(one, others):
    return any(one is other for other in others)
