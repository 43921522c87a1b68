"""The parts of a model's loss, the fit to the labels and the terms, as metrics."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask  # no public name

from lnl_sr_tf.losses import ClassPrior, SparseRegularization
from lnl_sr_tf.losses.nested import with_parts
from lnl_sr_tf.predictions import like_values
from lnl_sr_tf.types import Tensor


class LossParts:
    """Metrics of the losses with added terms that a model was compiled with.

    `fit_loss` is the mean of the wrapped loss over the examples, `norm` that of
    ‖u‖_p^p, and `class_prior` the mean of KL(π‖m̃) over the batches, so that `loss` is
    fit_loss + λ·norm + μ·class_prior, plus penalties, where batches are of one size;
    each is there where the loss has such a term. In evaluation μ·class_prior is not
    part of `loss`. λ grows during training, and `loss` with it; `fit_loss` tells how
    well labels are fitted. Examples are weighted by their `sample_weight`.

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
        self._of_fit: list[tuple[Any, keras.metrics.Metric]] = []
        self._of_term: list[tuple[Any, keras.metrics.Metric]] = []
        self.metrics: list[keras.metrics.Metric] = []
        for outer, prefix in named:
            terms = [one for one in with_parts(outer) if _term_of(one)]
            fit = keras.metrics.Mean(name=f"{prefix}fit_loss")
            # The innermost one is around the loss without any term.
            self._of_fit.append((terms[-1], fit))
            self.metrics.append(fit)
            for one in terms:
                metric = keras.metrics.Mean(name=prefix + _term_of(one))
                self._of_term.append((one, metric))
                self.metrics.append(metric)

    def update(
        self, parts: Iterable[tuple[Any, Tensor, Tensor, Tensor | None]]
    ) -> None:
        """Count a batch.

        Args:
            parts: for each loss: the loss, its `fit`, its `term`, and the weights of
                both or None.
        """
        for loss, fit, term, weight in parts:
            for one, metric in self._of_fit:
                if one is loss:
                    metric.update_state(fit, weight)
            for one, metric in self._of_term:
                if one is loss:
                    # That of a whole batch is a single number.
                    metric.update_state(term, weight if len(term.shape) else None)


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


def _term_of(loss):
    """The name of the metric of a loss's own term; none if it adds none."""
    if isinstance(loss, SparseRegularization):
        return "norm"
    return "class_prior" if isinstance(loss, ClassPrior) else ""


def _named(loss, output_names):
    """Pairs of a loss with an added term, and the prefix of its metrics' names.

    A single one has no prefix.
    """
    found = {}
    for place, (path, one) in enumerate(keras.tree.flatten_with_path(loss)):
        name = path[-1] if path else place
        if isinstance(name, int):
            name = output_names[name] if output_names else f"output_{name}"
        if _term_of(one):
            found.setdefault(id(one), (one, f"{name}_"))
    named = list(found.values())
    return named if len(named) > 1 else [(one, "") for one, _ in named]
