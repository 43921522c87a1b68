"""The base class of losses that weigh each example by what was seen of it."""

from typing import Any

import numpy as np
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss, loss_of_this_library
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.types import Tensor


class ExampleWeighting(ExampleLoss):
    """Base class of losses w_i L(u_i, y_i), with any loss L of this library.

    w, shape (n,), is the first variable of the state, and is set between epochs. A
    subclass writes `watch`, which remembers of each batch what w is then made of.
    Examples with w_i = 0 have the loss 0, and count in a mean over the batch.

    Args:
        loss: L, a loss of this library that takes logits and has a formula for each
            class; or its config.
        num_examples: as for `ExampleLoss`.
        num_classes: as for `ExampleLoss`.
        **kwargs: arguments of `RobustLoss`.

    Raises:
        ValueError: if `loss` is another one, or takes logits where `from_logits` is
            False; or as for `ExampleLoss`.

    Example:
        >>> class Twice(ExampleWeighting):  # who was seen counts twice from then on
        ...     parameters = ("num_examples",)
        ...
        ...     def initial_state(self):
        ...         return {"weights": ops.ones(self.sizes)}
        ...
        ...     def watch(self, y_true, y_pred, values, index, known):
        ...         self.keep(self.state[0], 2.0 * ops.ones_like(values), index, known)
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = Twice(CrossEntropy(), num_examples=3)
        >>> [round(float(loss.call([1], [[0.0, 0.0]], i)[0]), 3) for i in ([2], None)]
        [1.386, 0.693]
    """

    parts = ("loss",)

    def __init__(
        self,
        loss: RobustLoss | dict[str, Any],
        num_examples: int | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_examples, num_classes, **kwargs)
        self.loss = loss_of_this_library("loss", loss, of_logits=True)
        if self.loss.needs_logits and not self.from_logits:
            raise ValueError(
                f"{type(self.loss).__name__} is a function of the logits. Received: "
                "from_logits=False"
            )
        self.separable = self.loss.separable

    @property
    def trusted(self) -> np.ndarray | None:
        """Whether each example has a weight, shape (n,); None without a state."""
        if not self.state:
            return None
        return ops.convert_to_numpy(self.state[0]) > 0

    def outputs(self, y_pred: Tensor) -> Tensor:
        """What the wrapped loss takes."""
        if self.from_logits:
            return self.loss.outputs(y_pred)
        return super().outputs(y_pred)

    def per_class(self, outputs: Tensor) -> Tensor:
        """L(u, i) of the wrapped loss, without weights."""
        return self.loss.per_class(outputs)

    def of_examples(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """w_i L(u_i, y_i); the batch is watched first."""
        values, known = super().of_examples(y_true, y_pred, index, known)
        self.watch(y_true, y_pred, ops.stop_gradient(values), index, known)
        return self.recall(self.state[0], index, values.dtype) * values, known

    def watch(
        self,
        y_true: Tensor,
        y_pred: Tensor,
        values: Tensor,
        index: Tensor,
        known: Tensor,
    ) -> None:
        """Remember of a batch what w is made of.

        Args:
            y_true: as for `call`.
            y_pred: as for `call`.
            values: L of each position, shape (batch, ...), without gradient.
            index: as for `of_examples`.
            known: as for `of_examples`.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `watch`.")
