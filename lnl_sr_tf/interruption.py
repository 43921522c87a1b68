"""Signals that ask a run to stop."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class Asked:
    """Whether a signal has asked the run to stop, and which.

    Attributes:
        signal: its number; None if there was none.
    """

    signal: int | None = None

    @property
    def name(self) -> str | None:
        """The signal's name, such as SIGTERM; None if there was none."""
        return None if self.signal is None else signal.Signals(self.signal).name


@contextlib.contextmanager
def watching() -> Iterator[Asked]:
    """Inside, note SIGTERM and SIGINT instead of ending; a second one ends at once.

    A signal that the process was started to ignore, as shells do for background jobs,
    stays ignored.

    Yields:
        An `Asked`. Outside the main thread, where Python handles no signals, it never
        changes.
    """
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before: dict[int, Any] = {}

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
        for each, handler in before.items():
            signal.signal(each, handler)
