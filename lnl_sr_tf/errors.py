"""Errors that the user can correct, as opposed to bugs of the program."""

from collections.abc import Sequence


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


def first_of(names: Sequence[str], most: int, between: str = ", ") -> str:
    """The first of some names, and how many more there are, for a message.

    Args:
        names: any number.
        most: how many of them are named.
        between: what stands between two.

    Example:
        >>> first_of(["cat", "dog", "cow"], 2)
        'cat, dog and 1 more'
    """
    more = len(names) - most
    rest = f"{between.rstrip(', ')} and {more} more" if more > 0 else ""
    return between.join(names[:most]) + rest
