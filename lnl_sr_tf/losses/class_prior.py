"""The class prior: the mean output of a batch is held close to the classes' shares."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from lnl_sr_tf.loss_names import NOT_WITH_PRIOR
from lnl_sr_tf.losses.added_term import AddedTerm
from lnl_sr_tf.losses.base import at_least_float32, check_range
from lnl_sr_tf.losses.imbalanced import class_counts
from lnl_sr_tf.losses.per_position import counted, masked_sum
from lnl_sr_tf.losses.within_step import is_training, tell_parts
from lnl_sr_tf.predictions import check_classes
from lnl_sr_tf.types import Tensor

# Beyond this, float32 losses and their gradients overflow.
_LARGEST_WEIGHT = 1e12
# For each class, this many examples whose output is π count in the mean.
_PSEUDO_EXAMPLES = 0.1
# Classes whose numbers differ by less, relative to their mean, are given equally often.
_EVEN = 0.1


def usual_prior_weight(counts: ArrayLike) -> float:
    """μ that goes with an adaptive λ: 3 where classes are given equally often, else 1.

    Noise that depends on the example makes some classes be given more often than they
    are there, and the prior then asks for what is wrong; where they are given equally
    often, no such noise shows, and a larger μ loses no class.

    Args:
        counts: how often each class is given, shape (k,); equally often where their
            standard deviation is at most a tenth of their mean.

    Example:
        >>> usual_prior_weight([100, 105, 98]), usual_prior_weight([100, 200, 50])
        (3.0, 1.0)
    """
    counts = np.asarray(counts, np.float64)
    return 3.0 if counts.std() <= _EVEN * counts.mean() else 1.0


@keras.saving.register_keras_serializable("lnl_sr_tf")
class ClassPrior(AddedTerm):
    """Adds μ KL(π‖m̃) to any loss, m̃ the mean output of the batch, π the class shares.

    L(u, y) + μ Σ_k π_k log(π_k / m̃_k), with m̃ = (Σ_x u(x) + a π) / (N + a) over the N
    positions of the batch and a = k / 10 pseudo-examples, for k classes. A class that
    the network gives up has m̃_k near 0 while π_k is not, which costs: so no class is
    lost while sparse regularization freezes what is predicted. A class with π_k = 0
    does not count. It is the prior term of Tanaka et al., "Joint Optimization Framework
    for Learning with Noisy Labels" (CVPR 2018), and, with π uniform, of Li et al.,
    "DivideMix" (ICLR 2020); the pseudo-examples bound its gradient as a class dies, and
    soften it in batches with few examples for each class.

    The term is the same for each position, so that the mean over a batch is the mean of
    L plus the term. m̃ and π count examples alike: a position that is masked, by the
    predictions or by the loss, or whose sample weight is not above 0, is not one of the
    N, and other weights change nothing in m̃, so that a `class_weight` of `fit` does not
    pull to other shares. As everything that a loss returns, the term of a position is
    multiplied by its sample weight.

    In the evaluation of a model of `lnl.training` the term does not count, since other
    examples may have other shares; there and in training its metric `class_prior` is
    KL(π‖m̃), the mean over the batches. Of a plain `keras.Model` it counts in both.

    Args:
        loss: the loss L. Its `call` must return a value per example; its own reduction
            is not used. Sparse regularization goes around:
            `SparseRegularization(ClassPrior(CrossEntropy()))`.
        weight: μ in [0, 1e12].
        prior: π, shape (k,), numbers of at least 0 in the order of the classes, for
            instance how often each class is given; they are scaled to sum to 1. None is
            uniform.
        from_logits: whether the network gives logits or probabilities; None, the
            default, takes what the wrapped loss says.
        reduction: as for every `keras.losses.Loss`.
        name: name of the instance.
        dtype: dtype of the computation.

    Raises:
        ValueError: if `loss` is no Keras loss, does not say whether it takes logits,
            has its classes along another axis than the last, or is not one of the
            softmax of the logits; if a number is out of range, or `prior` is a pandas
            Series in another order; when called, if `prior` is of another number of
            classes than the predictions.

    Example:
        >>> from lnl_sr_tf.losses import CrossEntropy
        >>> loss = ClassPrior(CrossEntropy(), weight=10.0)
        >>> float(loss([0, 1], [[0.0, 0.0], [0.0, 0.0]]))  # log 2: m is uniform
        0.693
    """

    refused = NOT_WITH_PRIOR
    refusal = "takes no class prior"
    term = "the class prior"

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        weight: float = 10.0,
        prior: ArrayLike | None = None,
        from_logits: bool | None = None,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(loss, from_logits, reduction, name, dtype)
        # As given, so that saving and loading changes no digit.
        self.prior = None if prior is None else class_counts("prior", prior)
        self._shares: keras.Variable | None = None
        if self.prior is not None:
            shares = np.array(self.prior) / math.fsum(self.prior)
            # float32 would make them 0 in one place and not in another.
            self._shares = keras.Variable(
                np.where(shares < 1e-30, 0.0, shares),
                dtype="float32",
                trainable=False,
                name="prior",
            )
        self._weight = keras.Variable(
            check_range("weight", weight, 0.0, _LARGEST_WEIGHT),
            dtype="float32",
            trainable=False,
            name="prior_weight",
        )

    @property
    def weight(self) -> keras.Variable:
        """μ; assign a number to change it."""
        return self._weight

    @weight.setter
    def weight(self, value: float) -> None:
        self._weight.assign(check_range("weight", value, 0.0, _LARGEST_WEIGHT))

    @property
    def variables(self) -> list[keras.Variable]:
        """μ, π where it was given, and the variables of the wrapped loss."""
        own = [self._weight] + ([] if self._shares is None else [self._shares])
        return [*own, *super().variables]

    def divergence(self, y_pred: Tensor, counts: Tensor | None = None) -> Tensor:
        """KL(π‖m̃) of a batch, a scalar.

        Args:
            y_pred: logits or probabilities, shape (batch, ..., classes).
            counts: whether each position counts, shape (batch, ...); None if all do.

        Raises:
            ValueError: if there are fewer than two classes, or not as many as in
                `prior`.
        """
        probs = at_least_float32(y_pred)
        classes = check_classes(probs, type(self).__name__)
        if self.from_logits:
            probs = ops.softmax(probs, axis=-1)
        if counts is None:
            counts = ops.ones_like(probs[..., 0], dtype="bool")
        counts = ops.expand_dims(counts, -1)
        positions = tuple(range(len(probs.shape) - 1))
        total = ops.sum(ops.where(counts, probs, 0.0), axis=positions)
        number = ops.sum(ops.cast(counts, probs.dtype))
        pseudo = _PSEUDO_EXAMPLES * classes
        shares = ops.cast(self._prior_of(classes), probs.dtype)
        mean = (total + pseudo * shares) / (number + pseudo)
        given = shares > 0
        ratio = ops.where(given, shares, 1.0) / ops.where(given, mean, 1.0)
        return ops.sum(shares * ops.log(ratio))

    def _prior_of(self, classes):
        """π, shape (k,)."""
        if self._shares is None:
            return np.full(classes, 1.0 / classes)
        if len(self.prior) != classes:
            raise ValueError(
                f"`prior` is of {len(self.prior)} classes. Received predictions of "
                f"{classes} classes"
            )
        # A variable, which may be another for each of the seeds that train at once.
        return self._shares.value

    def call(self, y_true: Tensor, y_pred: Tensor, **kwargs: Any) -> Tensor:
        """Loss of each position, shape (batch, ...), with the mask of the wrapped loss.

        Args:
            y_true: labels as the wrapped loss takes them.
            y_pred: logits or probabilities, shape (batch, ..., classes).
            **kwargs: for the wrapped loss.

        Raises:
            ValueError: if the wrapped loss gives values of another shape.
        """
        fit = self.loss.call(y_true, y_pred, **kwargs)
        counts = counted(fit, y_pred)
        y_pred = ops.convert_to_tensor(y_pred)
        divergence = self.divergence(y_pred, counts)
        tell_parts(self, fit, divergence)
        if not is_training():
            return fit
        # `.value` hands XLA a tensor; it cannot compile a Keras variable.
        term = ops.cast(self._weight.value, divergence.dtype) * divergence
        each = ops.broadcast_to(term, ops.shape(y_pred)[:-1])
        return masked_sum(fit, each, type(self.loss).__name__)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss, with the present μ."""
        config = super().get_config()
        config.update(
            weight=float(ops.convert_to_numpy(self._weight)), prior=self.prior
        )
        return config
