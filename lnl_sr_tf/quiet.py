"""What libraries write about themselves, kept from people who have other concerns."""

import contextlib
import os
import pathlib
import sys
import tempfile

_NOTICES = ("I0000", "WARNING: All log messages before absl")


@contextlib.contextmanager
def notices():
    """Hold back what is written to stderr inside; pass on after it what matters.

    TensorFlow writes to the file descriptor before logging can be configured, so only
    the descriptor can catch it.
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


def start(backend):
    """Let TensorFlow find its devices while its notices are held back.

    Args:
        backend: that of Keras; another than `tensorflow` has nothing to say.
    """
    if backend != "tensorflow":
        return
    with notices():
        import tensorflow as tf

        tf.config.list_physical_devices()
        # That each run of several traces functions of its own is no matter.
        tf.get_logger().setLevel("ERROR")


def _is_notice(line):
    """Whether a line says nothing that matters here."""
    if line.startswith(_NOTICES):
        return True
    has_gpu = pathlib.Path("/proc/driver/nvidia").exists()
    return "cuda" in line.lower() and not has_gpu
