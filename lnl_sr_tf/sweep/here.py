"""Runs one after the other, in this process."""

import keras

from lnl_sr_tf import experiment
from lnl_sr_tf.devices import choice
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.sweep.child import Result, jobs
from lnl_sr_tf.sweep.outcome import Outcome
from lnl_sr_tf.training.callbacks.within_epoch import Stopped


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
        RunError: if a run cannot go on; the others are finished first, but where
            several machines train, which must do the same.
    """
    devices = choice.start(groups[0][0], tell)
    for group in groups:
        for config in group:
            experiment.check(config)
    outcome = Outcome(jobs(groups), tell, look_again=True)
    alone = len(groups) == 1 or devices.workers > 1
    trained = []
    for number, job in enumerate(outcome.jobs, 1):
        # What Keras keeps of the runs before would add up.
        keras.utils.clear_session()
        if len(groups) > 1:
            tell(f"Run {number} of {len(groups)}")
        problem = ""
        try:
            trained.append(experiment.run_together(job.group, tell))
        except Stopped:
            raise
        except RunError as error:
            if alone:
                raise
            problem = " ".join(str(error).split())
        outcome.add(job, Result(problem, False, []))
        tell("")
    outcome.check()
    return trained
