"""Features as float16: what a network gives, and what is kept, are then the same."""

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.errors import InputError

_LARGEST = float(np.finfo(np.float16).max)


def rounded(found: keras.KerasTensor) -> keras.KerasTensor:
    """Features with values that float16 has, as float32.

    Args:
        found: shape (batch, width).
    """
    half = ops.cast(ops.clip(found, -_LARGEST, _LARGEST), "float16")
    return ops.cast(half, "float32")


def kept(found: np.ndarray, name: str, weights: str | None, takes: str) -> np.ndarray:
    """Such features as float16.

    Args:
        found: shape (batch, width).
        name: of the backbone, for the message.
        weights: the file of its weights, or None; likewise.
        takes: of what they are: images or texts.

    Raises:
        InputError: if they are not numbers, which damaged weights give.
    """
    if not np.isfinite(found).all():
        raise InputError(
            f"--backbone={name} makes NaN or infinite features of these {takes}; "
            f"{weights or 'its weights'} may be damaged"
        )
    return found.astype(np.float16)
