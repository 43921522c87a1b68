"""Runs on a Ray cluster, which places them and retries those whose node died."""

import os
import socket
import time
from collections.abc import Callable

from lnl_sr_tf.config import Config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.interruption import watching
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.sweep import child
from lnl_sr_tf.sweep.job import Result, environment_of, jobs
from lnl_sr_tf.sweep.outcome import Outcome

_RETRIES = 5
_CPUS = 1  # of a run, by default
# Variables of the environment here that a run on another node needs.
_PASSED_ON = ("KERAS_BACKEND", "TFDS_DATA_DIR", "TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS")
# Read when Ray is imported.
_OF_RAY = {
    # No usage reports.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Every line of every run, without colour codes.
    "RAY_DEDUP_LOGS": "0",
    "RAY_COLOR_PREFIX": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def train(
    groups: list[list[Config]], tell: Callable[[str], None]
) -> list[list[RunFolder]]:
    """Train groups of runs on the cluster that RAY_ADDRESS names, or a local one.

    Args:
        groups: of runs, each for one process.
        tell: called with each line of progress.

    Returns:
        For each group the folders of its runs, finished.

    Raises:
        InputError: if a setting or the data is wrong, Ray is not installed, its cluster
            does not answer, or no node has what a run needs.
        RunError: if a run cannot go on; the others are finished first.
    """
    for name, value in _OF_RAY.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise InputError(
            '--sweep_on=ray: Ray is not installed; pip install "lnl-sr-tf[ray]"'
        ) from None
    outcome = Outcome(jobs(groups), tell)
    if not outcome.waiting:
        return outcome.folders()
    _connect(ray)
    try:
        with watching() as asked:
            _gather(ray, _submit(ray, groups[0][0], outcome.waiting), outcome, asked)
    finally:
        ray.shutdown()
    return outcome.folders()


def _connect(ray):
    address = os.environ.get("RAY_ADDRESS")
    host, _, port = (address or "").rpartition(":")
    try:
        if port.isdecimal() and "//" not in host:
            # Ray itself would try for minutes.
            socket.create_connection((host, int(port)), timeout=10.0).close()
        ray.init(
            address or "local",
            logging_level="ERROR",
            **({} if address else {"include_dashboard": False}),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"RAY_ADDRESS={address}: no Ray cluster answers there "
            f"({' '.join(str(error).split()):.200})"
        ) from None


def _submit(ray, config, waiting):
    """The jobs by Ray's reference to their result."""
    gpus = config.gpus_per_run
    if gpus is None:
        gpus = 1.0 if ray.cluster_resources().get("GPU") else 0.0
    cpus = config.cpus_per_run or _CPUS
    fits = any(
        node["Resources"].get("CPU", 0) >= cpus
        and node["Resources"].get("GPU", 0) >= gpus
        for node in ray.nodes()
        if node["Alive"]
    )
    if not fits:
        raise InputError(
            f"--cpus_per_run={cpus} --gpus_per_run={gpus:g}: no node of the cluster "
            "has that many"
        )
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # A process for each run: the backend is chosen when Keras is imported.
    remote = ray.remote(max_calls=1, max_retries=_RETRIES)(_train)
    return {
        remote.options(num_cpus=cpus, num_gpus=gpus, name=job.label.strip(": ")).remote(
            job.settings(),
            os.getcwd(),
            environment | environment_of(cpus, None if gpus else "-1"),
        ): job
        for job in waiting
    }


def _train(settings, folder, environment):
    """On a node: a job's `Result`, as a tuple. Ray labels its output lines."""
    os.environ.update(environment)
    os.chdir(folder)

    def tell(line):
        if line:
            print(line, flush=True)

    told = False
    while True:
        result = child.train(settings, tell)
        if not result.in_use:
            return tuple(result)
        # The lock of a process on a dead node ends after a while; and another run may
        # be making the same estimate of the transition matrix.
        if not told:
            tell(f"waiting: {result.problem}")
        told = True
        time.sleep(1.0)


def _gather(ray, begun, outcome, asked):
    left = list(begun)
    try:
        while left:
            done, left = ray.wait(left, timeout=0.5)
            outcome.look(asked)
            for one in done:
                outcome.add(begun[one], _result(ray, one))
    except BaseException:
        for one in left:
            ray.cancel(one, force=False)
        ray.wait(left, num_returns=len(left), timeout=30)
        raise


def _result(ray, one):
    try:
        return Result(*ray.get(one))
    except ray.exceptions.RayError as error:
        line = " ".join(str(error).split())
        return Result(f"Ray could not finish it ({line:.300})", False, [])
