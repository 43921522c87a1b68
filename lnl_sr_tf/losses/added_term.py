"""Losses that are another loss and a term that is added to it."""

from collections.abc import Mapping
from typing import Any

import keras

from lnl_sr_tf.losses.nested import with_parts
from lnl_sr_tf.losses.per_position import PositionLoss
from lnl_sr_tf.losses.within_step import of_output
from lnl_sr_tf.types import Tensor


class AddedTerm(PositionLoss):
    """Base class of the losses L(u, y) + a term, around any loss L.

    A subclass computes the term in its `call`, from predictions of shape
    `(batch, ..., classes)`, and says which losses it does not go around.

    Args:
        loss: the loss L, or its config. Its `call` must return a value per example.
        from_logits: whether the network gives logits or probabilities; None takes what
            the loss says.
        reduction: as for every `keras.losses.Loss`.
        name: name of the instance.
        dtype: dtype of the computation.

    Raises:
        ValueError: if `loss` is no Keras loss, is one that the term does not go around,
            has its classes along another axis than the last, or does not say whether it
            takes logits.
    """

    parts: tuple[str, ...] = ("loss",)
    # Whether it is another loss, to which it adds a term.
    adds_term: bool = True
    # From the class of a loss that it does not go around to the reason.
    refused: Mapping[str, str] = {}
    # How that is said, and what the term is called.
    refusal: str = "takes no term"
    term: str = "the term"

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        from_logits: bool | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if isinstance(loss, dict):
            loss = keras.losses.deserialize(loss)
        if not isinstance(loss, keras.losses.Loss):
            raise ValueError(
                "`loss` must be an instance of `keras.losses.Loss`, for instance "
                f"`lnl.losses.CrossEntropy()`. Received: loss={loss!r}"
            )
        for inner in with_parts(loss):
            reason = self.refused.get(type(inner).__name__)
            if reason:
                raise ValueError(
                    f"{type(inner).__name__} {self.refusal}: {reason}. "
                    f"Received: loss={loss!r}"
                )
        said = _of_predictions(loss)
        axis = said.get("axis", -1)
        if axis != -1:
            raise ValueError(
                "`loss` must take the classes along the last axis, axis=-1, as "
                f"{self.term} does. Received: loss={loss!r} with axis={axis!r}"
            )
        if from_logits is None:
            from_logits = said.get("from_logits")
        if from_logits is None:
            raise ValueError(
                "`from_logits` must be given, since the loss does not say whether it "
                f"takes logits. Received: loss={loss!r}, from_logits=None"
            )
        self.loss = loss
        self.from_logits = bool(from_logits)

    @property
    def state(self) -> list[keras.Variable]:
        """Variables of the wrapped loss that a checkpoint needs."""
        return getattr(self.loss, "state", [])

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables of the wrapped loss."""
        return getattr(self.loss, "variables", [])

    @property
    def needs_index(self) -> bool:
        """Whether the wrapped loss needs the index of each example."""
        return getattr(self.loss, "needs_index", False)

    def __call__(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> Tensor:
        """The reduced loss, as for every `PositionLoss`."""
        with of_output(y_pred, sample_weight):
            return super().__call__(y_true, y_pred, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        config = super().get_config()
        config.update(
            loss=keras.losses.serialize(self.loss), from_logits=self.from_logits
        )
        return config


def _of_predictions(loss):
    """What a loss says of its predictions."""
    if getattr(loss, "adds_term", False):
        # Its config holds that of the loss within, for which Keras imports TensorFlow.
        return {"from_logits": loss.from_logits}
    return loss.get_config()
