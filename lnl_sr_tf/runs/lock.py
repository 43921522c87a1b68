"""One process at a time in a run's folder."""

import datetime
import json
import os
import pathlib
import platform

import filelock

from lnl_sr_tf.errors import FolderInUse, RunError

_LOCK = ".lock"
_HOLDER = ".lock.json"


class RunLock:
    """Held while a run is trained, so that no second process spoils it.

    The operating system lets go of it when the process ends, however that is, so one
    that was left behind by a crash is taken over.

    Args:
        path: the run's folder; made where it is not there.

    Raises:
        FolderInUse: on entering, where another process holds it, with its number,
            machine and time.
        RunError: where the folder cannot be written to.

    Example:
        >>> with RunLock("runs/digits-ce-sym0.6-seed1-0a1b2c3d"):
        ...     train()
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._lock = filelock.FileLock(self.path / _LOCK)

    def __enter__(self):
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            holder = {
                "process": os.getpid(),
                "machine": platform.node(),
                "since": datetime.datetime.now().isoformat(" ", "seconds"),
            }
            (self.path / _HOLDER).write_text(json.dumps(holder) + "\n", "utf-8")
        except filelock.Timeout:
            raise FolderInUse(
                f"{self.path} is being trained by {self._holder()}; wait until it has "
                "ended, or end it"
            ) from None
        except OSError as error:
            raise RunError(
                f"cannot write to {self.path}: {error.strerror or error}"
            ) from error
        return self

    def __exit__(self, *exception):
        # The lock's own file stays: to remove it would let two others in at once.
        (self.path / _HOLDER).unlink(missing_ok=True)
        self._lock.release()

    def _holder(self):
        try:
            holder = json.loads((self.path / _HOLDER).read_text("utf-8"))
            return (
                f"process {holder['process']} on {holder['machine']} since "
                f"{holder['since']}"
            )
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"
