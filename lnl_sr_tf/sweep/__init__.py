"""Many runs, and a table of them: here, in processes of this machine, or on Ray.

The folders of the runs are all that is known of them: one that is finished is not
trained again, wherever that was done, and one that was cut off goes on.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lnl_sr_tf import config as configs
from lnl_sr_tf.analysis import tables
from lnl_sr_tf.config import Config
from lnl_sr_tf.runs.folder import WHAT_IS_MEASURED, RunFolder
from lnl_sr_tf.sweep import live_table


def run(
    settings: Mapping[str, Any], tell: Callable[[str], None] = print
) -> list[tuple[Config, RunFolder]]:
    """Train every run of a grid and tell the results side by side.

    Args:
        settings: as for `lnl_sr_tf.config.grid`.
        tell: called with each line for the person who waits.

    Returns:
        A list of (config, `RunFolder`), in the order of the grid.

    Raises:
        InputError: if a setting or the data is wrong.
        RunError: if a run cannot go on.

    Example:
        >>> run({"loss": ["ce", "ce_sr"], "seed": [1, 2, 3], "epochs": 10})
    """
    made = configs.grid(settings)
    for line in configs.loss_args.told(settings, made):
        tell(line)
    pairs = train(made, tell)
    results = [(config, folder.summary()) for config, folder in pairs if folder.kept]
    for kind, what in WHAT_IS_MEASURED.items():
        alike = [r for r in results if r[1].get("test_labels", "clean") == kind]
        if alike:
            tell(what)
            for line in tables.comparison(alike):
                tell(line)
    return pairs


def train(
    made: Sequence[Config], tell: Callable[[str], None] = print
) -> list[tuple[Config, RunFolder]]:
    """Train runs.

    Args:
        made: a list of `lnl_sr_tf.config.Config`, all to be trained in one place.
        tell: called with each line for the person who waits.

    Returns:
        A list of (config, `RunFolder`), in their order.

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
    """Where runs are trained: a function from groups of configs to their folders."""
    if config.sweep_on == "ray":
        from lnl_sr_tf.sweep import on_ray

        return on_ray.train
    if config.sweep_on == "processes":
        from lnl_sr_tf.sweep import processes

        return processes.train
    from lnl_sr_tf.sweep import here

    return here.train


def _together(made):
    """Lists of the configs to train at once: by default each alone."""
    groups = {}
    for config in made:
        alike = dataclasses.replace(config, seed=0) if config.parallel_seeds else config
        groups.setdefault(alike.run_name, []).append(config)
    return list(groups.values())
