"""A finished run in other formats: `lnl-sr export RUN --format=onnx`."""

import difflib
import pathlib
from collections.abc import Callable

from lnl_sr_tf import quiet
from lnl_sr_tf.commands import backend
from lnl_sr_tf.commands.request import Request
from lnl_sr_tf.config.flag import Flag
from lnl_sr_tf.errors import InputError

USAGE = "export RUN --format=litert,onnx [--output=FOLDER]"
MEANING = (
    "write a run's network in other formats, from raw images to calibrated "
    "probabilities, and compare what each says of test examples with what the "
    "SavedModel says; or write its model card"
)
ARGUMENTS = (1, 1)
SETTINGS = ("data_dir",)
_CARD = "card"
_FORMATS = ("savedmodel", "keras", "litert", "onnx", _CARD)
# Endings of files, of which --output is none.
_FILES = (".keras", ".tflite", ".onnx", ".md")
OPTIONS = (
    Flag(
        "format",
        str,
        "",
        "savedmodel (saved_model/), keras (model.keras, of Keras's own layers), litert "
        "(model.tflite), onnx (model.onnx), or card (README.md, the model card); one "
        "or several, by commas (default: none)",
    ),
    Flag(
        "output",
        str,
        "",
        "the folder to write to (default: export/ in the run's folder, and of the card "
        "the run's folder)",
    ),
    Flag(
        "examples",
        int,
        1000,
        "how many test examples are compared at most; 0 compares none",
        interval="[0, inf)",
    ),
)


def run(request: Request, tell: Callable[[str], None]) -> None:
    """Write what was asked for, and tell each file."""
    (path,) = request.arguments
    names = _names(request.options["format"])
    output = _output(request.options["output"])
    if _CARD in names:
        _write_card(path, output, tell)
        names.remove(_CARD)
    if not names:
        return
    backend.start_tensorflow()
    with quiet.notices():
        from lnl_sr_tf.experiment import exporting
        from lnl_sr_tf.experiment.finished_run import FinishedRun
    finished = FinishedRun(path, request.settings.get("data_dir"))
    examples = request.options["examples"]
    exporting.export(finished, names, output, examples, tell)


def _names(given: str) -> list[str]:
    """The formats that are asked for, each once."""
    names = list(dict.fromkeys(filter(None, map(str.strip, given.split(",")))))
    if not names:
        raise InputError(
            f"export takes --format=NAME, one or several of {', '.join(_FORMATS)}"
        )
    for name in names:
        if name not in _FORMATS:
            close = difflib.get_close_matches(name, _FORMATS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(
                f"--format={name:.80}: expected one or several of "
                f"{', '.join(_FORMATS)}{hint}"
            )
    return names


def _output(given: str) -> pathlib.Path | None:
    """The folder that is named; None for the default."""
    if not given:
        return None
    output = pathlib.Path(given).expanduser()
    if output.suffix in _FILES or output.is_file():
        raise InputError(
            f"--output={given}: expected a folder, in which the files have names of "
            "their own"
        )
    return output


def _write_card(
    path: str, output: pathlib.Path | None, tell: Callable[[str], None]
) -> None:
    # Neither Keras nor TensorFlow is needed, so neither is imported.
    from lnl_sr_tf.runs import model_card
    from lnl_sr_tf.runs.folder import RunFolder

    tell(str(model_card.write(RunFolder(path), output)))
