"""What training on cleaned data gained."""

from lnl_sr_tf.auditing.of_run import class_names
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.finished_run import FinishedRun
from lnl_sr_tf.run_folder import measured


def compare(before, after):
    """Two runs side by side: on the audited data, and on what was made of it.

    Args:
        before: the folder of the audited run.
        after: that of a run on the cleaned data.

    Returns:
        A dict of `before` and `after`, each with `run`, `accuracy` of the last epoch
        and `noise_rate` (None where it is not known), and `gain`, the difference in
        accuracy.

    Raises:
        InputError: if a run is not finished, or they are of other classes, or not
            measured by the same kind of labels.

    Example:
        >>> compare("runs/digits-ce-…", "runs/cleaned-ce-…")["gain"]
        0.2944
    """
    runs = [FinishedRun(path) for path in (before, after)]
    classes = [class_names(run) for run in runs]
    if sorted(classes[0]) != sorted(classes[1]):
        raise InputError(
            f"{before} has {len(classes[0])} classes, first {classes[0][0]}, {after} "
            f"{len(classes[1])}, first {classes[1][0]}; expected two runs with the same"
        )
    kinds = [run.summary.get("test_labels", "clean") for run in runs]
    if ("clean" in kinds) and len(set(kinds)) > 1:
        raise InputError(
            f"{before} is measured by labels that are {kinds[0]}, {after} by labels "
            f"that are {kinds[1]}; expected two runs with the same test set"
        )
    sides = [
        {
            "run": run.name,
            "accuracy": measured(run.summary),
            "noise_rate": run.summary.get("noise_rate"),
        }
        for run in runs
    ]
    gain = sides[1]["accuracy"] - sides[0]["accuracy"]
    return {"before": sides[0], "after": sides[1], "gain": gain}


def lines(found):
    """What `compare` found, for a terminal.

    Args:
        found: its dict.

    Returns:
        A list of text.
    """
    told = []
    for side in ("before", "after"):
        one = found[side]
        rate = one["noise_rate"]
        noise = "" if rate is None else f", noise rate {rate:.3f}"
        told.append(f"{side:6}  {one['accuracy']:7.2%}  ({one['run']}{noise})")
    return [*told, f"{'gain':6}  {100 * found['gain']:+7.2f} points"]
