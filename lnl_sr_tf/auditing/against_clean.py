"""How good an audit is, where the true labels are known."""

import numpy as np
from sklearn.metrics import roc_auc_score

from lnl_sr_tf.analysis.calibration import binned
from lnl_sr_tf.auditing.findings import Audit


def against_clean(audit: Audit) -> dict[str, float | None]:
    """Compare an audit with the true labels.

    Args:
        audit: one with `clean`.

    Returns:
        `noise_rate`, the true one; `auroc`, the probability that a wrong label has a
        higher score than a right one, and `precision`, the share of wrong labels among
        the n most suspect, n being the number of wrong ones (both None where none or
        all are wrong); `calibration_error`, the expected calibration error of the
        probability of being wrong, in 15 bins, among labels with evidence (None without
        such); and `suggested_right`, the share of examples whose suggested label is the
        true one.

    Example:
        against_clean(lnl.audit(run))["auroc"]  # 0.997
    """
    wrong = audit.given != audit.clean
    count = int(wrong.sum())
    measured = 0 < count < len(wrong)
    known = ~np.isnan(audit.probability)
    error = binned(audit.probability[known], wrong[known]).ece if known.any() else None
    return {
        "noise_rate": float(wrong.mean()),
        "auroc": float(roc_auc_score(wrong, audit.score)) if measured else None,
        "precision": float(wrong[audit.order[:count]].mean()) if measured else None,
        "calibration_error": error,
        "suggested_right": float(np.mean(audit.suggested == audit.clean)),
    }
