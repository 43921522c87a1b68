"""The formats that a trained network can be exported in."""

import importlib.util
from collections.abc import Sequence
from typing import NamedTuple

from lnl_sr_tf.errors import InputError


class Format(NamedTuple):
    """A format.

    Args:
        file: the name of what is written, a folder for `savedmodel`.
        words: what it is called.
        packages: modules that writing and checking it take, by what pip calls them.
        strings: whether it can carry what is made of texts and categories.
    """

    file: str
    words: str
    packages: dict[str, str]
    strings: bool


FORMATS = {
    "savedmodel": Format("saved_model", "SavedModel", {}, True),
    "keras": Format("model.keras", "Keras", {}, False),
    "litert": Format(
        "model.tflite", "LiteRT", {"ai-edge-litert": "ai_edge_litert"}, False
    ),
    "onnx": Format(
        "model.onnx",
        "ONNX",
        {"tf2onnx": "tf2onnx", "onnxruntime": "onnxruntime"},
        False,
    ),
}


def check_installed(names: Sequence[str]) -> None:
    """Find out before anything is read whether the packages of formats are there.

    Args:
        names: of `FORMATS`.

    Raises:
        InputError: names the first that is missing, and how to get it.
    """
    for name in names:
        for package, module in FORMATS[name].packages.items():
            if importlib.util.find_spec(module) is None:
                raise InputError(
                    f"--format={name} needs {package}, which is not installed: pip "
                    f'install "lnl-sr-tf[{name}]"'
                )
