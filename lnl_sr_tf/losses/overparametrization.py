"""Sparse over-parametrisation: what is wrong with each label is learned beside it."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.losses.base import check_range, finite_logs
from lnl_sr_tf.losses.example_loss import ExampleLoss
from lnl_sr_tf.losses.labels import label_distribution
from lnl_sr_tf.types import Tensor

# Probabilities are at least this, and what u and v add at most 1 minus it.
_LEAST = 1e-4
# Where u and v begin. At 0 their gradients are 0, too.
_START = 1e-8


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SparseOverparametrization(ExampleLoss):
    """Cross-entropy of outputs to which a sparse noise of the label is added.

    For label y of example i, with its own u (a number) and v (one for each class),

        L = −log q̂_y,  q̂ = q / Σ_k q_k,  q = max(p + u² e_y − v² ⊙ (1 − e_y), 1e-4),

    where p is the network's output. A label that the network will not learn is fitted
    by u, and then pulls no more. u and v have gradient descent of their own, without
    momentum and at constant rates: u by L, and v by

        ‖h + u² e_y − v² ⊙ (1 − e_y) − e_y‖²,

    h one-hot for what the network says. u² and v² are at most 1 − 1e-4; both begin at
    1e-8, where they stay until they are needed. Liu et al., "Robust Training under
    Label Noise by Over-parameterization" (ICML 2022).

    It needs the index of each example: without `index`, as in evaluation, L is
    cross-entropy, so train with `lnl.training.RobustModel`.

    Args:
        lr_u: the rate of u, at least 0; gradients are those of the mean over a batch.
        lr_v: the rate of v, at least 0.
        num_examples: n, the number of training examples.
        num_classes: k. u and v, n (k + 1) numbers, are in `state`.
        **kwargs: arguments of `RobustLoss`: `from_logits`, `epsilon`, `reduction`,
            `name`, `dtype`.

    Raises:
        ValueError: if a number is out of range, or `index` is given without
            `num_examples` and `num_classes`.

    Example:
        loss = SparseOverparametrization(num_examples=50000, num_classes=10)
        model = lnl.training.RobustModel(images, logits)  # passes the index on
        model.compile("sgd", loss=loss)
        model.fit(x, {"label": y, "index": numpy.arange(50000)})
    """

    parameters = ("lr_u", "lr_v", "num_examples", "num_classes")
    kept = "a u and v of each example"

    def __init__(
        self,
        lr_u: float = 1.0,
        lr_v: float = 10.0,
        num_examples: int | None = None,
        num_classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_examples, num_classes, **kwargs)
        self.lr_u = check_range("lr_u", lr_u, 0.0, float("inf"))
        self.lr_v = check_range("lr_v", lr_v, 0.0, float("inf"))

    def initial_state(self) -> dict[str, Tensor]:
        """u, shape (examples, 1), and v, shape (examples, classes)."""
        examples, classes = self.sizes
        return {
            name: ops.full((examples, width), _START, dtype="float32")
            for name, width in (("u", 1), ("v", classes))
        }

    def per_class(self, log_probs: Tensor) -> Tensor:
        """−log u_i of the output u alone."""
        return -log_probs

    def of_examples(
        self, y_true: Tensor, y_pred: Tensor, index: Tensor, known: Tensor
    ) -> tuple[Tensor, Tensor]:
        """−log q̂_y with u and v as they were; after it they take their step.

        Where the label is no class the loss is NaN, and they stay.
        """
        log_probs = finite_logs(self.checked_outputs(y_pred))
        label = label_distribution(y_true, log_probs)
        known = ops.logical_and(known, ops.logical_not(ops.isnan(label[..., 0])))
        label = ops.where(ops.expand_dims(known, -1), label, 0.0)
        u, v = (self.recall(one, index, log_probs.dtype) for one in self.state)
        probs = ops.exp(log_probs)
        added, taken = self._bounded(u**2 * label), self._bounded(v**2 * (1.0 - label))
        shifted = ops.maximum(probs + added - taken, _LEAST)
        total = ops.sum(shifted, axis=-1, keepdims=True)
        values = -ops.sum(
            label * ops.log(ops.clip(shifted / total, _LEAST, 1.0)), axis=-1
        )
        fixed = [ops.stop_gradient(one) for one in (probs, shifted, total)]
        slopes = self._slopes(label, u, v, added, taken, *fixed)
        self._descend(index, known, (u, v), slopes)
        return values, known

    @staticmethod
    def _bounded(square):
        return ops.clip(square, 0.0, 1.0 - _LEAST)

    @staticmethod
    def _slopes(label, u, v, added, taken, probs, shifted, total):
        """Derivatives by u of L, and by v of the squared error."""
        moves = ops.logical_and(shifted > _LEAST, shifted / total > _LEAST)
        moves = ops.logical_and(moves, u**2 * label < 1.0 - _LEAST)
        of_given = -label / shifted + ops.sum(label, axis=-1, keepdims=True) / total
        of_u = ops.sum(
            ops.where(moves, of_given * 2.0 * u * label, 0.0), axis=-1, keepdims=True
        )
        said = ops.one_hot(ops.argmax(probs, axis=-1), probs.shape[-1])
        error = ops.cast(said, probs.dtype) + added - taken - label
        of_v = -4.0 * error * v * (1.0 - label)
        free = v**2 * (1.0 - label) < 1.0 - _LEAST
        return of_u, ops.where(free, of_v, 0.0)

    def _descend(self, index, known, values, slopes):
        """A step of plain gradient descent on the mean over the batch."""
        size = ops.cast(ops.shape(ops.reshape(index, (-1,)))[0], "float32")
        rates = (self.lr_u, self.lr_v)
        for one, value, slope, rate in zip(
            self.state, values, slopes, rates, strict=True
        ):
            step = ops.where(ops.expand_dims(known, -1), slope, 0.0)
            moved = ops.cast(value, "float32") - rate / size * ops.cast(step, "float32")
            self.keep(one, moved, index)
