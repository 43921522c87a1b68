"""What a command is given."""

from typing import Any, NamedTuple


class Request(NamedTuple):
    """What a person asks a command for.

    Args:
        arguments: words that are not flags.
        settings: the given settings of runs, by name; those of `lnl_sr_tf.config.AXES`
            as lists.
        options: the values of the command's own flags, by name, defaults included.
    """

    arguments: list[str]
    settings: dict[str, Any]
    options: dict[str, Any]
