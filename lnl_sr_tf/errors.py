"""Errors that the user can correct, as opposed to bugs of the program."""


class InputError(ValueError):
    """The command line or the data is wrong.

    The message is one line: what was received, what would be right and where.
    The command line prints it without a traceback and exits with status 2.
    """


class RunError(RuntimeError):
    """A run cannot continue, although its command line and data are right.

    The message is one line that says what happened and what to do next. The
    command line prints it without a traceback and exits with status 1.
    """


class FolderInUse(RunError):
    """Another process is using a run's folder."""


class NotFinite(RunError):
    """The loss, or a weight of the network, became NaN or infinite."""
