"""Runs one after the other, in this process."""

import keras

from lnl_sr_tf import experiment
from lnl_sr_tf.training import distribution


def train(groups, tell):
    """Train groups of runs.

    Args:
        groups: lists of `lnl_sr_tf.config.Config`, each to be trained together.
        tell: called with each line for the person who waits.

    Returns:
        For each group the `RunFolder` of each run, finished.

    Raises:
        InputError: if a setting or the data is wrong; before anything is trained, where
            that can be known.
        RunError: if a run cannot go on.
    """
    distribution.start(groups[0][0], tell)
    for group in groups:
        for config in group:
            experiment.check(config)
    trained = []
    for number, group in enumerate(groups, 1):
        # What Keras keeps of the runs before would add up.
        keras.utils.clear_session()
        if len(groups) > 1:
            tell(f"Run {number} of {len(groups)}")
        trained.append(experiment.run_together(group, tell))
        tell("")
    return trained
