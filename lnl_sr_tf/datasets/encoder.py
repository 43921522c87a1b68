"""What makes features of texts, of rows of a table, or of images."""

from collections.abc import Sequence
from typing import Any, Protocol


class Encoder(Protocol):
    """How raw examples became features; a SavedModel does it again, by TensorFlow.

    An encoder is fitted before training and changes no more.
    """

    def signature(self) -> dict[str, Any]:
        """The `tf.TensorSpec` of each raw input, by its name, for any batch size."""

    def encoded(self, **raw: Any) -> Any:
        """Features of raw inputs, by operations of TensorFlow.

        Args:
            **raw: a tensor for each name of `signature`.

        Returns:
            float32 tensor of shape (batch, width).
        """

    def tracked(self) -> Sequence[Any]:
        """Variables, tables and models of TensorFlow that `encoded` needs."""

    def as_dict(self) -> dict[str, Any]:
        """All of it, ready for JSON, with its `"kind"`."""
