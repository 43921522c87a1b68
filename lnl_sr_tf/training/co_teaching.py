"""Co-teaching: two networks that choose examples for each other."""

import math

import keras
from keras import ops

from lnl_sr_tf.devices import replicas
from lnl_sr_tf.losses.nested import needs_index
from lnl_sr_tf.losses.within_step import within_step
from lnl_sr_tf.training import class_weights
from lnl_sr_tf.training.loss_parts import weight_of
from lnl_sr_tf.training.robust_model import SUMS, MovingLoss


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoTeaching(MovingLoss, keras.Model):
    """Two networks, each trained on the examples in which the other finds least loss.

    In every batch each network keeps the ⌊(1 − r) n⌋ examples of smallest loss, at
    least one, and hands them to the other, which learns from them alone; r is the
    forget rate. What is reported as loss in training is the sum over both networks;
    metrics, and the loss in evaluation, are those of the first, with the accuracy of
    the second beside them. Han et al., "Co-teaching: Robust Training of Deep Neural
    Networks with Extremely Noisy Labels" (NeurIPS 2018), Algorithm 1. An example of
    several predictions, a sequence or a map, is kept or left as a whole, by their mean;
    the loss is then of all predictions of those that are kept. What is masked, by a
    layer or by the loss, counts in neither, and an example that is masked as a whole is
    none of the n.

    Both forward passes, the exchange and both updates are one step. One optimiser
    serves both networks, which share no variable, so that it is as two; but for a
    `global_clipnorm`, which is of both together.

    Args:
        first: a `keras.Model` from inputs to logits; the one that is kept.
        second: another, with other initial weights.

    Example:
        >>> model = CoTeaching(make(seed=1), make(seed=2))
        >>> model.compile("adam", loss=lnl.losses.CrossEntropy(), metrics=["accuracy"])
        >>> model.fit(x, y, callbacks=[lnl.callbacks.ForgetScheduler(final=0.4)])
    """

    def __init__(self, first, second, **kwargs):
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

    def call(self, inputs, training=None):
        """Logits of both networks."""
        return (
            self.first(inputs, training=training),
            self.second(inputs, training=training),
        )

    def fit(self, x=None, y=None, *args, **kwargs):
        """As `keras.Model.fit`."""
        class_weights.check(kwargs.get("class_weight"), y, self.first)
        return super().fit(x, y, *args, **kwargs)

    def compile(self, optimizer="rmsprop", loss=None, loss_weights=None, **kwargs):
        """As `keras.Model.compile`, with a loss that gives a value per example.

        Raises:
            ValueError: if it is none, wants an index, or is to be a mean by weights.
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
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """In training the sum of both means over what the other chose."""
        y, y_pred, sample_weight = replicas.whole_batch((y, y_pred, sample_weight))
        with within_step() as parts:
            if training:
                first = self.loss.call(y, y_pred[0])
            else:
                total = self._loss_by_keras(x, y, y_pred[0], sample_weight, training)
        self._loss_parts.update(
            [
                (loss, fit, norm, weight_of(fit, y_pred[0], sample_weight))
                for loss, fit, norm, _ in parts
            ]
        )
        if not training:
            return total
        second = self.loss.call(y, y_pred[1])
        first, second = _of_examples(first, y_pred[0]), _of_examples(second, y_pred[1])
        sample_weight = _one_each(sample_weight)
        total = 0.0
        for (sums, counts), other in ((first, second), (second, first)):
            kept = smallest_means(*other, self.forget_rate.value)
            values = kept * sums
            if sample_weight is not None:
                values = values * ops.cast(sample_weight, values.dtype)
            part = ops.sum(values)
            if self.loss.reduction not in SUMS:
                part = ops.divide_no_nan(part, ops.sum(kept * counts))
            total = total + part
        # Penalties of the networks' own are part of it, as of every Keras model.
        return replicas.share(self._loss_weight * total + sum(self.losses))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics of the first network, and the accuracy of the second."""
        self.second_accuracy.update_state(y, y_pred[1])
        return super().compute_metrics(x, y, y_pred[0], sample_weight)

    def get_config(self):
        """The two networks."""
        config = super().get_config()
        config.update(
            first=keras.saving.serialize_keras_object(self.first),
            second=keras.saving.serialize_keras_object(self.second),
        )
        return config

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        config = dict(config)
        for name in ("first", "second"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _of_examples(values, y_pred):
    """The sum of each example's values, and how many they are, both of shape (batch,).

    What a layer or the loss masked counts in neither.
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
            "`sample_weight` must have the shape (batch,), since examples are kept as "
            f"wholes. Received: sample_weight of shape {tuple(sample_weight.shape)}"
        )
    return ops.squeeze(sample_weight, axis=-1)


def kept_count(size, forget_rate):
    """How many of a batch are kept: ⌊(1 − r) n⌋, at least one."""
    share = (1.0 - forget_rate) * ops.cast(size, "float32")
    # (1 − 0.2) · 10 is 7.9999995 in float32, and 8 is meant.
    return ops.maximum(ops.cast(ops.floor(share + 1e-3), "int32"), 1)


def smallest_means(sums, counts, forget_rate):
    """1 for the examples of smallest mean that are kept, 0 for the others."""
    some = counts > 0
    # An example without a value is kept after all others, not as one of no loss.
    means = ops.where(some, ops.divide_no_nan(sums, counts), math.inf)
    size = ops.sum(ops.cast(some, "int32"))
    return smallest(means, kept_count(size, forget_rate))


def smallest(values, count):
    """1 for the `count` smallest values, 0 for the others; no gradient."""
    order = ops.argsort(ops.stop_gradient(values))
    rank = ops.argsort(order)
    return ops.cast(ops.cast(rank, "int32") < count, values.dtype)


def _hits(y_true, y_pred):
    """1 where the largest logit is the label's, integer or one-hot; shape (batch, ...).

    The mask of a layer has that shape too.
    """
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] != 1:
        y_true = ops.argmax(y_true, axis=-1)
    found = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
    y_true = ops.reshape(ops.cast(y_true, "int32"), ops.shape(found))
    return ops.cast(ops.equal(found, y_true), "float32")
