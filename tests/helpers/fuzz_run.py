"""A command line and files that nobody meant, and what has to hold of each of them.

The command is called as a whole, but nothing is trained: what comes before, from the
command line to the corrupted labels and the matrix of the loss, runs as it is.
"""

import contextlib
import dataclasses
import os
import pathlib
import signal
import tempfile
import traceback
import warnings
from unittest import mock

from helpers.command import call
from helpers.made_data import picture

from lnl_sr_tf.errors import InputError

SECONDS = 20  # more than any case takes
ROWS = 8  # of a data set


@dataclasses.dataclass(frozen=True)
class Case:
    """A command line, and the files that it finds by their names."""

    arguments: tuple
    files: dict = dataclasses.field(default_factory=dict)


class TookTooLong(BaseException):
    """Nothing that the command could catch."""


def problem(case):
    """(exit status, None), or (status or None, what is wrong) of a case.

    To be called within `place`.
    """
    with _files(case.files), _limit(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            status, _, err = call(*case.arguments)
        except (Exception, SystemExit, TookTooLong):
            return None, traceback.format_exc(limit=-4)
    if status not in (0, 2):
        return status, f"exit status {status}: {err}"
    # They stand beside the one line.
    warned = [w for w in warned if issubclass(w.category, RuntimeWarning)]
    if warned:
        one = warned[0]
        return status, f"{one.filename}, {one.lineno}: {one.message}"
    one_line = (
        err.startswith("lnl-sr: ") and err.endswith("\n") and err.count("\n") == 1
    )
    if status == 2 and not one_line:
        return status, f"not one line: {err!r}"
    return status, None


@contextlib.contextmanager
def place():
    """A folder with images to be in, where nothing is trained or fetched."""
    from lnl_sr_tf.devices.strategies import Devices
    from lnl_sr_tf.sweep import here, on_ray, processes

    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # Deep, so that a few .. lead to nothing that is large.
        folder = folder.joinpath(*"abcdef")
        (folder / "images").mkdir(parents=True)
        for i in range(ROWS):
            picture(i, 8, 8).save(folder / "images" / f"{i}.png")
        stack.enter_context(contextlib.chdir(folder))
        new = {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder / "home")}
        stack.enter_context(mock.patch.dict(os.environ, new))
        for name, value in (
            ("lnl_sr_tf.experiment.run_checked", _load),
            ("lnl_sr_tf.datasets.sources.tfds.load", _not_fetched),
            # No port is opened, no process started.
            ("lnl_sr_tf.devices.choice.start", lambda *a, **k: Devices()),
        ):
            stack.enter_context(mock.patch(name, value))
        for module in (processes, on_ray):
            stack.enter_context(mock.patch.object(module, "train", here.train))
        # It would collect garbage for most of the time.
        stack.enter_context(mock.patch("keras.utils.clear_session"))
        yield folder


def _load(configs, devices, tell):
    from lnl_sr_tf.experiment import correction_matrix, run_data
    from lnl_sr_tf.runs.folder import UnwrittenFolder

    for one in configs:
        folder = UnwrittenFolder("nowhere")
        source = run_data.read(one, one.dataset, one.pixels, tell)
        data = run_data.load(one, source, tell)
        if not correction_matrix.warm_up(one, folder, tell):
            correction_matrix.correction_matrix(one, data, folder, None, tell)
    return [folder for _ in configs]


def _not_fetched(name, *_):
    raise InputError(f"dataset {name!r}: not looked for")


@contextlib.contextmanager
def _files(files):
    """Bytes become files, None a folder, and all of them are gone afterwards."""
    try:
        for name, content in files.items():
            if content is None:
                os.mkdir(name)
            else:
                pathlib.Path(name).write_bytes(content)
        yield
    finally:
        for name, content in files.items():
            os.rmdir(name) if content is None else os.remove(name)


@contextlib.contextmanager
def _limit():
    def stop(*_):
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
