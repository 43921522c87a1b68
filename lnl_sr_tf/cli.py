"""The command line: flags, messages and exit statuses; nothing else knows of them."""

import difflib
import importlib.util
import os
import sys
import textwrap

from absl import flags

from lnl_sr_tf import __version__, config, quiet
from lnl_sr_tf.errors import InputError, RunError

DONE, FAILED, WRONG_INPUT = 0, 1, 2
# A newcomer sees both at once; everything else has its default in `config`.
_DEFAULTS = {"loss": "ce,ce_sr"}
_SEVERAL = " (one or several, by commas)"
_LONGEST_NAME = 80
_BACKENDS = ("tensorflow", "jax", "torch")


def _define_flags():
    """One absl flag for each setting; None where it was not given."""
    for name in config.FIELDS:
        kind = config.FIELDS[name].metadata["kind"]
        define = flags.DEFINE_bool if kind is bool else flags.DEFINE_string
        define(name, None, _help_of(name))


def _help_of(name):
    text = config.meaning(name)
    if name in _DEFAULTS:
        text = text.rpartition(" (default:")[0] + f" (default: {_DEFAULTS[name]})"
    return text + (_SEVERAL if name in config.AXES else "")


_define_flags()


def run():
    """Entry of the command: exits with the status of `main`."""
    for stream in (sys.stdout, sys.stderr):
        # λ and τ are no reason to end on a terminal that cannot show them.
        stream.reconfigure(errors="replace")
    try:
        status = main(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read the output has gone, as `head` does; there is no one to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:
        status = _complain(f"cannot write to standard output: {error}", FAILED)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def main(argv):
    """Train what the command line asks for.

    Args:
        argv: the command line, the program's name first.

    Returns:
        Exit status: 0 done; 2 the command line or the data is wrong (one line on
        stderr); 1 anything else.
    """
    if {"--help", "-help", "-h", "--helpfull", "--helpshort"} & set(argv[1:]):
        print(_help())
        return DONE
    if "--version" in argv[1:]:
        print(f"lnl-sr-tf {__version__}")
        return DONE
    try:
        settings = _settings(argv)
        # Settled once before Keras is imported: a typo is answered at once.
        made = config.grid(settings)
        backend = _choose_backend()
        if made[0].sweep_on == "here":
            quiet.start(backend)
        with quiet.notices():
            from lnl_sr_tf import sweep
        sweep.run(settings, _tell)
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


def _settings(argv):
    """The settings that were given, by name; those of `config.AXES` as lists."""
    # Read here, for absl would take more than settings from a file.
    arguments = config.expand(argv[1:])
    for argument in arguments:
        name = argument.partition("=")[0]
        # absl's search for a name like it would recurse too deep.
        if name.startswith("-") and len(name) > _LONGEST_NAME:
            raise InputError(f"unknown setting {name[:_LONGEST_NAME]}…")
    try:
        left_over = flags.FLAGS([argv[0], *arguments])[1:]
    except ValueError as error:  # of --noNAME=VALUE
        raise InputError(error) from None
    if left_over:
        raise InputError(
            f"unexpected argument {left_over[0]!r}; settings are given as "
            "--name=value, and --help lists them"
        )
    values = {name: flags.FLAGS[name].value for name in config.FIELDS}
    settings = _DEFAULTS | {k: v for k, v in values.items() if v is not None}
    for name in config.AXES:
        if isinstance(settings.get(name), str):
            settings[name] = [part.strip() for part in settings[name].split(",")]
    return settings


def _choose_backend():
    """TensorFlow, whatever keras.json says, unless the environment names another.

    Returns:
        Its name.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", _BACKENDS[0])
    if backend not in _BACKENDS:
        close = difflib.get_close_matches(backend, _BACKENDS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError(
            f"KERAS_BACKEND={backend}: expected one of {', '.join(_BACKENDS)}{hint}"
        )
    if importlib.util.find_spec(backend) is None:
        raise InputError(
            f"KERAS_BACKEND={backend}: it is not installed; pip install {backend}"
        )
    return backend


def _help():
    lines = [
        "usage: python main.py [--name=value ...]    (or: lnl-sr [--name=value ...])",
        "",
        "Train classifiers on data whose labels are partly wrong, with and without",
        "sparse regularization. Without flags: cross-entropy and cross-entropy with",
        "sparse regularization on handwritten digits, side by side.",
        "",
        "A recipe in flags/ is picked by dataset and loss; a flag wins over it.",
        "--flagfile=FILE reads flags from a file, one a line. The environment variable",
        "KERAS_BACKEND chooses what computes: tensorflow (default), jax or torch.",
    ]
    group = None
    for name, field in config.FIELDS.items():
        if field.metadata["group"] != group:
            group = field.metadata["group"]
            lines += ["", f"{group}:"]
        lines += [
            f"  --{name}",
            textwrap.fill(
                _help_of(name),
                76,
                initial_indent=" " * 6,
                subsequent_indent=" " * 6,
                break_on_hyphens=False,
            ),
        ]
    lines += [
        "",
        "Exit status: 0 done; 2 the command line or the data is wrong; 1 any other.",
    ]
    return "\n".join(lines)


def _tell(line):
    print(line, flush=True)


def _complain(problem, status):
    text = " ".join(str(problem).split())
    print(f"lnl-sr: {text}", file=sys.stderr, flush=True)
    return status
