"""The base class of the losses that keep a state of each training example."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from lnl_sr_tf.losses.base import RobustLoss
from lnl_sr_tf.losses.within_step import known_index
from lnl_sr_tf.predictions import check_classes, may_fit
from lnl_sr_tf.types import Tensor


class ExampleLoss(RobustLoss):
    """Base class of losses that keep something of each example, found by its index.

    A subclass says what its state begins with, `initial_state`, and writes the loss of
    examples whose index is known, `of_examples`; its formula without a state is
    `per_class`. Without `index`, as in evaluation, the loss is that of the formula. Its
    `parameters` name `num_examples`, and `num_classes` where it needs to know k.

    Args:
        num_examples: n, the number of training examples; None for a loss that keeps
            nothing, and takes no index.
        num_classes: k, if the subclass needs it.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Attributes:
        sizes: (n, k), or (n,) for a subclass that does not need k; () without a state.

    Raises:
        ValueError: if one of `num_examples` and `num_classes` is given without the
            other; or, when it is called, if an index is given to a loss without a
            state, or does not fit the predictions, or these are not of k classes.

    Example:
        >>> class LastLoss(ExampleLoss):  # what each example had when it was last seen
        ...     parameters = ("num_examples",)
        ...     kept = "the last loss of each example"
        ...
        ...     def initial_state(self):
        ...         return {"last": ops.zeros(self.sizes)}
        ...
        ...     def per_class(self, log_probs):
        ...         return -log_probs
        ...
        ...     def of_examples(self, y_true, y_pred, index, known):
        ...         values, known = super().of_examples(y_true, y_pred, index, known)
        ...         self.keep(self.state[0], values, index, known)
        ...         return values, known
        >>> loss = LastLoss(num_examples=3)
        >>> _ = loss.call([1], [[0.0, 0.0]], index=[2])
        >>> [round(float(one), 3) for one in np.asarray(loss.state[0])]
        [0.0, 0.0, 0.693]
    """

    # What is kept of each example, for an error message.
    kept: str = "a memory of each example"

    def __init__(
        self,
        num_examples: int | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_examples = num_examples
        self.num_classes = num_classes
        given = self.given_sizes()
        sizes = tuple(size for size in given.values() if size is not None)
        if sizes and len(sizes) < len(given):
            raise ValueError(
                "`num_examples` and `num_classes` belong together. Received: "
                + _listed(given)
            )
        self.sizes = sizes
        self.needs_index = bool(sizes)
        self._state = [
            keras.Variable(value, dtype="float32", trainable=False, name=name)
            for name, value in (self.initial_state() if sizes else {}).items()
        ]

    @property
    def state(self) -> list[keras.Variable]:
        """The variables of `initial_state`, in its order; none without a state."""
        return self._state

    @property
    def trusted(self) -> np.ndarray | None:
        """Whether each example is trusted, shape (n,); None where all are."""
        return None

    def initial_state(self) -> dict[str, Tensor]:
        """What each variable of the state begins with, by its name.

        Called by `__init__` where `sizes` are given; nothing else is known by then.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `initial_state`.")

    def call(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor | None = None
    ) -> Tensor:
        """Loss of each position, shape (batch, ...).

        Args:
            y_true: as for every loss of this library.
            y_pred: as for every loss of this library.
            index: the index of each example, integers in [0, n) of shape (batch,); by
                default that of `within_step`. If an example has several positions, n
                counts positions, and the shape is (batch, ...). Outside [0, n) the loss
                is NaN, and nothing of any example changes.
        """
        index = known_index() if index is None else index
        if index is None:
            return super().call(y_true, y_pred)
        if self.num_examples is None:
            raise ValueError(
                f"`index` needs {self.kept}. Received: " + _listed(self.given_sizes())
            )
        y_pred = ops.convert_to_tensor(y_pred)
        check_classes(y_pred, type(self).__name__)
        shape = tuple(y_pred.shape)
        index, known = _places(index, shape, self.num_examples)
        if self.num_classes is not None and shape[-1] != self.num_classes:
            raise ValueError(
                f"`num_classes` is {self.num_classes}. Received predictions of shape "
                f"{shape}"
            )
        values, known = self.of_examples(y_true, y_pred, index, known)
        return ops.where(known, values, math.nan)

    def of_examples(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Loss of each position of known examples; by default that of the formula.

        Args:
            y_true: as for `call`.
            y_pred: as for `call`.
            index: integers in [0, n), shape (batch, ...).
            known: whether each is an index; it is 0 where it was none.

        Returns:
            The loss, and `known`, or fewer. Elsewhere the loss may be any number, and
            `call` makes it NaN.
        """
        return super().call(y_true, y_pred), known

    def recall(self, variable: keras.Variable, index: Tensor, dtype: str) -> Tensor:
        """What a variable of the state holds of these examples.

        Args:
            variable: of shape (n, ...).
            index: as for `of_examples`.
            dtype: of what is returned.
        """
        return ops.cast(ops.take(variable.value, index, axis=0), dtype)

    def keep(
        self,
        variable: keras.Variable,
        values: Tensor,
        index: Tensor,
        known: Tensor | None = None,
    ) -> Tensor:
        """Set what a variable of the state holds of the known examples.

        Args:
            variable: of shape (n, ...).
            values: shape (batch, ...), followed by that of a row of the variable.
            index: as for `of_examples`.
            known: as for `of_examples`, or fewer; None where `values` of the others are
                what the variable holds.

        Returns:
            `values`, with what the variable held where an example is not known.
        """
        row = tuple(variable.shape[1:])
        if known is not None:
            for _ in row:
                known = ops.expand_dims(known, -1)
            before = self.recall(variable, index, values.dtype)
            values = ops.where(known, values, before)
        variable.assign(
            ops.scatter_update(
                variable.value,
                ops.reshape(index, (-1, 1)),
                ops.reshape(ops.cast(values, variable.dtype), (-1, *row)),
            )
        )
        return values

    def given_sizes(self) -> dict[str, int | None]:
        """The sizes that it takes, by the names of its arguments; None if not given."""
        names = ("num_examples", "num_classes")
        return {name: getattr(self, name) for name in names if name in self.parameters}


def _places(index, shape, num_examples):
    """The index with 0 where it is none, and whether it is one.

    A compiled step cannot raise, and would use another example's state.
    """
    index = ops.convert_to_tensor(index)
    if not may_fit(index.shape, shape[:-1]):
        raise ValueError(
            "`index` must hold an integer for each prediction, in the shape of the "
            "predictions without classes. Received: index of shape "
            f"{tuple(index.shape)}, predictions of shape {shape}"
        )
    known = ops.logical_and(index >= 0, index < num_examples)
    return ops.where(known, index, 0), known


def _listed(values):
    return ", ".join(f"{name}={value}" for name, value in values.items())
