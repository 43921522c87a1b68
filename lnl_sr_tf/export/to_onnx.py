"""A run's network in the ONNX format, and what ONNX Runtime says by it."""

import json
import logging
import pathlib
from collections.abc import Sequence

import numpy as np

from lnl_sr_tf.export.served import PROBABILITIES, Inputs, Part, batches
from lnl_sr_tf.files import whole_file

# The newest that tf2onnx writes.
_OPSET = 18
_ERRORS = 3  # of ONNX Runtime's levels of severity


def write(part: Part, path: pathlib.Path, class_names: Sequence[str]) -> None:
    """Write an `.onnx` with the names of the SavedModel, for batches of any size.

    The names of the classes are in its metadata, as a list in JSON, `class_names`.

    Args:
        part: what of the SavedModel is written.
        path: the file.
        class_names: one name a class.

    Raises:
        RunError: if it cannot be written.
        Exception: whatever the converter raises.
    """
    import onnx
    import tf2onnx
    from tensorflow.python.framework import convert_to_constants

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    # Of a function, as Keras calls it, tf2onnx makes inputs of the constants that it
    # has: those of a Normalization.
    frozen = convert_to_constants.convert_variables_to_constants_v2(part.function)
    inputs = {f"{name}:0": name for name in part.inputs}
    outputs = {
        tensor.name: name
        for tensor, name in zip(
            frozen.outputs, sorted(part.function.structured_outputs), strict=True
        )
    }
    model, _ = tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        name="lnl_sr_tf",
        input_names=list(inputs),
        output_names=list(outputs),
        opset=_OPSET,
        tensors_to_rename=inputs | outputs,
    )
    for one in (*model.graph.input, *model.graph.output):
        one.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.helper.set_model_props(
        model, {"class_names": json.dumps(list(class_names), ensure_ascii=False)}
    )
    onnx.checker.check_model(model)
    with whole_file(path) as file:
        file.write(model.SerializeToString())


def probabilities(path: pathlib.Path, inputs: Inputs) -> np.ndarray:
    """What ONNX Runtime says of examples, float32 of shape (n, classes).

    Args:
        path: of the `.onnx`.
        inputs: by the names of its inputs.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    return np.concatenate(
        [session.run([PROBABILITIES], batch)[0] for batch in batches(inputs)]
    )
