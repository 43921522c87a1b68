"""Work that stops when its time is over, or when it is asked to."""

import contextlib
import os
import signal
import threading


class TimeUp(BaseException):
    """The minutes are over, or a signal said so."""


@contextlib.contextmanager
def until(seconds):
    """Inside, raise `TimeUp` after so many seconds, or when a signal asks to end.

    A run that trains saves its epoch first.
    """

    def stop(number, frame):
        raise TimeUp(f"stopped by {signal.Signals(number).name}")

    before = signal.signal(signal.SIGTERM, stop)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGTERM, before)
