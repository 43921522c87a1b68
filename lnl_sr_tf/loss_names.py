"""The short names of the losses, and the classes behind them.

Names alone, without Keras, so that the command's help can list them at once. An
entry is a class, or a class around others: (class, the losses inside, what the last
of them takes by default there).
"""


def _pair(active, passive, **fixed):
    return ("ActivePassiveLoss", (active, passive), fixed)


LOSSES = {
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
    # In these pairs, the published numbers take 1 − u_i for the absolute error.
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
    # ... and in these, 1e-7 for the smallest probability.
    "anl_ce": _pair(
        "NormalizedCrossEntropy", "NormalizedNegativeCrossEntropy", epsilon=1e-7
    ),
    "anl_fl": _pair("NormalizedFocalLoss", "NormalizedNegativeFocalLoss", epsilon=1e-7),
    "eps_ce": "EpsilonSoftmaxCrossEntropy",
    "eps_fl": "EpsilonSoftmaxFocalLoss",
    "eps_ce_mae": _pair("EpsilonSoftmaxCrossEntropy", "MeanAbsoluteError"),
    "eps_fl_mae": _pair("EpsilonSoftmaxFocalLoss", "MeanAbsoluteError"),
    "ce_logitclip": ("LogitClip", ("CrossEntropy",), {}),
    "ldr_kl": "LabelDistributionallyRobustKL",
    "bi_tempered": "BiTemperedLogisticLoss",
    "elr": "EarlyLearningRegularization",
    "forward": "ForwardCorrection",
    "backward": "BackwardCorrection",
}
# Parameters of the classes that have any; a test holds them to the classes.
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
    "LogitClip": ("delta",),
    "MeanAbsoluteError": ("scale",),
    "NegativeLearning": ("seed",),
    "NormalizedFocalLoss": ("gamma", "constant_factor"),
    "NormalizedGeneralizedCrossEntropy": ("q",),
    "NormalizedNegativeFocalLoss": ("gamma", "constant_factor"),
    "PartiallyHuberisedCrossEntropy": ("tau",),
    "PartiallyHuberisedGeneralizedCrossEntropy": ("q", "tau"),
    "SmoothedCrossEntropy": ("smoothing",),
    "SymmetricCrossEntropy": ("alpha", "beta"),
}  # fmt: skip
_OF_REGULARIZATION = ("p", "weight")
# Of the instance, not of the formula: every class takes them.
_SHARED = ("from_logits", "epsilon", "reduction", "name", "dtype")
# The ending that wraps a loss in `SparseRegularization`.
REGULARIZED = "_sr"
# Losses that sparse regularization contradicts, and why.
NOT_REGULARIZED = {
    "SmoothedCrossEntropy": "smoothed labels hold the output away from one-hot, where "
    "sparse regularization draws it",
    "LogitClip": "clipped logits hold the output away from one-hot, where sparse "
    "regularization draws it",
    "LabelDistributionallyRobustKL": "it sees the logits through a softplus, not "
    "through the softmax that sparse regularization holds close to one-hot",
    "BiTemperedLogisticLoss": "it sees the logits through a tempered softmax, not "
    "through the softmax that sparse regularization holds close to one-hot",
}


def names():
    """All names: each loss, and each with `_sr` that can be regularised."""
    return [
        name + ending
        for name in LOSSES
        for ending in ("", REGULARIZED)
        if not (ending and conflict(name))
    ]


def parameters(name):
    """The names of the parameters that a loss takes, and the losses it is made of.

    Args:
        name: one of `names()`.

    Returns:
        A list; of another name those that every loss takes.

    Example:
        >>> parameters("nfl_mae")[:5]
        ['alpha', 'beta', 'gamma', 'constant_factor', 'scale']
    """
    entry = LOSSES.get(name.removesuffix(REGULARIZED), "")
    outer, inner = (entry, ()) if isinstance(entry, str) else entry[:2]
    found = [_OF_REGULARIZATION] if name.endswith(REGULARIZED) else []
    found += [_PARAMETERS.get(cls, ()) for cls in (outer, *inner)]
    return list(dict.fromkeys(one for part in (*found, _SHARED) for one in part))


def needs_index(name):
    """Whether a loss, by its name, must be told which example is which.

    It must where it keeps something of each example, and so takes how many there are.
    Of a loss that is made already, its own `needs_index` says so.
    """
    return "num_examples" in parameters(name)


def conflict(name):
    """Why a loss, by its name without `_sr`, cannot be regularised; None if it can."""
    entry = LOSSES[name]
    return NOT_REGULARIZED.get(entry if isinstance(entry, str) else entry[0])
