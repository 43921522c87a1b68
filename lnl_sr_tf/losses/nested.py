"""The losses that a model was compiled with, and those that they are made of."""

from typing import Any, TypeVar

import keras

from lnl_sr_tf.losses.sparse_regularization import SparseRegularization

Kind = TypeVar("Kind", bound=keras.losses.Loss)


def compiled_losses(loss: Any) -> list[keras.losses.Loss]:
    """The losses of a model's outputs, each once.

    Args:
        loss: what `keras.Model.compile` was given: a loss, or a dict or list of them,
            nested as the model's outputs are. What is no `keras.losses.Loss` (a name,
            a function) is left out.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> found = compiled_losses({"a": CrossEntropy(), "b": "mse"})
        >>> [type(one).__name__ for one in found]
        ['CrossEntropy']
    """
    found: list[keras.losses.Loss] = []
    for one in keras.tree.flatten(loss):
        if isinstance(one, keras.losses.Loss) and not _among(one, found):
            found.append(one)
    return found


def losses_of_kind(loss: Any, kind: type[Kind]) -> list[Kind]:
    """All losses of a class in what a model was compiled with, however deep, each once.

    Args:
        loss: as for `compiled_losses`.
        kind: the class.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> len(losses_of_kind([SparseRegularization(CrossEntropy())], CrossEntropy))
        1
    """
    found: list[Kind] = []
    for outer in compiled_losses(loss):
        for one in _with_parts(outer):
            if isinstance(one, kind) and not _among(one, found):
                found.append(one)
    return found


def variables_of(loss: Any) -> list[keras.Variable]:
    """The variables of a model's losses, each once."""
    found: list[keras.Variable] = []
    for one in compiled_losses(loss):
        for variable in getattr(one, "variables", []):
            if not _among(variable, found):
                found.append(variable)
    return found


def needs_index(loss: Any) -> bool:
    """Whether one of a model's losses needs the index of each example."""
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
