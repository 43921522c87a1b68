"""Co-teaching: two networks that choose examples for each other."""

import math
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.devices import replicas
from lnl_sr_tf.losses.nested import needs_index
from lnl_sr_tf.losses.within_step import of_output, within_step
from lnl_sr_tf.training import class_weights
from lnl_sr_tf.training.loss_parts import weight_of
from lnl_sr_tf.training.robust_model import SUMS, MovingLoss
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoTeaching(MovingLoss, keras.Model):
    """Two networks, each trained on the examples with the smallest loss of the other.

    In every batch each network selects the ⌊(1 − r) n⌋ examples with its smallest loss,
    at least one, and the other network learns from these alone; r is the forget rate.
    The loss reported in training is the sum over both networks. Metrics, and the loss
    in evaluation, are those of the first network, with the accuracy of the second in
    addition. Han et al., "Co-teaching: Robust Training of Deep Neural Networks with
    Extremely Noisy Labels" (NeurIPS 2018), Algorithm 1.

    An example with several predictions, a sequence or a map, is kept or left out as a
    whole, by their mean; the loss covers all predictions of the examples that are kept.
    Predictions that a layer or the loss masks count in neither, and an example that is
    masked completely is not one of the n.

    Both forward passes, the exchange and both updates are one step. One optimiser
    serves both networks. They share no variable, so this is the same as two, except for
    a `global_clipnorm`, which is taken over both together.

    Args:
        first: from inputs to logits; the network that is saved.
        second: another, with other initial weights.

    Example:
        model = CoTeaching(make(seed=1), make(seed=2))
        model.compile("adam", loss=lnl.losses.CrossEntropy(), metrics=["accuracy"])
        model.fit(x, y, callbacks=[lnl.callbacks.ForgetScheduler(final=0.4)])
    """

    # How often a step calls the loss to train.
    losses_per_step: int = 2

    def __init__(self, first: keras.Model, second: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = first
        self.second = second
        self.forget_rate = keras.Variable(
            0.0, dtype="float32", trainable=False, name="forget_rate"
        )
        self.second_accuracy = keras.metrics.MeanMetricWrapper(
            _hits, name="second_accuracy"
        )
        self.built = True

    @property
    def kept(self) -> keras.Model:
        """The network that is saved and asked: the first."""
        return self.first

    def call(
        self, inputs: Tensor, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits of both networks."""
        return (
            self.first(inputs, training=training),
            self.second(inputs, training=training),
        )

    def fit(
        self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`."""
        class_weights.check(kwargs.get("class_weight"), y, self.first)
        return super().fit(x, y, *args, **kwargs)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        **kwargs: Any,
    ) -> None:
        """As `keras.Model.compile`, with a loss that gives a value per example.

        Raises:
            ValueError: if it does not, needs the index of each example, or has the
                reduction `mean_with_sample_weight`.
        """
        reduction = getattr(loss, "reduction", None)
        if not isinstance(loss, keras.losses.Loss) or (
            needs_index(loss) or reduction == "mean_with_sample_weight"
        ):
            raise ValueError(
                "CoTeaching takes one `keras.losses.Loss` that needs no index and is "
                "a mean over examples or a sum. Received: "
                f"loss={loss!r}, reduction={reduction!r}"
            )
        super().compile(optimizer, loss, loss_weights, **kwargs)
        weights = keras.tree.flatten(loss_weights)
        self._loss_weight = 1.0 if loss_weights is None else float(weights[0])

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """In training the sum of both networks' means over what the other selected."""
        y, y_pred, sample_weight = replicas.whole_batch((y, y_pred, sample_weight))
        with within_step(training=training) as parts:
            if training:
                first = self._values(y, y_pred[0], sample_weight)
            else:
                total = self._loss_by_keras(x, y, y_pred[0], sample_weight, training)
        self._loss_parts.update(
            [
                (loss, fit, term, weight_of(fit, y_pred[0], sample_weight))
                for loss, fit, term, _ in parts
            ]
        )
        if not training:
            return total
        second = self._values(y, y_pred[1], sample_weight)
        first, second = _of_examples(first, y_pred[0]), _of_examples(second, y_pred[1])
        sample_weight = _one_each(sample_weight)
        total = 0.0
        for (sums, counts), (other_sums, other_counts) in (
            (first, second),
            (second, first),
        ):
            kept = smallest_means(other_sums, other_counts, self.forget_rate.value)
            values = kept * sums
            if sample_weight is not None:
                values = values * ops.cast(sample_weight, values.dtype)
            part = ops.sum(values)
            if self.loss.reduction not in SUMS:
                part = ops.divide_no_nan(part, ops.sum(kept * counts))
            total = total + part
        # Penalties of the networks' layers are added, as in every Keras model.
        return replicas.share(self._loss_weight * total + sum(self.losses))

    def _values(self, y, y_pred, sample_weight):
        """The loss of each position of one network, without reduction."""
        with of_output(y_pred, sample_weight):
            return self.loss.call(y, y_pred)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """The metrics of the first network, and the accuracy of the second."""
        self.second_accuracy.update_state(y, y_pred[1])
        return super().compute_metrics(x, y, y_pred[0], sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The two networks."""
        config = super().get_config()
        config.update(
            first=keras.saving.serialize_keras_object(self.first),
            second=keras.saving.serialize_keras_object(self.second),
        )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CoTeaching":
        """The inverse of `get_config`."""
        config = dict(config)
        for name in ("first", "second"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _of_examples(values, y_pred):
    """The sum of each example's values, and their number, both of shape (batch,).

    Values that a layer or the loss masked do not count.
    """
    counts = ops.ones_like(values)
    mask = weight_of(values, y_pred)
    if mask is not None:
        counts = counts * mask
        values = values * mask
    axes = tuple(range(1, len(values.shape)))
    return ops.sum(values, axis=axes), ops.sum(counts, axis=axes)


def _one_each(sample_weight):
    """Weights of examples, shape (batch,), or None.

    Raises:
        ValueError: if an example has several.
    """
    if sample_weight is None or len(sample_weight.shape) < 2:
        return sample_weight
    if tuple(sample_weight.shape[1:]) != (1,):
        raise ValueError(
            "`sample_weight` must have the shape (batch,), since each example is kept "
            "or left out as a whole. Received: sample_weight of shape "
            f"{tuple(sample_weight.shape)}"
        )
    return ops.squeeze(sample_weight, axis=-1)


def kept_count(size: Tensor, forget_rate: Tensor) -> Tensor:
    """How many examples of a batch are kept: ⌊(1 − r) n⌋, at least one."""
    share = (1.0 - forget_rate) * ops.cast(size, "float32")
    # (1 − 0.2) · 10 is 7.9999995 in float32, and 8 is meant.
    return ops.maximum(ops.cast(ops.floor(share + 1e-3), "int32"), 1)


def smallest_means(sums: Tensor, counts: Tensor, forget_rate: Tensor) -> Tensor:
    """1 for the examples that are kept, those with the smallest means; else 0."""
    some = counts > 0
    # An example without values comes last, not first as one without loss would.
    means = ops.where(some, ops.divide_no_nan(sums, counts), math.inf)
    size = ops.sum(ops.cast(some, "int32"))
    return smallest(means, kept_count(size, forget_rate))


def smallest(values: Tensor, count: Tensor) -> Tensor:
    """1 for the `count` smallest values, 0 for the others; without gradient."""
    order = ops.argsort(ops.stop_gradient(values))
    rank = ops.argsort(order)
    return ops.cast(ops.cast(rank, "int32") < count, values.dtype)


def _hits(y_true, y_pred):
    """1 where the largest logit is the label's, integer or one-hot; shape (batch, ...).

    That is the shape of a layer's mask, too.
    """
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] != 1:
        y_true = ops.argmax(y_true, axis=-1)
    found = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
    y_true = ops.reshape(ops.cast(y_true, "int32"), ops.shape(found))
    return ops.cast(ops.equal(found, y_true), "float32")
