"""The results of jobs as they end: progress, failures, and the folders in the end."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from lnl_sr_tf import quiet
from lnl_sr_tf.duration import duration
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.interruption import Asked
from lnl_sr_tf.runs import identity
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep.job import Job, Result


class Outcome:
    """Gathers the results of jobs.

    Args:
        jobs: to be trained.
        tell: called with each line of progress.
        look_again: whether finished jobs are run through as well. Several machines
            must, since only one of them has the folders.
    """

    def __init__(
        self, jobs: Sequence[Job], tell: Callable[[str], None], look_again: bool = False
    ) -> None:
        self.jobs = jobs
        self.tell = tell
        self.results: dict[str, Result] = {}
        self._start = time.monotonic()
        if not look_again:
            # TensorFlow may start here too, to read image files.
            os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
        known: dict[tuple, Any] = {}  # mostly they have the same data
        with quiet.notices():
            finished = {job.label: job.finished(known) for job in jobs}
        self._before = {label for label, result in finished.items() if result}
        if look_again:
            return
        for job in jobs:
            if result := finished[job.label]:
                self.results[job.label] = result
                tell(f"{job.label}already finished{_elsewhere(job, known)}")

    @property
    def waiting(self) -> list[Job]:
        """Jobs without a result."""
        return [job for job in self.jobs if job.label not in self.results]

    def look(self, asked: Asked) -> None:
        """Raise RunError where a signal asks to stop."""
        if asked.signal:
            raise RunError(
                f"stopped by {asked.name}; with resume on, the same command goes on "
                "from there"
            )

    def add(self, job: Job, result: Result) -> None:
        """Record the result of a job, and tell how far all of them are.

        Raises:
            InputError: if settings or data are wrong: other jobs would fail too.
        """
        self.results[job.label] = result
        if result.wrong_input:
            raise InputError(result.problem)
        if result.problem:
            self.tell(f"{job.label}{result.problem}")
        done = len(self.results.keys() - self._before)
        left = len([job for job in self.waiting if job.label not in self._before])
        if left and done:
            seconds = (time.monotonic() - self._start) / done * left
            self.tell(
                f"{len(self.results)} of {len(self.jobs)} done, about "
                f"{duration(seconds)} left"
            )

    def check(self) -> None:
        """Raise RunError if some could not go on."""
        failed = [job for job in self.jobs if self.results[job.label].problem]
        if failed:
            first = failed[0]
            raise RunError(
                f"{len(failed)} of {len(self.jobs)} could not go on; the others are "
                "finished, and the same command tries these again; "
                f"{first.label}{self.results[first.label].problem}"
            )

    def folders(self) -> list[list[RunFolder]]:
        """For each job the folders of its runs.

        Raises:
            RunError: if some could not go on.
        """
        self.check()
        for job in self.jobs:
            for folder in self.results[job.label].folders:
                if not folder.finished():
                    raise RunError(
                        f"{job.label}was trained, but {folder.path} is not here: all "
                        "machines need the same folder as --output_dir"
                    )
        return [self.results[job.label].folders for job in self.jobs]


def _elsewhere(job, known):
    """The folders of a job that are not named after its runs, for a message."""
    paths = [identity.folder_of(config, known).path for config in job.group]
    others = [
        str(path)
        for path, config in zip(paths, job.group, strict=True)
        if path.name != config.run_name
    ]
    return f", {', '.join(others)}" if others else ""
