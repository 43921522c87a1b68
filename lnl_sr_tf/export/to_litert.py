"""A run's network in LiteRT's format, and what LiteRT says by it."""

import pathlib

import numpy as np

from lnl_sr_tf.export.served import PROBABILITIES, Inputs, Part, Served, batches
from lnl_sr_tf.files import whole_file


def write(served: Served, part: Part, path: pathlib.Path) -> None:
    """Write a `.tflite` of builtin operations alone, in float32.

    Its signature `serving_default` has the names of the SavedModel.

    Args:
        served: what it is of.
        part: what of it is written.
        path: the file.

    Raises:
        RunError: if it cannot be written.
        Exception: whatever the converter raises.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [part.function], served.loaded
    )
    content = converter.convert()
    with whole_file(path) as file:
        file.write(content)


def probabilities(path: pathlib.Path, inputs: Inputs) -> np.ndarray:
    """What LiteRT's interpreter says of examples, float32 of shape (n, classes).

    Args:
        path: of the `.tflite`.
        inputs: those of its signature.
    """
    from ai_edge_litert.interpreter import Interpreter

    ask = Interpreter(model_path=str(path)).get_signature_runner("serving_default")
    found = [ask(**batch)[PROBABILITIES].copy() for batch in batches(inputs)]
    return np.concatenate(found)
