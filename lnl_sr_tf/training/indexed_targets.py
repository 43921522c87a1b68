"""Targets of the form {"label": y, "index": i}, with the index of each example."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.losses.nested import compiled_losses, with_parts
from lnl_sr_tf.types import Tensor

_FORM = {"label", "index"}


def are(y: Any, model: keras.Model) -> bool:
    """Whether targets have this form, and the model has no two outputs so named."""
    names = set(getattr(model, "output_names", None) or ())
    return isinstance(y, dict) and set(y) == _FORM and names != _FORM


def parted(y: Any, sample_weight: Any, model: keras.Model) -> tuple[Any, Any, Any]:
    """Labels, indices, and the weights of the examples; None for what is not given.

    Keras gives each part of a nested target the weights of the examples.
    """
    if not are(y, model):
        return y, None, sample_weight
    if isinstance(sample_weight, dict) and set(sample_weight) == _FORM:
        sample_weight = sample_weight["label"]
    index = y["index"]
    if len(index.shape) == 2 and index.shape[1] == 1:
        index = keras.ops.reshape(index, (-1,))
    return y["label"], index, sample_weight


def whole(index: Tensor) -> Tensor:
    """The index of a batch, in an integer dtype that every backend can index with.

    Raises:
        ValueError: if its dtype is not an integer one.
    """
    kind = keras.backend.standardize_dtype(index.dtype)
    if "int" not in kind:
        raise ValueError(
            "`index` must hold integers if it is read batch by batch. Received: "
            f"index of dtype {kind}"
        )
    if kind in ("int32", "int64"):
        return index
    return keras.ops.cast(index, "int64" if kind in ("uint32", "uint64") else "int32")


def checked(y: dict[str, Any], loss: Any) -> dict[str, Any]:
    """Targets in arrays, with an index that is checked for losses that remember.

    Args:
        y: targets of this form.
        loss: what the model was compiled with.

    Returns:
        The targets, with an int32 index if a loss remembers examples.

    Raises:
        ValueError: if an index is no whole number in [0, n), with the n examples of
            that loss.
    """
    sizes = [getattr(one, "num_examples", None) for one in _remembering(loss)]
    if not sizes:
        return y
    smallest = min((size for size in sizes if size is not None), default=None)
    index = keras.ops.convert_to_numpy(y["index"])
    places = validation.labels("index", index.reshape(-1), smallest)
    return {**y, "index": places.reshape(index.shape).astype(np.int32)}


def nothing_remembered(loss: Any) -> bool:
    """Whether one of the losses that remember has seen no example yet."""
    memories = (memory for one in _remembering(loss) for memory in one.state)
    return any(not np.any(keras.ops.convert_to_numpy(one)) for one in memories)


def _remembering(loss: Any) -> Iterator[Any]:
    """The losses that remember examples, without the terms that are added to them."""
    for outer in compiled_losses(loss):
        needing = [
            one for one in with_parts(outer) if getattr(one, "needs_index", False)
        ]
        # Those around it say that they need it, because it does.
        yield from needing[-1:]


def with_weights(y: dict[str, Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `fit`, with `class_weight` turned into a `sample_weight`.

    Keras takes a nested target for that of several outputs, and refuses `class_weight`.

    Raises:
        ValueError: if there is also a `sample_weight`, or a `validation_split`, which
            would weight the validation, too.
    """
    arguments = dict(arguments)
    class_weight = arguments.pop("class_weight", None)
    if class_weight is None:
        return arguments
    if arguments.get("sample_weight") is not None:
        raise ValueError(
            "`class_weight` and `sample_weight` cannot be given together. Received: "
            f"class_weight={class_weight}"
        )
    if arguments.get("validation_split"):
        raise ValueError(
            "`class_weight` and `validation_split` cannot be given together with an "
            "index, since validation is not weighted: give `validation_data`. "
            f"Received: validation_split={arguments['validation_split']}"
        )
    label = keras.ops.convert_to_numpy(y["label"])
    if label.ndim > 1:
        label = label[:, 0] if label.shape[1] == 1 else label.argmax(axis=-1)
    weights = [class_weight.get(int(one), 1.0) for one in np.rint(label)]
    return arguments | {"sample_weight": np.array(weights, np.float32)}
