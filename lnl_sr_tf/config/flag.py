"""A flag of the command line: a setting of a run, or an option of a command."""

import dataclasses
import difflib
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from lnl_sr_tf.config.data_kinds import ends_in
from lnl_sr_tf.errors import InputError


class Only(NamedTuple):
    """When a setting has an effect: where another one, `setting`, passes `test`."""

    setting: str
    test: Callable[[Any], bool]
    words: str


def only_for(setting: str, *values: str) -> Only:
    """An `Only` for a setting that has one of these values."""
    words = " or ".join(f"--{setting}={value}" for value in values)
    return Only(setting, lambda value: value in values, words)


@dataclasses.dataclass(frozen=True)
class Flag:
    """What a flag is, what it may be, and how it is read.

    Args:
        name: as it is given, without `--`.
        kind: bool, int, float, str or dict.
        default: its value where it is not given; None where a recipe has it.
        meaning: what it is, with its unit.
        choices: the texts it may be.
        interval: the numbers it may be, as `"[0, 1)"`.
        only: an `Only`, where it has an effect only together with some settings.
        files: endings of the files whose paths it may be besides the choices.
        identifies: whether runs that differ in it are different runs.
        before: the value that runs had before it was a setting; their names are without
            it.
        group: its heading in the help.

    Example:
        >>> Flag("trials", int, 30, "how many trials", interval="[1, inf)").parse("5")
        5
    """

    name: str
    kind: type
    default: Any
    meaning: str
    _: dataclasses.KW_ONLY
    choices: tuple[str, ...] = ()
    interval: str = ""
    only: Only | None = None
    files: tuple[str, ...] = ()
    identifies: bool = True
    before: Any = None
    group: str = ""

    def parse(self, value: Any) -> Any:
        """Its value from text or Python, checked.

        Raises:
            InputError: says what was received and what would be right.
        """
        try:
            parsed = _PARSERS[self.kind](value)
        except (ValueError, TypeError, AttributeError):
            raise self._wrong(value, self._expected()) from None
        of_file = self.files and ends_in(parsed, *self.files)
        if self.choices and parsed not in self.choices and not of_file:
            close = difflib.get_close_matches(str(parsed), self.choices, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise self._wrong(
                value, f"one of {', '.join(self.choices)}{_or_file(self.files)}{hint}"
            )
        if parsed == "" and self.default != "":
            raise self._wrong(value, self._expected())
        if self.interval and not inside(parsed, self.interval):
            raise self._wrong(value, self._expected())
        return parsed

    def help(self, default: str = "") -> str:
        """What it is, with its unit, its range and its default.

        Args:
            default: what is said of the default, where it is not its own.
        """
        text, told, rest = self.meaning.partition(" (default: ")
        if self.interval:
            text += f", in {self.interval}"
        if self.only:
            text += f"; for {self.only.words}"
        if told and not default:
            return text + told + rest
        return f"{text} (default: {default or self._default()})"

    def _default(self) -> str:
        if self.default is None:
            return "the recipe's"
        return str(self.default).lower() if self.kind is bool else str(self.default)

    def _wrong(self, value: Any, expected: str) -> InputError:
        return InputError(f"--{self.name}={value}: expected {expected}")

    def _expected(self) -> str:
        words = _WORDS[self.kind]
        if self.kind is int and self.interval.endswith(", inf)"):
            least = self.interval[1:].partition(",")[0]
            return f"{words} from {least}"
        return f"{words} in {self.interval}" if self.interval else words


def inside(value: float, interval: str) -> bool:
    """Whether a number lies in an interval written as `"[0, 1)"`.

    Example:
        >>> inside(0.5, "[0, 0.5)")
        False
    """
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = low < value if interval[0] == "(" else low <= value
    below = value < high if interval[-1] == ")" else value <= high
    return above and below


def _or_file(endings: tuple[str, ...]) -> str:
    return f", or a file that ends in {' or '.join(endings)}" if endings else ""


def _parse_int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and value % 1):
        raise ValueError
    return int(value)


def _parse_float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


def _parse_bool(value: Any) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError
    return words[str(value).lower()]


def _parse_str(value: Any) -> str:
    value = os.fspath(value)  # a path is as good as text
    value.encode()  # not with bytes that are no UTF-8
    if "\0" in value:  # no file can have such a name
        raise ValueError
    return value


def _parse_scalar(text: str) -> bool | float:
    if text.lower() in ("true", "false"):
        return _parse_bool(text)
    try:
        return int(text)
    except ValueError:
        return float(text)


def _parse_dict(value: Any) -> dict[str, bool | float]:
    pairs = {}
    if isinstance(value, dict):
        pairs, value = dict(value), ""
    for part in filter(None, str(value).split(",")):
        name, equals, text = part.partition("=")
        if not equals or not name.strip().isidentifier() or name.strip() in pairs:
            raise ValueError
        pairs[name.strip()] = _parse_scalar(text.strip())
    # What JSON can hold and a loss can take.
    if not all(isinstance(v, (bool, int, float)) for v in pairs.values()):
        raise ValueError
    return pairs


_PARSERS: dict[type, Callable[[Any], Any]] = {
    int: _parse_int,
    float: _parse_float,
    bool: _parse_bool,
    str: _parse_str,
    dict: _parse_dict,
}
_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "name=value,name=value, each name once, with numbers, true or false",
    str: "text",
}
