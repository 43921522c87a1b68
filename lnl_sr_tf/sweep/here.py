"""Runs one after the other, in this process."""

from collections.abc import Callable

import keras

from lnl_sr_tf import experiment
from lnl_sr_tf.config import Config
from lnl_sr_tf.devices import choice
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep.job import Result, jobs
from lnl_sr_tf.sweep.outcome import Outcome
from lnl_sr_tf.training.callbacks.within_epoch import Stopped


def train(
    groups: list[list[Config]], tell: Callable[[str], None]
) -> list[list[RunFolder]]:
    """Train groups of runs.

    Args:
        groups: their settings, those of each to be trained together.
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
            experiment.check(config, devices)
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
            trained.append(experiment.run_checked(job.group, devices, tell))
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
