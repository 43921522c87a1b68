"""Many runs and a table of them: in this process, in several, or on Ray.

The state of a run is in its folder alone: a finished run is not trained again, wherever
it was trained, and one that was cut off is resumed.
"""

import dataclasses
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from lnl_sr_tf import config as configs
from lnl_sr_tf.analysis import tables
from lnl_sr_tf.config import Config
from lnl_sr_tf.runs import label_kinds
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep import live_table


def run(
    settings: dict[str, Any], tell: Callable[[str], None] = print
) -> list[tuple[Config, RunFolder]]:
    """Train every run of a grid and show the results side by side.

    Args:
        settings: as for `lnl_sr_tf.config.grid`.
        tell: called with each line of progress.

    Returns:
        (config, folder) of each run, in the order of the grid.

    Raises:
        InputError: if a setting or the data is wrong.
        RunError: if a run cannot go on.

    Example:
        run({"loss": ["ce", "ce_sr"], "seed": [1, 2, 3], "epochs": 10})
    """
    made = configs.grid(settings)
    for line in configs.loss_args.told(settings, made):
        tell(line)
    pairs = train(made, tell)
    results = [
        (config, summary)
        for config, folder in pairs
        if folder.kept and (summary := folder.summary())
    ]
    for kind, words in label_kinds.WORDS.items():
        alike = [r for r in results if label_kinds.kind(r[1]) == kind]
        if alike:
            tell(words.notice)
            for line in tables.comparison(alike):
                tell(line)
    tell_next_step(pairs, tell)
    return pairs


def tell_next_step(
    pairs: Sequence[tuple[Config, RunFolder]], tell: Callable[[str], None]
) -> None:
    """Say how to find the wrong labels, by the first run that can tell them.

    Args:
        pairs: (config, folder) of runs.
        tell: called with the line, where there is such a run.
    """
    for config, folder in pairs:
        judges = config.loss.endswith("_sr") and not config.fold
        if judges and folder.kept and folder.finished():
            path = shlex.quote(str(folder.path))
            tell(f"Which labels are wrong: lnl-sr audit {path}")
            return


def train(
    made: Sequence[Config], tell: Callable[[str], None] = print
) -> list[tuple[Config, RunFolder]]:
    """Train runs.

    Args:
        made: their settings, all with the same `sweep_on`.
        tell: called with each line of progress.

    Returns:
        (config, folder) of each run, in the same order.

    Raises:
        InputError: if a setting or the data is wrong.
        RunError: if a run cannot go on; the others are finished first.
    """
    groups = _together(made)
    trained: dict[str, RunFolder] = {}
    with live_table.shown(made):
        for group, folders in zip(groups, _place(made[0])(groups, tell), strict=True):
            trained |= {
                config.run_name: folder
                for config, folder in zip(group, folders, strict=True)
            }
    return [(config, trained[config.run_name]) for config in made]


def _place(config):
    """The function that trains groups of runs and returns their folders."""
    if config.sweep_on == "ray":
        from lnl_sr_tf.sweep import on_ray

        return on_ray.train
    if config.sweep_on == "processes":
        from lnl_sr_tf.sweep import processes

        return processes.train
    from lnl_sr_tf.sweep import here

    return here.train


def _together(made):
    """Groups of runs to train together: by default each alone."""
    groups = {}
    for config in made:
        alike = dataclasses.replace(config, seed=0) if config.parallel_seeds else config
        groups.setdefault(alike.run_name, []).append(config)
    return list(groups.values())
