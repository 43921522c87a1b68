"""A run by the same method as one on cleaned data, on the data as it came."""

from lnl_sr_tf.config import FIELDS
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import finished
from lnl_sr_tf.runs.folder import RunFolder, folders_in

_OF_DATA = [f.name for f in FIELDS.values() if f.group in ("Data", "Label noise")]
_OF_METHOD = [f.name for f in FIELDS.values() if f.group in ("Method", "Training")]
# A run with another value is another method; in the rest recipes differ a little.
_THE_SAME = ("loss", "method", "model", "seed", "epochs")
_FINGERPRINTS = ("data_fingerprint", "open_set_fingerprint")


def differ(before: FinishedRun, after: FinishedRun) -> bool:
    """Whether two runs differ in more than their data.

    Args:
        before: the audited run.
        after: one on cleaned data.
    """
    return any(
        getattr(before.config, name) != getattr(after.config, name)
        for name in _THE_SAME
    )


def find(before: FinishedRun, after: FinishedRun) -> RunFolder | None:
    """A finished run beside the audited one, on its data and by the other's method.

    Args:
        before: the audited run, which has the data.
        after: the run on cleaned data, which has the method.

    Returns:
        Of several the one whose settings are most like those of `after`.
    """
    found = []
    audited = before.folder.config() or {}
    for folder in folders_in(before.folder.path.parent):
        try:
            if not folder.finished():
                continue
            config, record = finished.config_of(folder), folder.config() or {}
        except (RunError, ValueError, TypeError):
            continue  # damaged: it cannot be compared with
        of_its_data = all(
            getattr(config, name) == getattr(before.settings, name) for name in _OF_DATA
        ) and all(record.get(name) == audited.get(name) for name in _FINGERPRINTS)
        of_its_method = all(
            getattr(config, name) == getattr(after.settings, name) for name in _THE_SAME
        )
        if not of_its_data or not of_its_method:
            continue
        unlike = sum(
            getattr(config, name) != getattr(after.settings, name)
            for name in _OF_METHOD
        )
        found.append((unlike, folder.path.name, folder))
    return min(found)[2] if found else None
