"""The parts of a model's loss, the fit to the labels and the norm, as metrics."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask  # no public name

from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.predictions import like_values
from lnl_sr_tf.types import Tensor


class LossParts:
    """Metrics of the losses with sparse regularization that a model was compiled with.

    `fit_loss` is the mean of the wrapped loss over the examples, and `norm` that of
    ‖u‖_p^p, so that `loss` is fit_loss + λ·norm, plus penalties. λ grows during
    training, and `loss` with it; `fit_loss` tells how well labels are fitted. Examples
    are weighted by their `sample_weight`.

    If several outputs have such losses, their metrics are named after the outputs:
    `first_fit_loss`, `first_norm`.

    Args:
        loss: what the model was compiled with.
        output_names: those of the model, in their order; None if it has none.

    Attributes:
        metrics: all of these metrics.
    """

    def __init__(self, loss: Any, output_names: Sequence[str] | None = None) -> None:
        named = _named(loss, output_names)
        self._of_each = [
            (
                one,
                keras.metrics.Mean(name=f"{prefix}fit_loss"),
                keras.metrics.Mean(name=f"{prefix}norm"),
            )
            for one, prefix in named
        ]
        self.metrics: list[keras.metrics.Metric] = [
            metric for _, *metrics in self._of_each for metric in metrics
        ]

    def update(
        self, parts: Iterable[tuple[Any, Tensor, Tensor, Tensor | None]]
    ) -> None:
        """Count a batch.

        Args:
            parts: for each loss: the loss, its `fit`, its `norm`, and the weights of
                both or None.
        """
        for loss, fit, norm, weight in parts:
            for one, of_fit, of_norm in self._of_each:
                if one is loss:
                    of_fit.update_state(fit, weight)
                    of_norm.update_state(norm, weight)


def weight_of(
    fit: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
) -> Tensor | None:
    """The weight of each example: its `sample_weight`, and 0 where it is masked.

    Args:
        fit: the wrapped loss of each example, shape (batch, ...).
        y_pred: the predictions of this output.
        sample_weight: that of this output, shape (batch,) or that of `fit`. None or a
            single number weighs all alike.

    Returns:
        The shape of `fit`; None if all have the same weight.
    """
    weight = None
    if sample_weight is not None and ops.shape(sample_weight):
        weight = like_values("sample_weight", sample_weight, y_pred)
        weight = ops.cast(weight, fit.dtype)
    for mask in (get_keras_mask(fit), get_keras_mask(y_pred)):
        if mask is not None:
            mask = ops.cast(like_values("mask", mask, y_pred), fit.dtype)
            weight = mask if weight is None else weight * mask
    return weight


def _named(loss, output_names):
    """Pairs of a loss with sparse regularization, and the prefix of its metrics' names.

    A single one has no prefix.
    """
    found = {}
    for place, (path, one) in enumerate(keras.tree.flatten_with_path(loss)):
        name = path[-1] if path else place
        if isinstance(name, int):
            name = output_names[name] if output_names else f"output_{name}"
        if isinstance(one, SparseRegularization):
            found.setdefault(id(one), (one, f"{name}_"))
    named = list(found.values())
    return named if len(named) > 1 else [(one, "") for one, _ in named]
