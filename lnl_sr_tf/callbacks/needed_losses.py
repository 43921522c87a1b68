"""The losses that a callback moves, of a model that must have some."""

from typing import TypeVar

import keras

from lnl_sr_tf.losses.nested import losses_of_kind

Kind = TypeVar("Kind", bound=keras.losses.Loss)


def needed_losses(callback: keras.callbacks.Callback, kind: type[Kind]) -> list[Kind]:
    """All losses of a class that the model of a callback was compiled with.

    Args:
        callback: one that has its model, as from `on_train_begin` on.
        kind: a class of `lnl.losses`.

    Raises:
        ValueError: if there is none, however deep.

    Example:
        losses = needed_losses(self, RockafellianRelaxation)
    """
    found = losses_of_kind(callback.model.loss, kind)
    if not found:
        raise ValueError(
            f"{type(callback).__name__} needs a model compiled with "
            f"`lnl.losses.{kind.__name__}`. Received: loss={callback.model.loss!r}"
        )
    return found
