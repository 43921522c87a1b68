"""Runs that are trained once in a run of the tests, for all its processes."""

import atexit
import hashlib
import os
import pathlib
import shutil
import tempfile

import filelock
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment
from lnl_sr_tf.runs.folder import RunFolder

# Where they are, for all processes of a run of the tests; tests/conftest.py sets it.
PLACE = "LNL_SR_TESTS_SHARED_RUNS"


def shared_run(**settings):
    """A finished run of one layer, bare: to look at, never to change.

    Args:
        **settings: of `lnl_sr_tf.config.resolve`, but for `output_dir`.
    """
    name = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:16]
    folder = _place() / name
    with filelock.FileLock(folder.with_suffix(".lock")):
        if not folder.is_dir():
            unfinished = folder.with_suffix(".unfinished")
            made = config.resolve(settings | {"output_dir": str(unfinished)})
            with quick_runs():
                experiment.run(made, lambda line: None)
            unfinished.rename(folder)
    (path,) = folder.iterdir()
    return RunFolder(path)


def copied_run(output_dir, **settings):
    """A copy of a finished run in an `output_dir`, to change; and its config."""
    run = shared_run(**settings)
    path = pathlib.Path(output_dir) / run.path.name
    shutil.copytree(run.path, path)
    made = config.resolve(settings | {"output_dir": str(output_dir)})
    return RunFolder(path), made


def _place():
    if PLACE not in os.environ:  # a file of tests that is run alone, without pytest
        os.environ[PLACE] = tempfile.mkdtemp()
        atexit.register(shutil.rmtree, os.environ[PLACE], ignore_errors=True)
    return pathlib.Path(os.environ[PLACE])
