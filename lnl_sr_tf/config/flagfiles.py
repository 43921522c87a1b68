"""Files of settings, one a line: what `--flagfile` names.

A line is `--name=value`, for a setting that is true or false also `--name` or
`--noname`; or it is blank, or a comment that begins with # or //.
"""

import os
import re
from collections.abc import Collection, Sequence

from lnl_sr_tf.config.parse import check_name
from lnl_sr_tf.config.settings import FIELDS
from lnl_sr_tf.errors import InputError

_NAME = "flagfile"
_ARGUMENT = re.compile(rf"--?{_NAME}(?:=(.*))?", re.DOTALL)
# Bytes of all files of a command line together, so that files which name each other
# many times cannot grow without end.
_LARGEST = 10**6
_DEEPEST = 20


def parse_lines(
    text: str, source: str, beside: Collection[str] = ()
) -> list[tuple[str, str]]:
    """The settings in the text of such a file.

    Args:
        text: what the file holds.
        source: its name, for messages.
        beside: names that may be given besides those of settings.

    Returns:
        List of (name, value as written), in the order of the lines.

    Raises:
        InputError: that names file and line, if a line is not a setting.

    Example:
        >>> parse_lines("--loss=ce\\n--noflip", "my.flags")
        [('loss', 'ce'), ('flip', 'false')]
    """
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    return [
        _setting(line, f"{source}, line {number}", beside)
        for number, line in lines
        if line and not line.startswith(("#", "//"))
    ]


def _setting(line: str, where: str, beside: Collection[str]) -> tuple[str, str]:
    name, equals, value = line.removeprefix("--").partition("=")
    if not line.startswith("--") or not name:
        raise _wrong(line, where)
    if not equals:
        positive = name if name in FIELDS else name.removeprefix("no")
        if _is_switch(positive):
            return positive, "true" if name == positive else "false"
    if name not in beside:
        try:
            check_name(name)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    if not equals:
        raise _wrong(line, where)
    return name, value


def _wrong(line: str, where: str) -> InputError:
    return InputError(f"{where}: expected --name=value; received {line[:80]!r}")


def _is_switch(name: str) -> bool:
    return name in FIELDS and FIELDS[name].kind is bool


def expand(arguments: list[str]) -> list[str]:
    """Arguments with the settings of a file in place of each `--flagfile=FILE`.

    Args:
        arguments: those of a command line.

    Returns:
        A list of arguments, without `--flagfile` except after `--`.

    Raises:
        InputError: if a file cannot be read, is not text, is too large, holds a line
            that is not a setting, or names itself, directly or through others.

    For instance `--flagfile=my.flags --seed=2`, where my.flags holds `--loss=ce`,
    gives `--loss=ce --seed=2`.
    """
    made: list[str] = []
    reader, rest = _Reader(), iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*made, argument, *rest]
        found = _ARGUMENT.fullmatch(argument)
        if found:
            path = next(rest, "") if found[1] is None else found[1]
            made += reader.arguments(path)
        else:
            made.append(argument)
    return made


class _Reader:
    """Reads the files of one command line."""

    def __init__(self):
        self._left = _LARGEST

    def arguments(self, path: str, above: Sequence[tuple[str, str]] = ()) -> list[str]:
        """The settings of a file, and of those that it names, as arguments."""
        path = os.path.expanduser(path)
        source = f"{above[-1][0]}: {path!r}" if above else f"--{_NAME}={path}"
        content, real = self._read(path, source)
        if real in [other for _, other in above]:
            names = " > ".join(name for name, _ in (*above, (path, real)))
            raise InputError(
                f"flagfiles name each other in a circle: {names}; remove one of these "
                "lines"
            )
        if self._left < 0 or len(above) >= _DEEPEST:
            raise InputError(
                f"{source}: expected at most {_LARGEST} bytes of flagfiles, and at "
                f"most {_DEEPEST} that name one another in turn; there are more"
            )
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(f"{source} is not UTF-8 text") from None
        made = []
        for name, value in parse_lines(text, path, beside=(_NAME,)):
            if name == _NAME:
                nested = value and os.path.join(
                    os.path.dirname(path), os.path.expanduser(value)
                )
                made += self.arguments(nested, (*above, (path, real)))
            else:
                made.append(f"--{name}={value}")
        return made

    def _read(self, path: str, source: str) -> tuple[bytes, str]:
        """(bytes, real path) of a file."""
        if not path:
            raise InputError(f"{source}: expected the name of a file")
        try:
            with open(path, "rb") as file:
                content = file.read(self._left + 1)
            real = os.path.realpath(path)
        except FileNotFoundError:
            raise InputError(f"{source}: there is no such file") from None
        except OSError as error:
            raise InputError(f"{source} cannot be read: {error.strerror}") from None
        except ValueError:
            raise InputError(f"{source}: no file can have this name") from None
        self._left -= len(content)
        return content, real
