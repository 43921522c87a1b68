"""Which labels are wrong, how many, and what they should be.

`lnl.audit(run)` or `lnl.audit(labels, probabilities)` gives an `Audit`.
"""

from lnl_sr_tf.auditing.audit import Audit, audit_arrays
from lnl_sr_tf.auditing.of_run import audit_run

__all__ = ["Audit", "audit", "audit_arrays", "audit_run"]


def audit(run_or_labels, probabilities=None, **more):
    """Tell which labels are wrong, by a run or by any network's outputs.

    Args:
        run_or_labels: path of a finished run's folder, as for `audit_run`; or given
            labels, shape (n,), with `probabilities` or `logits`, as for `audit_arrays`.
        probabilities: shape (n, k).
        **more: `logits`, `class_names`, `clean`, `index` and `names` with labels.

    Returns:
        An `Audit`.

    Raises:
        InputError: if the run is not finished, or arrays do not fit.

    Example:
        >>> found = lnl.audit("runs/digits-ce_sr-sym0.4-seed1-c3b6a9a4")
        >>> found.noise_rate, found.suspects[:3]
        (0.39, array([ 852, 1101,  377]))
        >>> lnl.audit(labels, model.predict(images)).noise_rate
        0.12
    """
    if isinstance(run_or_labels, (str, bytes)) or hasattr(run_or_labels, "__fspath__"):
        return audit_run(run_or_labels)
    return audit_arrays(run_or_labels, probabilities, **more)
