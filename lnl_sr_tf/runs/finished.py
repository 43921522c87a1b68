"""Whether a folder holds a finished run, and of which settings."""

import pathlib

from lnl_sr_tf import config as configs
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs.folder import RunFolder


def check(folder: RunFolder) -> None:
    """Raise InputError unless a folder holds a finished run."""
    record = folder.config()
    if record is None:
        raise InputError(
            f"{folder.path}: there is no run; expected the folder of one, such as "
            "those beneath runs/"
        )
    if not folder.finished():
        done = (folder.summary() or {}).get("epochs", 0)
        raise InputError(
            f"{folder.path}: the run is not finished ({done} of "
            f"{record.get('finetune') or record.get('epochs')} epochs are done); the "
            "command that began it goes on with it"
        )


def config_of(folder: RunFolder) -> configs.Config:
    """The config that a run's `config.json` tells of."""
    record = folder.config() or {}
    # What an earlier version did not write down was as it was before.
    before = {name: field.before for name, field in configs.FIELDS.items()}
    known = {name: was for name, was in before.items() if was is not None}
    known |= {name: record[name] for name in configs.FIELDS if name in record}
    # Wherever it was trained, it lies here now.
    known["output_dir"] = str(pathlib.Path(folder.path).parent)
    return configs.without_idle_settings(configs.Config(**known))
