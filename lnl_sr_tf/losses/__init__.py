"""Losses for noisy labels, each by its class or by the short name of the field.

    loss = lnl.losses.get("fl_sr", gamma=2.0, p=0.1, weight=1.0)

To add one: write its class in a file of its own, import it here, and give it a
name in `_CLASSES`.
"""

import difflib
import inspect

from lnl_sr_tf.losses.base import RobustLoss
from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.losses.generalized_cross_entropy import GeneralizedCrossEntropy
from lnl_sr_tf.losses.sparse_regularization import SparseRegularization

__all__ = [
    "CrossEntropy",
    "FocalLoss",
    "GeneralizedCrossEntropy",
    "RobustLoss",
    "SparseRegularization",
    "get",
    "names",
]

_CLASSES = {
    "ce": CrossEntropy,
    "fl": FocalLoss,
    "gce": GeneralizedCrossEntropy,
}
_SUFFIX = "_sr"
_SR_PARAMETERS = ("p", "weight")


def names():
    """All names that `get` knows, as a list: each loss, and each with `_sr`."""
    return [name + suffix for name in _CLASSES for suffix in ("", _SUFFIX)]


def get(name, **params):
    """A loss by its name.

    Args:
        name: one of `names()`, for instance `"ce"` or `"fl_sr"`. The ending `_sr`
            wraps the loss in `SparseRegularization`.
        **params: arguments of the loss's class; with `_sr` also `p` and `weight`.
            What is not given keeps the class's default.

    Returns:
        A `keras.losses.Loss`.

    Raises:
        ValueError: if the name is not known, or a parameter is not one of the
            loss's, or out of its range.

    Example:
        >>> get("gce_sr", q=0.01, p=0.1, weight=3.0).loss.q
        0.01
    """
    if name not in names():
        close = difflib.get_close_matches(str(name), names(), n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(
            f"Unknown loss {name!r}.{hint} Expected one of: {', '.join(names())}."
        )
    regularized = name.endswith(_SUFFIX)
    cls = _CLASSES[name.removesuffix(_SUFFIX)]
    accepted = [p for p in inspect.signature(cls).parameters if p != "self"]
    own = list(_SR_PARAMETERS) if regularized else []
    unknown = [p for p in params if p not in accepted + own]
    if unknown:
        raise ValueError(
            f"Loss {name!r} has no parameter {unknown[0]!r}. It takes: "
            f"{', '.join(own + accepted)}."
        )
    if not regularized:
        return cls(**params)
    wrapper = {p: params.pop(p) for p in own if p in params}
    for shared in ("epsilon", "reduction", "name", "dtype"):
        if shared in params:
            wrapper[shared] = params[shared]
    return SparseRegularization(cls(**params), **wrapper)
