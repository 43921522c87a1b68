"""Runs in processes of this machine, several at a time."""

import concurrent.futures
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

from lnl_sr_tf.config import Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.interruption import watching
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep.job import Job, Result, environment_of, jobs
from lnl_sr_tf.sweep.outcome import Outcome

_STARTS = 3  # of a run whose process was killed
_PAUSE = 1.0  # seconds
_CPUS = 4  # of a run, by default


def train(
    groups: list[list[Config]], tell: Callable[[str], None]
) -> list[list[RunFolder]]:
    """Train groups of runs, as many at a time as processors and GPUs allow.

    Args:
        groups: of runs, each for one process.
        tell: called with each line of progress.

    Returns:
        For each group the folders of its runs, finished.

    Raises:
        InputError: if a setting or the data is wrong, or the machine lacks what a run
            needs.
        RunError: if a run cannot go on; the others are finished first.
    """
    outcome = Outcome(jobs(groups), tell)
    if not outcome.waiting:
        return outcome.folders()
    slots = _slots(groups[0][0])
    free: queue.Queue[dict[str, str]] = queue.Queue()
    for slot in slots:
        free.put(slot)
    children = _Children(tell, free)
    with (
        watching() as asked,
        concurrent.futures.ThreadPoolExecutor(len(slots)) as pool,
    ):
        begun = {pool.submit(children.run, job): job for job in outcome.waiting}
        try:
            _gather(begun, outcome, asked)
        except BaseException:
            children.stop()
            pool.shutdown(cancel_futures=True)
            raise
    return outcome.folders()


def _gather(begun, outcome, asked):
    left = set(begun)
    while left:
        done, left = concurrent.futures.wait(
            left, 0.5, concurrent.futures.FIRST_COMPLETED
        )
        outcome.look(asked)
        for future in done:
            outcome.add(begun[future], future.result())


class _Children:
    """Processes that train a job each.

    Args:
        tell: called with each of their lines.
        free: the environments that are not in use.
    """

    def __init__(
        self, tell: Callable[[str], None], free: queue.Queue[dict[str, str]]
    ) -> None:
        self.tell = tell
        self.free = free
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopped = False

    def run(self, job: Job) -> Result:
        """Train a job; if it is killed, start again from its last checkpoint."""
        environment = self.free.get()
        try:
            return self._result(job, environment)
        finally:
            self.free.put(environment)

    def _result(self, job, environment):
        starts, told = 0, False
        while True:
            result, status = self._start(job, environment)
            if result and result.in_use and not self._stopped:
                # Another job may be making the same estimate of the transition matrix.
                if not told:
                    self.tell(f"{job.label}waiting: {result.problem}")
                told = True
                time.sleep(_PAUSE)
                continue
            starts += 1
            if result:
                return result
            ended = f"its process ended with {status}"
            if self._stopped or not status.startswith("SIG"):
                return Result(ended, False, [])
            if starts == _STARTS:
                return Result(
                    f"{ended}, the last of {starts} times; the machine may not "
                    "have enough memory for so many runs at a time",
                    False,
                    [],
                )
            self.tell(job.label + ended)

    def stop(self) -> None:
        """Ask all processes to save their work and end."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.send_signal(signal.SIGTERM)

    def _start(self, job, environment):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "result.json"
            with self._lock:
                if self._stopped:
                    return None, "nothing"
                process = subprocess.Popen(
                    [sys.executable, "-m", "lnl_sr_tf.sweep.child", str(path)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, errors="replace",
                    env=os.environ | environment,
                    # This process handles Ctrl-C and passes it on; a second signal
                    # would end a child before it has saved.
                    start_new_session=True,
                )  # fmt: skip
                self._running.add(process)
            last = ""
            with process:
                try:
                    process.stdin.write(json.dumps(job.settings()))
                    process.stdin.close()
                except BrokenPipeError:
                    pass
                for line in process.stdout:
                    if line.strip():
                        last = line.strip()
                        self.tell(job.label + line.rstrip())
            with self._lock:
                self._running.discard(process)
            status = str(process.returncode)
            if process.returncode < 0:
                status = signal.Signals(-process.returncode).name
            if path.is_file():
                return Result(*json.loads(path.read_text("utf-8"))), status
            return None, f"{status} ({last:.200})"


def _slots(config):
    """The environment variables of each run that may be trained at once."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    cores = cores or os.cpu_count() or 1
    cpus = config.cpus_per_run or min(_CPUS, cores)
    if cpus > cores:
        raise InputError(f"--cpus_per_run={cpus}: this machine has {cores} processors")
    found = _gpus()
    gpus = config.gpus_per_run
    if gpus is None:
        gpus = 1.0 if found else 0.0
    if gpus > len(found) or (gpus > 1 and gpus % 1):
        raise InputError(
            f"--gpus_per_run={gpus:g}: expected a share of one or a whole number; this "
            f"machine has {len(found)} GPUs"
        )
    return [
        environment_of(cpus, chosen) for chosen in _shared(found, gpus, cores // cpus)
    ]


def _shared(found, gpus, count):
    """The GPUs of each of at most `count` runs, by commas; -1 for none."""
    if not gpus:
        return ["-1"] * count
    if gpus >= 1:
        size = int(gpus)
        starts = range(0, len(found) - size + 1, size)
        return [",".join(found[start : start + size]) for start in starts][:count]
    return [name for name in found for _ in range(int(1 / gpus + 1e-9))][:count]


def _gpus():
    """Numbers or names of the GPUs that this process may use."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        names = [name.strip() for name in chosen.split(",")]
        return [name for name in names if name not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    listed = subprocess.run(
        ["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False
    )
    lines = listed.stdout.splitlines() if listed.returncode == 0 else []
    return [str(n) for n in range(sum(line.startswith("GPU ") for line in lines))]
