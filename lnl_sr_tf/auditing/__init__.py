"""Find wrong labels: which, how many, and what they should be.

`lnl.audit(run)` or `lnl.audit(labels, probabilities)` gives an `Audit`.
"""

import dataclasses
import importlib
import os
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from lnl_sr_tf.auditing.findings import Audit
from lnl_sr_tf.auditing.from_arrays import audit_arrays
from lnl_sr_tf.auditing.multi_label import MultiLabelAudit, audit_multi_label
from lnl_sr_tf.errors import InputError

__all__ = [
    "Audit",
    "MultiLabelAudit",
    "audit",
    "audit_arrays",
    "audit_multi_label",
    "audit_run",
]

_OF_RUN = ("folds", "data_dir")
_OF_MULTI_LABEL = ("probabilities", "logits", "class_names", "index", "names")
_OF_LABELS = (
    "probabilities", "logits", "class_names", "clean", "index", "names", "features",
    "metric",
)  # fmt: skip


@overload
def audit(run_or_labels: str | os.PathLike[str], **more: Any) -> Audit: ...
@overload
def audit(
    run_or_labels: ArrayLike, probabilities: ArrayLike | None = None, **more: Any
) -> Any: ...
def audit(
    run_or_labels: str | os.PathLike[str] | ArrayLike,
    probabilities: ArrayLike | None = None,
    **more: Any,
) -> Any:
    """Find wrong labels by the outputs of a run or of any other network.

    Args:
        run_or_labels: path of a finished run's folder, as for `audit_run`; or given
            labels, shape (n,), with `probabilities` or `logits`, as for `audit_arrays`;
            or 0 and 1, shape (n, k), of multi-label data, as for `audit_multi_label`.
        probabilities: shape (n, k).
        **more: with a path, `folds` and `data_dir` as for `audit_run`; with labels,
            `logits`, `class_names`, `clean`, `index` and `names`; and `features`, shape
            (n, d), by which near copies and examples of no class are found, with
            `metric`, as for `lnl_sr_tf.auditing.from_features.examine`. `clean`,
            `features` and `metric` are not for multi-label data.

    Returns:
        An `Audit`, or of multi-label data a `MultiLabelAudit`.

    Raises:
        InputError: if the run is not finished, arrays do not fit, or an argument
            belongs to the other form.

    Example:
        found = lnl.audit("runs/digits-ce_sr-sym0.4-seed1-c3b6a9a4")
        found.noise_rate, found.suspects[:3]  # 0.39, [852, 1101, 377]
        lnl.audit(labels, model.predict(images)).noise_rate  # 0.12
    """
    if isinstance(run_or_labels, (str, os.PathLike)):
        from lnl_sr_tf.auditing.from_run import audit_run

        if probabilities is not None:
            more = {"probabilities": probabilities} | more
        _check_names("the path of a run", _OF_RUN, more)
        return audit_run(os.fspath(run_or_labels), **more)
    if _is_multi_label(run_or_labels):
        _check_names("multi-label data", _OF_MULTI_LABEL, more)
        return audit_multi_label(run_or_labels, probabilities, **more)
    _check_names("labels", _OF_LABELS, more)
    features, metric = more.pop("features", None), more.pop("metric", "cosine")
    found = audit_arrays(run_or_labels, probabilities, **more)
    if features is None:
        return found
    from lnl_sr_tf.auditing.from_features import examine

    told = examine(features, found.given, found.score, metric)
    return dataclasses.replace(found, features=told)


def _is_multi_label(labels):
    try:
        shape = np.shape(labels)
    except ValueError:  # rows of differing lengths
        return False
    return len(shape) == 2 and shape[1] > 1


def _check_names(form, allowed, given):
    for name in given:
        if name not in allowed:
            raise InputError(
                f"audit of {form} takes {', '.join(allowed)}; received {name}"
            )


def __getattr__(name: str) -> Any:
    """Import the audit of runs at its first use: it takes Keras."""
    if name != "audit_run":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.from_run").audit_run
