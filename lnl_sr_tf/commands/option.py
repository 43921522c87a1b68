"""The flags of a command, and what a person asks it for."""

import difflib
from typing import Any, NamedTuple

from lnl_sr_tf.errors import InputError


class Option(NamedTuple):
    """A flag of one command, beside the settings of runs.

    Args:
        name: of the flag.
        kind: bool, int, str, or float for a share in (0, 1].
        default: the value of a flag that is not given.
        meaning: for the help, with its unit.
        choices: the allowed texts; empty for any.
        least: the smallest allowed number.
    """

    name: str
    kind: type
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    least: int = 0

    def parse(self, text: Any) -> Any:
        """Its value from text.

        Raises:
            InputError: if it is not allowed.
        """
        if self.kind is bool:
            words = {"true": True, "1": True, "false": False, "0": False}
            if str(text).lower() not in words:
                raise self._wrong(text, "true or false")
            return words[str(text).lower()]
        if self.kind is int:
            try:
                number = int(text)
            except ValueError:
                number = self.least - 1
            if number < self.least:
                raise self._wrong(text, f"a whole number from {self.least}")
            return number
        if self.kind is float:
            try:
                share = float(text)
            except ValueError:
                share = 0.0
            if not 0 < share <= 1:
                raise self._wrong(text, "a number in (0, 1]")
            return share
        if self.choices and text not in self.choices:
            close = difflib.get_close_matches(text, self.choices, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise self._wrong(text, f"one of {', '.join(self.choices)}{hint}")
        return text

    def _wrong(self, text, expected):
        return InputError(f"--{self.name}={text}: expected {expected}")


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
