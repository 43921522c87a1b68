"""The short names of the losses, and the classes behind them.

Names alone, without Keras, so that the command's help can list them at once.
"""

from typing import Any, TypeAlias

# A class; or a class around others: (class, the classes inside, other defaults of the
# last of them).
Entry: TypeAlias = str | tuple[str, tuple[str, ...], dict[str, Any]]


def _pair(active: str, passive: str, **fixed: Any) -> Entry:
    return ("ActivePassiveLoss", (active, passive), fixed)


LOSSES: dict[str, Entry] = {
    "ce": "CrossEntropy",
    "ls": "SmoothedCrossEntropy",
    "fl": "FocalLoss",
    "gce": "GeneralizedCrossEntropy",
    "mae": "MeanAbsoluteError",
    "nmae": "NormalizedMeanAbsoluteError",
    "rce": "ReverseCrossEntropy",
    "nrce": "NormalizedReverseCrossEntropy",
    "sce": "SymmetricCrossEntropy",
    "nce": "NormalizedCrossEntropy",
    "nfl": "NormalizedFocalLoss",
    "ngce": "NormalizedGeneralizedCrossEntropy",
    # The numbers published for these pairs take 1 − u_i as the absolute error ...
    "nce_mae": _pair("NormalizedCrossEntropy", "MeanAbsoluteError", scale=1.0),
    "nce_rce": _pair("NormalizedCrossEntropy", "ReverseCrossEntropy"),
    "nfl_mae": _pair("NormalizedFocalLoss", "MeanAbsoluteError", scale=1.0),
    "nfl_rce": _pair("NormalizedFocalLoss", "ReverseCrossEntropy"),
    "phuber_ce": "PartiallyHuberisedCrossEntropy",
    "phuber_gce": "PartiallyHuberisedGeneralizedCrossEntropy",
    "nlnl": "NegativeLearning",
    "agce": "AsymmetricGeneralizedCrossEntropy",
    "aul": "AsymmetricUnhingedLoss",
    "ael": "AsymmetricExponentialLoss",
    "amse": "AsymmetricMeanSquaredError",
    "nce_agce": _pair("NormalizedCrossEntropy", "AsymmetricGeneralizedCrossEntropy"),
    "nce_aul": _pair("NormalizedCrossEntropy", "AsymmetricUnhingedLoss"),
    "nce_ael": _pair("NormalizedCrossEntropy", "AsymmetricExponentialLoss"),
    "jal_ce": _pair("NormalizedCrossEntropy", "AsymmetricMeanSquaredError"),
    "jal_fl": _pair("NormalizedFocalLoss", "AsymmetricMeanSquaredError"),
    "nnce": "NormalizedNegativeCrossEntropy",
    "nnfl": "NormalizedNegativeFocalLoss",
    # ... and those for these pairs 1e-7 as the smallest probability.
    "anl_ce": _pair(
        "NormalizedCrossEntropy", "NormalizedNegativeCrossEntropy", epsilon=1e-7
    ),
    "anl_fl": _pair("NormalizedFocalLoss", "NormalizedNegativeFocalLoss", epsilon=1e-7),
    "eps_ce": "EpsilonSoftmaxCrossEntropy",
    "eps_fl": "EpsilonSoftmaxFocalLoss",
    "eps_ce_mae": _pair("EpsilonSoftmaxCrossEntropy", "MeanAbsoluteError"),
    "eps_fl_mae": _pair("EpsilonSoftmaxFocalLoss", "MeanAbsoluteError"),
    "ce_logitclip": ("LogitClip", ("CrossEntropy",), {}),
    "mae_logitbias": ("LogitBias", ("MeanAbsoluteError",), {}),
    "ogc_ce": ("OptimizedGradientClipping", ("CrossEntropy",), {}),
    "ogc_fl": ("OptimizedGradientClipping", ("FocalLoss",), {}),
    "ogc_gce": ("OptimizedGradientClipping", ("GeneralizedCrossEntropy",), {}),
    "ldr_kl": "LabelDistributionallyRobustKL",
    "bi_tempered": "BiTemperedLogisticLoss",
    "elr": "EarlyLearningRegularization",
    "mda_ce": ("MarginalDistributionAdjustment", ("CrossEntropy",), {}),
    "rrm_ce": ("RockafellianRelaxation", ("CrossEntropy",), {}),
    "sop": "SparseOverparametrization",
    "forward": "ForwardCorrection",
    "backward": "BackwardCorrection",
}
# Parameters of the classes that have any; a test compares them with the classes.
_PARAMETERS = {
    "ActivePassiveLoss": ("alpha", "beta"),
    "AsymmetricExponentialLoss": ("a",),
    "AsymmetricGeneralizedCrossEntropy": ("a", "q"),
    "AsymmetricMeanSquaredError": ("a",),
    "AsymmetricUnhingedLoss": ("a", "q"),
    "BackwardCorrection": ("matrix",),
    "BiTemperedLogisticLoss": ("t1", "t2"),
    "EarlyLearningRegularization": (
        "strength", "momentum", "num_examples", "num_classes",
    ),
    "EpsilonSoftmaxCrossEntropy": ("m",),
    "EpsilonSoftmaxFocalLoss": ("m", "gamma", "constant_factor"),
    "FocalLoss": ("gamma", "constant_factor"),
    "ForwardCorrection": ("matrix",),
    "GeneralizedCrossEntropy": ("q",),
    "LabelDistributionallyRobustKL": ("margin", "temperature"),
    "LogitBias": ("bias",),
    "LogitClip": ("delta",),
    "MarginalDistributionAdjustment": (
        "momentum", "warmup", "num_examples", "num_classes",
    ),
    "MeanAbsoluteError": ("scale",),
    "NegativeLearning": ("seed",),
    "NormalizedFocalLoss": ("gamma", "constant_factor"),
    "NormalizedGeneralizedCrossEntropy": ("q",),
    "NormalizedNegativeFocalLoss": ("gamma", "constant_factor"),
    "OptimizedGradientClipping": ("allowance", "every", "queue"),
    "PartiallyHuberisedCrossEntropy": ("tau",),
    "PartiallyHuberisedGeneralizedCrossEntropy": ("q", "tau"),
    "RockafellianRelaxation": (
        "cost", "share", "every", "contamination", "num_examples",
    ),
    "SmoothedCrossEntropy": ("smoothing",),
    "SparseOverparametrization": (
        "lr_u", "lr_v", "num_examples", "num_classes",
    ),
    "SymmetricCrossEntropy": ("alpha", "beta"),
}  # fmt: skip
_OF_REGULARIZATION = ("p", "weight")
# Parameters of every class, not of one formula.
_SHARED = ("from_logits", "epsilon", "reduction", "name", "dtype")
# Losses that remember what one network said, or how well it fitted.
_REMEMBERING = (
    "EarlyLearningRegularization", "MarginalDistributionAdjustment",
    "OptimizedGradientClipping", "RockafellianRelaxation", "SparseOverparametrization",
)  # fmt: skip
# The ending that wraps a loss in `SparseRegularization`.
REGULARIZED = "_sr"
# Losses that contradict sparse regularization, and why.
NOT_REGULARIZED = {
    "SmoothedCrossEntropy": "smoothed labels keep the output away from one-hot, which "
    "sparse regularization aims at",
    "LogitClip": "clipped logits keep the output away from one-hot, which sparse "
    "regularization aims at",
    "LabelDistributionallyRobustKL": "it takes a softplus of the logits, not the "
    "softmax that sparse regularization keeps close to one-hot",
    "BiTemperedLogisticLoss": "it takes a tempered softmax of the logits, not the "
    "softmax that sparse regularization keeps close to one-hot",
}

