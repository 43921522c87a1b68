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
    index = keras.ops.reshape(y["index"], (-1,))
    return y["label"], index, sample_weight


def check(index, loss):
    """Raise ValueError where indices are none of those that a loss remembers.

    Args:
        index: an array of them.
        loss: what a model was compiled with.
    """
    known = [getattr(one, "num_examples", None) for one in _remembering(loss)]
    if known:
        validation.labels("index", keras.ops.convert_to_numpy(index), min(known))


def _remembering(loss):
    for one in compiled_losses(loss):
        if getattr(one, "needs_index", False):
            yield getattr(one, "loss", one)


def with_weights(y, arguments):
    """Arguments of `fit` with `class_weight` as the `sample_weight` that it means.

    Keras takes a nested target for that of several outputs, and refuses the former.
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
    label = keras.ops.convert_to_numpy(y["label"])
    if label.ndim > 1:
        label = label[:, 0] if label.shape[1] == 1 else label.argmax(axis=-1)
    weights = [class_weight.get(int(one), 1.0) for one in np.rint(label)]
    return arguments | {"sample_weight": np.array(weights, np.float32)}
