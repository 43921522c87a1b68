"""What training on cleaned data gained."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lnl_sr_tf.auditing import same_method_before
from lnl_sr_tf.auditing.from_run import class_names
from lnl_sr_tf.config.file_kind import TABLE
from lnl_sr_tf.datasets.copies import content_hashes
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import measured

_BETWEEN = "\x1f"  # cells of a row; the control character that is for it


def compare(before: pathlib.Path | str, after: pathlib.Path | str) -> dict[str, Any]:
    """Compare a run on the audited data with one on the cleaned data.

    Args:
        before: the folder of the audited run.
        after: the folder of a run on the cleaned data.

    Returns:
        `before` and `after`, each with `run`, `accuracy` of the last epoch and
        `noise_rate` (None where unknown); `gain`, the difference in accuracy;
        `same_test_set`, None where the data of a run is gone, so that it is unknown;
        and `test_labels`, their kind in the first run. Where the two differ in their
        method too, also `same_method`, the same as `before` of a finished run beside it
        that has the data of the first and the method of the second, with
        `gain_by_data`, the difference from it; it is None where there is no such run.

    Raises:
        InputError: if a run is not finished, or the two have different classes, kinds
            of test labels or test sets.

    Example:
        compare("runs/digits-ce-…", "runs/cleaned-ce-…")["gain"]  # 0.2944
    """
    runs = [FinishedRun(path) for path in (before, after)]
    classes = [class_names(run) for run in runs]
    if sorted(classes[0]) != sorted(classes[1]):
        raise InputError(
            f"{before} has {len(classes[0])} classes, first {classes[0][0]}, {after} "
            f"{len(classes[1])}, first {classes[1][0]}; expected two runs with the "
            "same classes"
        )
    kinds = [label_kinds.kind(run.summary) for run in runs]
    if ("clean" in kinds) and len(set(kinds)) > 1:
        raise InputError(
            f"the test labels of {before} are {kinds[0]}, those of {after} {kinds[1]}; "
            "expected two runs with the same test set"
        )
    same = _same_test_set(runs)
    if same is False:
        raise InputError(
            f"the test sets of {before} and {after} differ in examples or labels; "
            "expected two runs with the same test set"
        )
    sides = [_side(run) for run in runs]
    found = {
        "before": sides[0],
        "after": sides[1],
        "gain": sides[1]["accuracy"] - sides[0]["accuracy"],
        "same_test_set": same,
        "test_labels": kinds[0],
    }
    if same_method_before.differ(*runs):
        folder = same_method_before.find(*runs)
        found["same_method"] = folder and _side(FinishedRun(folder.path))
        if found["same_method"]:
            gain = sides[1]["accuracy"] - found["same_method"]["accuracy"]
            found["same_method"]["gain_by_data"] = gain
    return found


def _side(run: FinishedRun) -> dict[str, Any]:
    return {
        "run": run.name,
        "accuracy": measured(run.summary),
        "noise_rate": run.summary.get("noise_rate"),
    }


def _same_test_set(runs):
    """Whether test sets have the same examples with the same class names.

    None where the data of a run is gone or has changed. Examples that are read from
    files as they are needed are compared by their labels alone.
    """
    try:
        sets = [run.dataset for run in runs]
    except (InputError, RunError):
        return None
    names = [np.array(data.class_names)[data.test_labels] for data in sets]
    if not np.array_equal(*map(np.sort, names)):
        return False
    read = [_as_read(data) for data in sets]
    if not all(isinstance(one, np.ndarray) for one in read):
        return True
    examples = [
        sorted(zip(content_hashes(one).tolist(), of.tolist(), strict=True))
        for one, of in zip(read, names, strict=True)
    ]
    return examples[0] == examples[1]


def _as_read(data):
    """The examples of a test set before features were made of them.

    What is made may depend on the training set, which the two runs do not share.
    """
    if data.test_originals is None:
        return data.test_images
    if data.kind == TABLE:
        rows = (_BETWEEN.join(map(str, row)) for row in data.test_originals)
        return np.array([*rows], object)
    return data.test_originals


def lines(found: Mapping[str, Any]) -> list[str]:
    """What `compare` found, as lines for a terminal."""
    told = [_told(side, found[side]) for side in ("before", "after")]
    if found["same_test_set"] is None:
        told.append(
            "warning: the data of one run is gone or has changed, so it is not known "
            "whether both have the same test set"
        )
    if found.get("test_labels") == "held out":
        told.append(
            "warning: both are measured by given labels that were held out, which are "
            "as noisy as the rest: what cleaning gained shows badly by them"
        )
    told.append(f"{'gain':6}  {100 * found['gain']:+7.2f} points")
    if "same_method" not in found:
        return told
    told.append("The two differ in their method as well as in their data")
    if same := found["same_method"]:
        told += [
            _told("before, by the method of after", same),
            f"gain by the data alone  {100 * same['gain_by_data']:+.2f} points",
        ]
    else:
        told.append(
            "no finished run beside the first has its data and the method of the "
            "second: train one to see what the data alone gained"
        )
    return told


def _told(name: str, side: Mapping[str, Any]) -> str:
    rate = side["noise_rate"]
    noise = "" if rate is None else f", noise rate {rate:.3f}"
    return f"{name:6}  {side['accuracy']:7.2%}  ({side['run']}{noise})"
