"""What a command is given."""

from typing import Any, NamedTuple


class Request(NamedTuple):
    """What a person asks a command for.

    Args:
        arguments: words beside the flags, as text.
        settings: settings of runs that were given, by name; those of
            `lnl_sr_tf.config.AXES` as lists.
        options: the command's own, by name, with their defaults.
    """

    arguments: list[str]
    settings: dict[str, Any]
    options: dict[str, Any]
