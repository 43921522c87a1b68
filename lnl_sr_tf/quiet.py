"""Silence TensorFlow's start-up messages."""

import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator

_NOTICES = (
    "I0000",
    "WARNING: All log messages before absl",
    "INFO: Created TensorFlow Lite",  # by LiteRT, too
)
# What TensorFlow calls an error, and computes all the same.
_SLOW_FLOAT16 = "oneDNN supports DT_HALF only on platforms"


@contextlib.contextmanager
def notices() -> Iterator[None]:
    """Inside, hold back what is written to stderr; afterwards print all but notices.

    TensorFlow writes to the file descriptor before logging can be configured, so the
    descriptor itself is redirected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        stderr = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            caught.seek(0)
            for line in caught.read().decode(errors="replace").splitlines():
                if not _is_notice(line):
                    print(line, file=sys.stderr)


def start(backend: str) -> None:
    """Let TensorFlow find its devices with its start-up messages silenced.

    Args:
        backend: the backend of Keras; nothing is done for another than `tensorflow`.
    """
    if backend != "tensorflow":
        return
    with notices():
        import tensorflow as tf

        tf.config.list_physical_devices()
        # It warns when each of several runs traces functions of its own, as intended.
        tf.get_logger().setLevel("ERROR")


def _is_notice(line):
    """Whether a line is a start-up message that does not matter."""
    if line.startswith(_NOTICES) or _SLOW_FLOAT16 in line:
        return True
    has_gpu = pathlib.Path("/proc/driver/nvidia").exists()
    return "cuda" in line.lower() and not has_gpu
