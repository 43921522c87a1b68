"""Targets of the form {"label": y, "index": i}: i says which example each is."""

import keras
import numpy as np

from lnl_sr_tf import validation
from lnl_sr_tf.losses.nested import compiled_losses

_FORM = {"label", "index"}


def are(y, model):
    """Whether targets have this form, and are not those of two outputs so named."""
    names = set(getattr(model, "output_names", None) or ())
    return isinstance(y, dict) and set(y) == _FORM and names != _FORM


def parted(y, sample_weight, model):
    """Labels, indices, and the weights of examples; None where there are none.

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


def whole(index):
    """An index of a batch in a type that every backend takes places by.

    Raises:
        ValueError: if it is of floats, which may lie between two places.
    """
    kind = keras.backend.standardize_dtype(index.dtype)
    if "int" not in kind:
        raise ValueError(
            "`index` must be of integers where it is read batch by batch. Received: "
            f"index of dtype {kind}"
        )
    if kind in ("int32", "int64"):
        return index
    return keras.ops.cast(index, "int64" if kind in ("uint32", "uint64") else "int32")


def checked(y, loss):
    """Targets in arrays whose index is known to be whole numbers that a loss remembers.

    Args:
        y: targets of this form.
        loss: what a model was compiled with.

    Returns:
        The targets, with an index of int32 where a loss remembers.

    Raises:
        ValueError: if an index is none of those.
    """
    known = [getattr(one, "num_examples", None) for one in _remembering(loss)]
    if not known:
        return y
    index = keras.ops.convert_to_numpy(y["index"])
    places = validation.labels("index", index.reshape(-1), min(known))
    return {**y, "index": places.reshape(index.shape).astype(np.int32)}


def nothing_remembered(loss):
    """Whether a loss of those that remember has seen no example yet."""
    memories = (memory for one in _remembering(loss) for memory in one.state)
    return any(not np.any(keras.ops.convert_to_numpy(one)) for one in memories)


def _remembering(loss):
    for one in compiled_losses(loss):
        if getattr(one, "needs_index", False):
            yield getattr(one, "loss", one)


def with_weights(y, arguments):
    """Arguments of `fit` with `class_weight` as the `sample_weight` that it means.

    Keras takes a nested target for that of several outputs, and refuses the former.

    Raises:
        ValueError: if there is a `sample_weight`, or a `validation_split`, which
            would take its part of the weights, and weigh the validation by them.
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
