"""The command line: flags, messages and exit statuses, which are here alone."""

import difflib
import itertools
import os
import sys
import textwrap
import types
from typing import Any

from absl import flags

from lnl_sr_tf import __version__, commands, config
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import InputError, RunError

DONE, FAILED, WRONG_INPUT = 0, 1, 2
_SEVERAL = " (one or several, by commas)"
_LONGEST_NAME = 80
_HELP = {"--help", "-help", "-h", "--helpfull", "--helpshort"}


def run() -> None:
    """Entry of the command: exits with the status of `main`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show λ or τ is no reason to stop.
        if hasattr(stream, "reconfigure"):  # a file, not what stands in for one
            stream.reconfigure(errors="replace")
    try:
        status = main(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does; there is no one to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:
        status = _complain(f"cannot write to standard output: {error}", FAILED)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def main(argv: list[str]) -> int:
    """Run a command, and return its exit status.

    It is 0 if all went well; 2 if the command line or the data is wrong, with one line
    on stderr; and 1 otherwise.

    Args:
        argv: the command line, the program's name first.
    """
    try:
        command, arguments = _command(argv[1:])
        if _HELP & set(arguments):
            print(_help(command))
            return DONE
        if "--version" in arguments:
            print(f"lnl-sr-tf {__version__}")
            return DONE
        module = commands.load(command or commands.NAMES[0])
        module.run(_request(argv[0], arguments, module), _tell)
    except (InputError, flags.Error) as error:
        return _complain(error, WRONG_INPUT)
    except RunError as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return _complain(
            "interrupted; with resume on, the same command goes on from the last "
            "checkpoint",
            FAILED,
        )
    return DONE


def _command(arguments: list[str]) -> tuple[str | None, list[str]]:
    """(name of the command or None, the arguments after it)."""
    if not arguments or arguments[0].startswith("-"):
        return None, arguments
    name = arguments[0]
    if name not in commands.NAMES:
        close = difflib.get_close_matches(name, commands.NAMES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"unexpected argument {name!r}; settings are given as --name=value, "
            f"commands are {', '.join(commands.NAMES)}, and --help lists them{hint}"
        )
    return name, arguments[1:]


def _request(program: str, arguments: list[str], module: types.ModuleType) -> Request:
    """The `Request` of a command line."""
    # Flagfiles are read here: absl would accept more than settings from them.
    arguments = config.expand(arguments)
    for argument in arguments:
        name = argument.partition("=")[0]
        # absl's search for similar names would recurse too deeply.
        if name.startswith("-") and len(name) > _LONGEST_NAME:
            raise InputError(f"unknown setting {name[:_LONGEST_NAME]}…")
    given = _flags(module)
    try:
        left_over = given([program, *arguments])[1:]
    except ValueError as error:  # of --noNAME=VALUE
        raise InputError(error) from None
    least, most = module.ARGUMENTS
    if len(left_over) > most:
        raise InputError(
            f"unexpected argument {left_over[most]!r}; settings are given as "
            "--name=value, and --help lists them"
        )
    if len(left_over) < least:
        raise InputError(f"missing argument; usage: lnl-sr {module.USAGE}")
    values = {name: given[name].value for name in given}
    options = {
        flag.name: flag.default
        if values[flag.name] is None
        else flag.parse(values[flag.name])
        for flag in module.OPTIONS
    }
    settings: dict[str, Any] = {
        flag.name: values[flag.name]
        for flag in _settings(module)
        if values[flag.name] is not None
    }
    for name in config.AXES:
        if isinstance(value := settings.get(name), str):
            settings[name] = _several(value)
    return Request(left_over, settings, options)


def _several(text: str) -> list[str]:
    """The values of a text with commas, unless it is the name of a file."""
    if os.path.exists(os.path.expanduser(text)):
        return [text]
    return [part.strip() for part in text.split(",")]


def _settings(module: types.ModuleType) -> list[Flag]:
    """The settings that a command takes, in the order of the help."""
    return [config.FIELDS[name] for name in getattr(module, "SETTINGS", config.FIELDS)]


def _flags(module: types.ModuleType) -> flags.FlagValues:
    """One absl flag for each setting and option; None where it is not given."""
    made = flags.FlagValues()
    for flag in (*_settings(module), *module.OPTIONS):
        define = flags.DEFINE_bool if flag.kind is bool else flags.DEFINE_string
        define(flag.name, None, "", flag_values=made)
    return made


def _help(command: str | None) -> str:
    module = commands.load(command or commands.NAMES[0])
    lines = [
        f"usage: python main.py {module.USAGE}",
        "(or lnl-sr in place of python main.py)",
        "",
        "Train classifiers on data whose labels are partly wrong, with and without",
        "sparse regularization. Without flags: cross-entropy and cross-entropy with",
        "sparse regularization on handwritten digits, side by side.",
        "",
        "A recipe in flags/ is picked by dataset, loss and noise; a flag wins over it.",
        "--flagfile=FILE reads flags from a file, one a line. The environment variable",
        "KERAS_BACKEND chooses what computes: tensorflow (default), jax or torch.",
    ]
    if command is None:
        lines += ["", "Commands (lnl-sr COMMAND --help has their flags):"]
        for name in commands.NAMES:
            other = commands.load(name)
            lines += [f"  lnl-sr {other.USAGE}", _wrapped(other.MEANING)]
    else:
        lines[3:6] = textwrap.wrap(module.MEANING[0].upper() + module.MEANING[1:], 79)
    defaults = getattr(module, "DEFAULTS", {})
    every = (*module.OPTIONS, *_settings(module))
    for group, members in itertools.groupby(every, lambda flag: flag.group):
        lines += ["", f"{group or 'Flags of this command'}:"]
        for flag in members:
            text = flag.help(",".join(defaults.get(flag.name, ())))
            text += _SEVERAL if flag.name in config.AXES else ""
            lines += [f"  --{flag.name}", _wrapped(text)]
    lines += [
        "",
        "Exit status: 0 done; 2 the command line or the data is wrong; 1 any other.",
    ]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    indent = " " * 6
    return textwrap.fill(
        text,
        76,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _tell(line: str) -> None:
    print(line, flush=True)


def _complain(problem: object, status: int) -> int:
    text = " ".join(str(problem).split())
    print(f"lnl-sr: {text}", file=sys.stderr, flush=True)
    return status
