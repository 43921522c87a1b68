"""Losses for noisy labels, each by its class or by its short name in the literature.

    loss = lnl.losses.get("fl_sr", gamma=2.0, p=0.1, weight=1.0)

To add one: write its class in the file of its family, import it here, and give it a
name in `lnl_sr_tf/loss_names.py`.
"""

import difflib
from typing import Any

import keras

from lnl_sr_tf.loss_names import LOSSES, REGULARIZED, conflict, names
from lnl_sr_tf.losses.active_passive import ActivePassiveLoss
from lnl_sr_tf.losses.asymmetric import (
    AsymmetricExponentialLoss,
    AsymmetricGeneralizedCrossEntropy,
    AsymmetricMeanSquaredError,
    AsymmetricUnhingedLoss,
)
from lnl_sr_tf.losses.base import RobustLoss
from lnl_sr_tf.losses.bi_tempered import BiTemperedLogisticLoss
from lnl_sr_tf.losses.class_prior import ClassPrior
from lnl_sr_tf.losses.correction import BackwardCorrection, ForwardCorrection
from lnl_sr_tf.losses.cross_entropy import CrossEntropy, SmoothedCrossEntropy
from lnl_sr_tf.losses.early_learning import EarlyLearningRegularization
from lnl_sr_tf.losses.epsilon_softmax import (
    EpsilonSoftmaxCrossEntropy,
    EpsilonSoftmaxFocalLoss,
)
from lnl_sr_tf.losses.focal import FocalLoss
from lnl_sr_tf.losses.generalized_cross_entropy import GeneralizedCrossEntropy
from lnl_sr_tf.losses.gradient_clipping import OptimizedGradientClipping
from lnl_sr_tf.losses.imbalanced import ClassBalanced, LogitAdjusted
from lnl_sr_tf.losses.label_distribution import LabelDistributionallyRobustKL
from lnl_sr_tf.losses.logit_bias import LogitBias
from lnl_sr_tf.losses.logit_clip import LogitClip
from lnl_sr_tf.losses.marginal_adjustment import MarginalDistributionAdjustment
from lnl_sr_tf.losses.mean_absolute_error import (
    MeanAbsoluteError,
    NormalizedMeanAbsoluteError,
)
from lnl_sr_tf.losses.negative_learning import NegativeLearning
from lnl_sr_tf.losses.normalized import (
    NormalizedCrossEntropy,
    NormalizedFocalLoss,
    NormalizedGeneralizedCrossEntropy,
)
from lnl_sr_tf.losses.normalized_negative import (
    NormalizedNegativeCrossEntropy,
    NormalizedNegativeFocalLoss,
)
from lnl_sr_tf.losses.overparametrization import SparseOverparametrization
from lnl_sr_tf.losses.partially_huberised import (
    PartiallyHuberisedCrossEntropy,
    PartiallyHuberisedGeneralizedCrossEntropy,
)
from lnl_sr_tf.losses.reverse_cross_entropy import (
    NormalizedReverseCrossEntropy,
    ReverseCrossEntropy,
    SymmetricCrossEntropy,
)
from lnl_sr_tf.losses.rockafellian import RockafellianRelaxation
from lnl_sr_tf.losses.selective_learning import SelectiveNegativePositiveLearning
from lnl_sr_tf.losses.sparse_regularization import SparseRegularization

__all__ = [
    "ActivePassiveLoss",
    "AsymmetricExponentialLoss",
    "AsymmetricGeneralizedCrossEntropy",
    "AsymmetricMeanSquaredError",
    "AsymmetricUnhingedLoss",
    "BackwardCorrection",
    "BiTemperedLogisticLoss",
    "ClassBalanced",
    "ClassPrior",
    "CrossEntropy",
    "EarlyLearningRegularization",
    "EpsilonSoftmaxCrossEntropy",
    "EpsilonSoftmaxFocalLoss",
    "FocalLoss",
    "ForwardCorrection",
    "GeneralizedCrossEntropy",
    "LabelDistributionallyRobustKL",
    "LogitAdjusted",
    "LogitBias",
    "LogitClip",
    "MarginalDistributionAdjustment",
    "MeanAbsoluteError",
    "NegativeLearning",
    "NormalizedCrossEntropy",
    "NormalizedFocalLoss",
    "NormalizedGeneralizedCrossEntropy",
    "NormalizedMeanAbsoluteError",
    "NormalizedNegativeCrossEntropy",
    "NormalizedNegativeFocalLoss",
    "NormalizedReverseCrossEntropy",
    "OptimizedGradientClipping",
    "PartiallyHuberisedCrossEntropy",
    "PartiallyHuberisedGeneralizedCrossEntropy",
    "ReverseCrossEntropy",
    "RobustLoss",
    "RockafellianRelaxation",
    "SelectiveNegativePositiveLearning",
    "SmoothedCrossEntropy",
    "SparseOverparametrization",
    "SparseRegularization",
    "SymmetricCrossEntropy",
    "get",
    "names",
]

# Arguments of every class, not of one formula.
_SHARED = ("from_logits", "epsilon", "reduction", "name", "dtype")


def get(name: str, /, **params: Any) -> keras.losses.Loss:
    """A loss by its name.

    Args:
        name: one of `names()`, for instance `"ce"` or `"fl_sr"`; positional only. The
            ending `_sr` wraps the loss in `SparseRegularization`.
        **params: arguments of the loss's class, and of the losses it is made of; with
            `_sr` also `p` and `weight`. A keyword `name` names the instance. By default
            those of the class.

    Raises:
        ValueError: if the name is unknown, or a parameter is unknown or out of range.

    Example:
        >>> get("gce_sr", q=0.01, p=0.1, weight=3.0).loss.q
        0.01
    """
    base = str(name).removesuffix(REGULARIZED)
    if name not in names():
        raise ValueError(_unknown(name, base))
    wrapper, inner, fixed = _classes(LOSSES[base])
    regularized = [SparseRegularization] if name != base else []
    classes = [*regularized, wrapper, *inner]
    accepted = [*(p for cls in classes for p in cls.parameters), *_SHARED]
    unknown = [p for p in params if p not in accepted]
    if unknown:
        raise ValueError(
            f"Loss {name!r} has no parameter {unknown[0]!r}. It takes: "
            f"{', '.join(accepted)}."
        )
    parts = {}
    for part, cls in zip(wrapper.parts, inner, strict=True):
        defaults = fixed if part == wrapper.parts[-1] else {}
        parts[part] = cls(**defaults | _pick(params, *cls.parameters, "epsilon"))
    loss = wrapper(**parts, **_pick(params, *wrapper.parameters, *_SHARED))
    if not regularized:
        return loss
    shared = _pick(params, "epsilon", "reduction", "name", "dtype")
    return SparseRegularization(
        loss, **_pick(params, *SparseRegularization.parameters), **shared
    )


def _unknown(name, base):
    """Why there is no loss of this name."""
    if base in LOSSES:
        return f"There is no {name!r}: {conflict(base)}. Use {base!r}."
    close = difflib.get_close_matches(str(name), names(), n=1)
    if close:
        return f"Unknown loss {name!r}. Did you mean {close[0]!r}?"
    return f"Unknown loss {name!r}. Expected one of: {', '.join(names())}."


def _classes(entry):
    """An entry of `LOSSES` as (class, classes inside, defaults of the last of them)."""
    if isinstance(entry, str):
        return globals()[entry], [], {}
    wrapper, inner, fixed = entry
    return globals()[wrapper], [globals()[name] for name in inner], fixed


def _pick(params, *names_):
    return {name: params[name] for name in names_ if name in params}
