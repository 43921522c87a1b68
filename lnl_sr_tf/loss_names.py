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


def conflict(name):
    """Why a loss, by its name without `_sr`, cannot be regularised; None if it can."""
    entry = LOSSES[name]
    return NOT_REGULARIZED.get(entry if isinstance(entry, str) else entry[0])
