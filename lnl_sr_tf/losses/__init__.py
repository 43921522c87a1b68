"""Losses for noisy labels, each by its class or by the short name of the field.

    loss = lnl.losses.get("fl_sr", gamma=2.0, p=0.1, weight=1.0)

To add one: write its class in the file of its family, import it here, and give it a
name in `lnl_sr_tf/loss_names.py`.
"""

import difflib

from lnl_sr_tf.loss_names import LOSSES, REGULARIZED
from lnl_sr_tf.losses.active_passive import ActivePassiveLoss
from lnl_sr_tf.losses.asymmetric import (
    AsymmetricExponentialLoss,
    AsymmetricGeneralizedCrossEntropy,
    AsymmetricMeanSquaredError,
    AsymmetricUnhingedLoss,
)
from lnl_sr_tf.losses.base import RobustLoss
from lnl_sr_tf.losses.cross_entropy import CrossEntropy
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.losses.generalized_cross_entropy import GeneralizedCrossEntropy
from lnl_sr_tf.losses.mean_absolute_error import (
    MeanAbsoluteError,
    NormalizedMeanAbsoluteError,
)
from lnl_sr_tf.losses.negative import (
    NormalizedNegativeCrossEntropy,
    NormalizedNegativeFocalLoss,
)
from lnl_sr_tf.losses.normalized import (
    NormalizedCrossEntropy,
    NormalizedFocalLoss,
    NormalizedGeneralizedCrossEntropy,
)
from lnl_sr_tf.losses.partially_huberised import (
    PartiallyHuberisedCrossEntropy,
    PartiallyHuberisedGeneralizedCrossEntropy,
)
from lnl_sr_tf.losses.reverse_cross_entropy import (
    NormalizedReverseCrossEntropy,
    ReverseCrossEntropy,
    SymmetricCrossEntropy,
)
from lnl_sr_tf.losses.sparse_regularization import SparseRegularization

__all__ = [
    "ActivePassiveLoss",
    "AsymmetricExponentialLoss",
    "AsymmetricGeneralizedCrossEntropy",
    "AsymmetricMeanSquaredError",
    "AsymmetricUnhingedLoss",
    "CrossEntropy",
    "FocalLoss",
    "GeneralizedCrossEntropy",
    "MeanAbsoluteError",
    "NormalizedCrossEntropy",
    "NormalizedFocalLoss",
    "NormalizedGeneralizedCrossEntropy",
    "NormalizedMeanAbsoluteError",
    "NormalizedNegativeCrossEntropy",
    "NormalizedNegativeFocalLoss",
    "NormalizedReverseCrossEntropy",
    "PartiallyHuberisedCrossEntropy",
    "PartiallyHuberisedGeneralizedCrossEntropy",
    "ReverseCrossEntropy",
    "RobustLoss",
    "SparseRegularization",
    "SymmetricCrossEntropy",
    "get",
    "names",
]

# Of the instance, not of the formula: every class takes them.
_SHARED = ("from_logits", "epsilon", "reduction", "name", "dtype")
_PAIR = ("alpha", "beta")
_REGULARIZATION = ("p", "weight")


def names():
    """All names that `get` knows, as a list: each loss, and each with `_sr`."""
    return [name + ending for name in LOSSES for ending in ("", REGULARIZED)]


def get(name, **params):
    """A loss by its name.

    Args:
        name: one of `names()`, for instance `"ce"` or `"fl_sr"`. The ending `_sr`
            wraps the loss in `SparseRegularization`.
        **params: arguments of the loss's class; for an active passive pair those of
            both and `alpha`, `beta`; with `_sr` also `p` and `weight`. What is not
            given keeps the class's default.

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
    base = name.removesuffix(REGULARIZED)
    classes, fixed = _classes(LOSSES[base])
    accepted = [*(p for cls in classes for p in cls.parameters), *_SHARED]
    if len(classes) == 2:
        accepted = [*_PAIR, *accepted]
    if name != base:
        accepted = [*_REGULARIZATION, *accepted]
    unknown = [p for p in params if p not in accepted]
    if unknown:
        raise ValueError(
            f"Loss {name!r} has no parameter {unknown[0]!r}. It takes: "
            f"{', '.join(accepted)}."
        )
    if len(classes) == 1:
        loss = classes[0](**_pick(params, *classes[0].parameters, *_SHARED))
    else:
        of_active, of_passive = (
            _pick(params, *cls.parameters, "epsilon") for cls in classes
        )
        active, passive = classes[0](**of_active), classes[1](**fixed | of_passive)
        loss = ActivePassiveLoss(active, passive, **_pick(params, *_PAIR, *_SHARED))
    if name == base:
        return loss
    shared = _pick(params, "epsilon", "reduction", "name", "dtype")
    return SparseRegularization(loss, **_pick(params, *_REGULARIZATION), **shared)


def _classes(entry):
    """The classes of an entry of `LOSSES`, and what the passive one takes there."""
    if isinstance(entry, str):
        return [globals()[entry]], {}
    active, passive, fixed = entry
    return [globals()[active], globals()[passive]], fixed


def _pick(params, *names_):
    return {name: params[name] for name in names_ if name in params}
