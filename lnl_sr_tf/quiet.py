"""Silence what TensorFlow writes about its start, and about images it refuses."""

import contextlib
import logging
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import TextIO

_NOTICES = (
    "I0000",
    "WARNING: All log messages before absl",
    "INFO: Created TensorFlow Lite",  # by LiteRT, too
)
# What TensorFlow calls an error, and computes all the same.
_SLOW_FLOAT16 = "oneDNN supports DT_HALF only on platforms"


# Of a file that cannot be decoded our own line says which and why.
_OF_DECODERS = ("JPEG library", "Premature end of JPEG", "jpeg_mem.cc", "Corrupt JPEG")


@contextlib.contextmanager
def notices() -> Iterator[TextIO]:
    """Inside, hold back what is written to stderr; afterwards print all but notices.

    TensorFlow writes to the file descriptor before logging can be configured, so the
    descriptor itself is redirected.

    Yields:
        The stderr of before, for what is to be seen at once.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as caught:
        stderr = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            with open(stderr, "w", closefd=False) as before:
                yield before if _is_redirected(sys.stderr) else sys.stderr
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


def start_first() -> None:
    """`start`, unless TensorFlow or Keras is imported already, which says it all."""
    if not {"tensorflow", "keras"} & {*sys.modules}:
        start(os.environ.get("KERAS_BACKEND", "tensorflow"))


@contextlib.contextmanager
def tracing() -> Iterator[None]:
    """Inside, TensorFlow does not warn that each of several models is traced."""
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _is_redirected(stream):
    """Whether it writes to the descriptor, as that of a notebook does not."""
    try:
        return stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False


def _is_notice(line):
    """Whether a line is a message that does not matter."""
    if line.startswith(_NOTICES) or _SLOW_FLOAT16 in line:
        return True
    if any(words in line for words in _OF_DECODERS):
        return True
    has_gpu = pathlib.Path("/proc/driver/nvidia").exists()
    return "cuda" in line.lower() and not has_gpu
