"""Mixup: training on mixtures of two images and of their labels."""

from typing import Any

import keras
from keras import ops


def mixup(images: Any, labels: Any, num_classes: int, numbers: Any) -> tuple[Any, Any]:
    """A batch mixed with itself in another order, s x + (1 − s) x′, s from Beta(α, α).

    One share s for the whole batch, as in the published code. Zhang et al., "mixup:
    Beyond Empirical Risk Minimization" (ICLR 2018).

    Args:
        images: uint8 tensor of shape (batch, height, width, channels), or features.
        labels: integer tensor of shape (batch,), or shares of shape (batch, k).
        num_classes: k.
        numbers: float32 tensor of shape (batch, 2): one column uniform in [0, 1), which
            gives the other order, and one from Beta(α, α), whose first value is s.

    Returns:
        Mixed images, rounded to uint8, or mixed features, float32; and label
        distributions, float32 of shape (batch, k).
    """
    share = numbers[0, 1]
    other = ops.argsort(numbers[:, 0])

    def mix(values):
        return share * values + (1.0 - share) * ops.take(values, other, axis=0)

    mixed = mix(ops.cast(images, "float32"))
    if keras.backend.standardize_dtype(images.dtype) == "uint8":
        mixed = ops.cast(ops.round(mixed), "uint8")
    if len(labels.shape) == 1:
        labels = ops.one_hot(labels, num_classes, dtype="float32")
    return mixed, mix(labels)
