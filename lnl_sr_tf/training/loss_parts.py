"""What the loss of a model consists of: what fits the labels, and the norm."""

import keras
from keras import ops
from keras.src.backend import get_keras_mask  # no public name

from lnl_sr_tf.losses import SparseRegularization
from lnl_sr_tf.predictions import like_values


class LossParts:
    """Metrics of the losses with sparse regularization that a model was compiled with.

    `fit_loss` is the mean over examples of the wrapped loss, without its term, and
    `norm` that of ‖u‖_p^p, so that `loss` is fit_loss + λ·norm, and penalties. λ grows
    as training goes on, and `loss` with it; `fit_loss` is what tells how well labels
    are fitted. Examples weigh as their `sample_weight`.

    Several losses, of several outputs, have metrics each, named after the output:
    `first_fit_loss`, `first_norm`.

    Args:
        loss: what the model was compiled with.
        output_names: of the model, in their order; None where it does not say.

    Attributes:
        metrics: the `keras.metrics.Mean` of all of them.
    """

    def __init__(self, loss, output_names=None):
        named = _named(loss, output_names)
        self._of_each = [
            (
                one,
                keras.metrics.Mean(name=f"{prefix}fit_loss"),
                keras.metrics.Mean(name=f"{prefix}norm"),
            )
            for one, prefix in named
        ]
        self.metrics = [m for _, *metrics in self._of_each for m in metrics]

    def update(self, parts):
        """Count a batch.

        Args:
            parts: a loss, its `fit`, its `norm`, and the weights of both or None, for
                each loss.
        """
        for loss, fit, norm, weight in parts:
            for one, of_fit, of_norm in self._of_each:
                if one is loss:
                    of_fit.update_state(fit, weight)
                    of_norm.update_state(norm, weight)


def weight_of(fit, y_pred, sample_weight=None):
    """How much each example counts: by its `sample_weight`, and 0 where it is masked.

    Args:
        fit: the wrapped loss of each example, shape (batch, ...).
        y_pred: what the network said, of this output alone.
        sample_weight: of this output, shape (batch,) or that of `fit`, or None, as is
            a single number.

    Returns:
        Of the shape of `fit`; None where all count alike.
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
    """Pairs of a loss with regularization, and how names of its metrics begin.

    That is nothing where there is but one.
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
