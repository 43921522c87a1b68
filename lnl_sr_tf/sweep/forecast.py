"""Which runs would be trained, and how long that would take by earlier ones."""

import os
import statistics
from collections.abc import Sequence
from typing import Any

from lnl_sr_tf.config import Config
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder, folders_in
from lnl_sr_tf.runs.identity import folder_of

# Runs that agree in these take about the same time an epoch.
_ALIKE = ("dataset", "model", "method", "imbalance", "image_size")


def lines(configs: Sequence[Config]) -> list[str]:
    """A line for each run, and one for the time of all.

    Example:
        print(*lines(lnl.config.grid({"loss": ["ce", "ce_sr"]})), sep="\\n")
    """
    paces = _paces(configs[0].output_dir)
    said, total, unknown, done = [], 0.0, 0, 0
    known: dict[tuple, Any] = {}
    for config in configs:
        folder = folder_of(config, known)
        name = folder.path.name if config.resume else config.run_name
        if config.resume and folder.finished():
            said.append(f"{name}: finished")
            done += 1
            continue
        begun = len(folder.rows()) if config.resume else 0
        state = f"{begun} of {config.own_epochs} epochs" if begun else "to be trained"
        plain = folder.path.with_name(config.run_name)
        if folder.path != plain and RunFolder(plain).begun():
            state += f" ({plain.name} has other data)"
        seconds = _seconds(config, config.own_epochs - begun, paces)
        if seconds is None:
            unknown += 1
            about = "time unknown without a similar run"
        else:
            total += seconds
            about = f"about {duration(seconds)}"
        said.append(f"{name}: {state}, {about}")
    left = len(configs) - done
    said.append(f"{len(configs)} runs: {done} finished, {left} to be trained")
    if left > unknown:
        of = f", without the {unknown} whose time is not known" if unknown else ""
        said[-1] += f"; one after the other about {duration(total)}{of}"
    return said


def _paces(output_dir):
    """Seconds an epoch of existing runs, in lists by the settings of `_ALIKE`."""
    found = {}
    for folder in folders_in(os.path.expanduser(output_dir)):
        try:
            config, summary = folder.config(), folder.summary()
        except RunError:
            continue  # damaged: nothing is known about it
        if summary and summary.get("epochs") and summary.get("seconds"):
            key = tuple(config.get(name) for name in _ALIKE)
            pace = summary["seconds"] / summary["epochs"]
            found.setdefault(key, []).append(pace)
    return found


def _seconds(config, epochs, paces):
    pace = paces.get(tuple(getattr(config, name) for name in _ALIKE))
    return epochs * statistics.median(pace) if pace else None
