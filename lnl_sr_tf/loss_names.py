"""The short names of the losses, and the classes behind them.

Names alone, without Keras, so that the command's help can list them at once. A pair
of classes is an active and a passive loss, for `ActivePassiveLoss`, with what the
passive one takes by default there.
"""

# In active passive pairs, the published numbers take 1 − u_i for the absolute error.
_MAE = ("MeanAbsoluteError", {"scale": 1.0})
_RCE = ("ReverseCrossEntropy", {})

LOSSES = {
    "ce": "CrossEntropy",
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
    "nce_mae": ("NormalizedCrossEntropy", *_MAE),
    "nce_rce": ("NormalizedCrossEntropy", *_RCE),
    "nfl_mae": ("NormalizedFocalLoss", *_MAE),
    "nfl_rce": ("NormalizedFocalLoss", *_RCE),
    "phuber_ce": "PartiallyHuberisedCrossEntropy",
    "phuber_gce": "PartiallyHuberisedGeneralizedCrossEntropy",
    "agce": "AsymmetricGeneralizedCrossEntropy",
    "aul": "AsymmetricUnhingedLoss",
    "ael": "AsymmetricExponentialLoss",
    "amse": "AsymmetricMeanSquaredError",
    "nce_agce": ("NormalizedCrossEntropy", "AsymmetricGeneralizedCrossEntropy", {}),
    "nce_aul": ("NormalizedCrossEntropy", "AsymmetricUnhingedLoss", {}),
    "nce_ael": ("NormalizedCrossEntropy", "AsymmetricExponentialLoss", {}),
    "jal_ce": ("NormalizedCrossEntropy", "AsymmetricMeanSquaredError", {}),
    "jal_fl": ("NormalizedFocalLoss", "AsymmetricMeanSquaredError", {}),
    "nnce": "NormalizedNegativeCrossEntropy",
    "nnfl": "NormalizedNegativeFocalLoss",
}
# The ending that wraps a loss in `SparseRegularization`.
REGULARIZED = "_sr"
