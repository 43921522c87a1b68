"""Signals that ask a run to stop."""

import contextlib
import signal
import threading


class Asked:
    """Whether a signal has asked to stop, and which."""

    signal = None

    @property
    def name(self):
        """The signal's name, such as SIGTERM; None without one."""
        return self.signal and signal.Signals(self.signal).name


@contextlib.contextmanager
def watching():
    """Note SIGTERM and SIGINT in place of ending at once; a second one ends at once.

    One that the process was started to ignore, as shells start what is in the
    background, stays ignored.

    Yields:
        An `Asked`. Outside of the main thread, where Python takes no signals, it stays
        as it is.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {}

    def note(number, frame):
        asked.signal = number
        for each, handler in before.items():
            signal.signal(each, handler)

    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, note)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
