"""Many runs, one after the other, and a table of them."""

import dataclasses

import keras

from lnl_sr_tf import config as configs
from lnl_sr_tf import experiment
from lnl_sr_tf.analysis import tables
from lnl_sr_tf.training import distribution
from lnl_sr_tf.training.progress import WHAT_IS_MEASURED


def run(settings, tell=print):
    """Train every run of a grid and tell the results side by side.

    Args:
        settings: as for `lnl_sr_tf.config.grid`.
        tell: called with each line for the person who waits.

    Returns:
        A list of (config, `RunFolder`), in the order of the grid.

    Raises:
        InputError: if a setting or the data is wrong.
        RunError: if a run cannot go on.
    """
    made = configs.grid(settings)
    distribution.start(made[0], tell)
    for config in made:
        experiment.check(config)
    folders = {}
    groups = _together(made)
    for number, group in enumerate(groups, 1):
        # What Keras keeps of the runs before would add up.
        keras.utils.clear_session()
        if len(groups) > 1:
            tell(f"Run {number} of {len(groups)}")
        for config, folder in zip(
            group, experiment.run_together(group, tell), strict=True
        ):
            folders[config.run_name] = folder
        tell("")
    folders = [folders[config.run_name] for config in made]
    results = [
        (config, folder.summary())
        for config, folder in zip(made, folders, strict=True)
        if folder.kept
    ]
    for kind, what in WHAT_IS_MEASURED.items():
        alike = [r for r in results if r[1].get("test_labels", "clean") == kind]
        if alike:
            tell(what)
            for line in tables.comparison(alike):
                tell(line)
    return list(zip(made, folders, strict=True))


def _together(made):
    """Lists of the configs to train at once: by default each alone."""
    groups = {}
    for config in made:
        alike = dataclasses.replace(config, seed=0) if config.parallel_seeds else config
        groups.setdefault(alike.run_name, []).append(config)
    return list(groups.values())
