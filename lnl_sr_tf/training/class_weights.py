"""`class_weight` needs one label per example."""

import collections.abc
from typing import Any

import keras
import numpy as np


def check(class_weight: Any, y: Any, model: keras.Model) -> None:
    """Raise `ValueError` if Keras would misread `class_weight`.

    If an example has labels of several positions, Keras takes the position of the
    largest as the class.

    Args:
        class_weight: the argument of `fit`, or None.
        y: the labels; None if they are read batch by batch.
        model: the model that is trained.
    """
    if class_weight is None:
        return
    if not isinstance(class_weight, collections.abc.Mapping):
        raise ValueError(
            "`class_weight` must be a dict from class to weight, such as {0: 1.0, "
            f"1: 5.0}}. Received: class_weight={class_weight!r}"
        )
    positions = _positions(y, model)
    if positions:
        raise ValueError(
            "`class_weight` needs one label per example; for several, give a "
            "`sample_weight` of the labels' shape. Received: class_weight="
            f"{class_weight!r} for {positions}"
        )


def _positions(y, model):
    """A text that tells why an example has several labels; None if it has one."""
    outputs = keras.tree.flatten(getattr(model, "outputs", None) or [])
    if len(outputs) == 1:
        shape = outputs[0].shape
        several = any(size != 1 for size in shape[1:-1])
        return f"predictions of shape {tuple(shape)}" if several else None
    if not hasattr(y, "shape"):
        return None
    shape = tuple(y.shape)
    if len(shape) < 2 or shape[1:] == (1,):
        return None
    one_each = len(shape) == 2 and np.allclose(
        keras.ops.convert_to_numpy(keras.ops.sum(y, axis=-1)), 1.0, atol=1e-3
    )
    return None if one_each else f"labels of shape {shape}"