# Losses that a class prior is not put around, and why.
NOT_WITH_PRIOR = {
    "LogitAdjusted": "it adds the logarithm of the classes' shares to the logits, so "
    "that the softmax of the logits alone does not follow the shares that the prior "
    "wants",
    "LogitClip": "it takes the softmax of clipped logits, not that of the logits, "
    "whose mean the prior holds",
    "LabelDistributionallyRobustKL": "it takes a softplus of the logits, not their "
    "softmax, whose mean the prior holds",
    "BiTemperedLogisticLoss": "it takes a tempered softmax of the logits, not their "
    "softmax, whose mean the prior holds",
    "BinaryCrossentropy": "it takes a sigmoid for each class, not a softmax, whose "
    "mean the prior holds",
    "BinaryFocalCrossentropy": "it takes a sigmoid for each class, not a softmax, "
    "whose mean the prior holds",
    "SparseRegularization": "sparse regularization goes around the prior, "
    "SparseRegularization(ClassPrior(loss))",
    "ClassPrior": "it is one already",
}


def names() -> list[str]:
    """All names: each loss, and with `_sr` each that can be regularised."""
    return [
        name + ending
        for name in LOSSES
        for ending in ("", REGULARIZED)
        if not (ending and conflict(name))
    ]


def parameters(name: str) -> list[str]:
    """The names of the parameters of a loss, and of the losses it is made of.

    Args:
        name: one of `names()`; for any other, those that every loss takes.

    Example:
        >>> parameters("nfl_mae")[:5]
        ['alpha', 'beta', 'gamma', 'constant_factor', 'scale']
    """
    entry = LOSSES.get(name.removesuffix(REGULARIZED), "")
    outer, inner = (entry, ()) if isinstance(entry, str) else entry[:2]
    found = [*(_OF_REGULARIZATION if name.endswith(REGULARIZED) else ())]
    for cls in (outer, *inner):
        found += _PARAMETERS.get(cls, ())
    return list(dict.fromkeys([*found, *_SHARED]))


def needs_index(name: str) -> bool:
    """Whether the loss `name` must be told which example is which.

    It must where it keeps something of each example, and so takes how many there are.
    Of a loss that is made already, its own `needs_index` says so.
    """
    return "num_examples" in parameters(name)


def remembers(name: str) -> bool:
    """Whether the loss `name` keeps something of what a network said in training."""
    return outer_class(name) in _REMEMBERING


def outer_class(name: str) -> str:
    """The class behind the loss `name`, without `_sr`: of several, the outer one.

    Example:
        >>> outer_class("nce_mae_sr")
        'ActivePassiveLoss'
    """
    entry = LOSSES.get(name.removesuffix(REGULARIZED), "")
    return entry if isinstance(entry, str) else entry[0]


def conflict(name: str) -> str | None:
    """Why the loss `name`, without `_sr`, cannot be regularised; None if it can."""
    entry = LOSSES[name]
    return NOT_REGULARIZED.get(entry if isinstance(entry, str) else entry[0])


def prior_conflict(name: str) -> str | None:
    """Why the loss `name`, without `_sr`, takes no class prior; None if it does."""
    entry = LOSSES[name]
    classes = (entry,) if isinstance(entry, str) else (entry[0], *entry[1])
    return next((NOT_WITH_PRIOR[one] for one in classes if one in NOT_WITH_PRIOR), None)
