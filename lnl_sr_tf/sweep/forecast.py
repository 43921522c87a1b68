"""Which runs would be trained, and how long that would take by those that are done."""

import os
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any

from lnl_sr_tf.config import Config
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.identity import folder_of

# Runs that are alike in these take about as long an epoch.
_ALIKE = ("dataset", "model", "method", "imbalance", "image_size")


def lines(configs: Sequence[Config]) -> list[str]:
    """A line for each run, and what all of them take.

    Args:
        configs: a list of `lnl_sr_tf.config.Config`.

    Returns:
        A list of text lines.

    Example:
        >>> print("\\n".join(lines(lnl.config.grid({"loss": ["ce", "ce_sr"]}))))
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
        state = f"{begun} of {config.epochs} epochs" if begun else "to be trained"
        plain = folder.path.with_name(config.run_name)
        if folder.path != plain and (plain / "config.json").is_file():
            state += f" ({plain.name} is of other data)"
        seconds = _seconds(config, config.epochs - begun, paces)
        if seconds is None:
            unknown += 1
            about = "no run like it so far to tell the time by"
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
    """Seconds an epoch of the runs that are there: lists by what they have alike."""
    found = {}
    for path in pathlib.Path(os.path.expanduser(output_dir)).glob("*/config.json"):
        folder = RunFolder(path.parent)
        try:
            config, summary = folder.config(), folder.summary()
        except RunError:
            continue  # damaged, so that nothing is known of it
        if summary and summary.get("epochs") and summary.get("seconds"):
            key = tuple(config.get(name) for name in _ALIKE)
            pace = summary["seconds"] / summary["epochs"]
            found.setdefault(key, []).append(pace)
    return found


def _seconds(config, epochs, paces):
    pace = paces.get(tuple(getattr(config, name) for name in _ALIKE))
    return epochs * statistics.median(pace) if pace else None
