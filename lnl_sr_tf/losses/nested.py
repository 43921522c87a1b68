"""The losses that a model was compiled with, and those that they are made of."""

from collections.abc import Iterator
from typing import Any, TypeVar

import keras

Kind = TypeVar("Kind", bound=keras.losses.Loss)


def with_parts(loss: Any) -> Iterator[Any]:
    """A loss and all that it is made of, however deep, the outer ones first.

    Args:
        loss: a loss; one that is made of others names them in its `parts`.

    Example:
        >>> from lnl_sr_tf import losses
        >>> [type(one).__name__ for one in with_parts(losses.get("ce_sr"))]
        ['SparseRegularization', 'CrossEntropy']
    """
    yield loss
    for part in getattr(loss, "parts", ()):
        yield from with_parts(getattr(loss, part))


def without_terms(loss: Any) -> Any:
    """The loss that fits the labels, without the terms that are added to it.

    Args:
        loss: a loss, under sparse regularization or with a class prior, or neither.

    Example:
        >>> from lnl_sr_tf import losses
        >>> type(without_terms(losses.get("ce_sr"))).__name__
        'CrossEntropy'
    """
    while getattr(loss, "adds_term", False):
        loss = loss.loss
    return loss


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
        >>> from lnl_sr_tf.losses import CrossEntropy, SparseRegularization
        >>> len(losses_of_kind([SparseRegularization(CrossEntropy())], CrossEntropy))
        1
    """
    found: list[Kind] = []
    for outer in compiled_losses(loss):
        for one in with_parts(outer):
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


def _among(one, others):
    return any(one is other for other in others)
