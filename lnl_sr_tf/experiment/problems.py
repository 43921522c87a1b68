"""What stops a run from outside, said in one line: memory, disk, images, machines."""

import contextlib
from collections.abc import Iterator

import numpy as np

from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset, ImageFiles
from lnl_sr_tf.devices import backend, choice
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.training import precision


@contextlib.contextmanager
def told(configs: list[Config], kept: bool = True) -> Iterator[None]:
    """Within, what the backend raises becomes a `RunError` that says what to do.

    Args:
        configs: of the runs that are trained together.
        kept: whether their folders stay.
    """
    try:
        yield
    except backend.disk_errors() as error:
        if backend.out_of_memory(error):
            raise _no_memory(configs) from error
        # TensorFlow puts the name of a graph node in double braces before its text.
        reason = str(error).rpartition("}} ")[2].strip() or type(error).__name__
        reason = reason.splitlines()[0]
        if not kept:
            raise RunError(
                f"the run had to stop: {reason}; nothing of it is kept"
            ) from error
        raise RunError(
            f"the run in {configs[0].output_dir} had to stop: {reason}; what it had "
            "finished is intact, and with resume on the same command goes on from there"
        ) from error
    except Exception as error:
        if choice.peer_is_gone(error):
            raise RunError(
                f"another machine of the run in {configs[0].output_dir} is gone, or "
                "does not answer; start all of them again, and with resume on they go "
                "on from the last checkpoint"
            ) from error
        if precision.not_computable(error):
            raise RunError(
                f"this machine cannot compute {configs[0].model} with --precision="
                f"{configs[0].precision}; use --precision=float32"
            ) from error
        if not backend.out_of_memory(error):
            raise
        raise _no_memory(configs) from error


@contextlib.contextmanager
def of_images(source: Dataset) -> Iterator[None]:
    """Within, a file of images or rows that is lost becomes a `RunError` naming it.

    Args:
        source: the data that is trained on.
    """
    try:
        yield
    except backend.file_errors() as error:
        raise _file_gone(source) or error from None


def _no_memory(configs: list[Config]) -> RunError:
    return RunError(
        f"the device has no memory left for {configs[0].model} with "
        f"batch_size={configs[0].batch_size}"
        + (f" and {len(configs)} seeds at once" if len(configs) > 1 else "")
        + "; less of either takes less"
    )


def _file_gone(source: Dataset) -> RunError | None:
    """Names a file that was whole before; None without one."""
    for examples in (source.train_images, source.test_images):
        if isinstance(examples, np.ndarray):
            continue
        if found := examples.damaged():
            what = "an image" if isinstance(examples, ImageFiles) else "a file"
            return RunError(
                f"{what} changed while it was trained on: {found}; put it back, and "
                "with resume on the same command goes on from the last checkpoint"
            )
    return None
