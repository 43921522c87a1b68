"""The model that a run trains: one whose loss may move, remember and be compiled."""

import keras
from keras import ops

from lnl_sr_tf.training import replicas


class MovingLoss:
    """What lets a model's step see what its loss keeps in variables.

    A step that JAX compiles takes the model's variables as arguments and everything
    else as it was when it was compiled: λ would stay what it was in the first epoch. So
    the variables of the loss count among those of the model; they are not its weights,
    and saving does not keep them.
    """

    @property
    def non_trainable_variables(self):
        """Those of the layers, and those of the loss."""
        own = super().non_trainable_variables
        return [*own, *getattr(getattr(self, "loss", None), "variables", [])]


@keras.saving.register_keras_serializable("lnl_sr_tf")
class RobustModel(MovingLoss, keras.Model):
    """A model for losses that change as training goes on, or remember examples.

    It is a `keras.Model` in all but this: what a loss keeps in variables (λ, the stage
    of a method, the memory of ELR) moves in training on every backend, JAX included;
    and where the loss must know which example is which, it trains on targets of the
    form `{"label": y, "index": i}`, where i says which of the n examples each is. It
    evaluates on plain labels.

    Attributes:
        xla_loss: whether the loss is compiled by XLA within a step that is not, on
            TensorFlow; worth it for many examples times classes.

    Raises:
        ValueError: if the loss wants an index, and it is to train on labels without.

    Example:
        >>> model = RobustModel(images, logits)
        >>> loss = lnl.losses.get("elr", num_examples=len(y), num_classes=10)
        >>> model.compile("sgd", loss=loss, metrics=["accuracy"])
        >>> model.fit(x, {"label": y, "index": numpy.arange(len(y))})
    """

    xla_loss = False
    _compiled = None  # a loss, and what XLA made of it

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss: the mean over examples, those of all replicas of a strategy."""
        indexed = isinstance(y, dict)
        if training and not indexed and getattr(self.loss, "needs_index", False):
            raise ValueError(
                f"{type(self.loss).__name__} trains on targets of the form "
                '{"label": labels, "index": indices}. Received: ' + repr(y)
            )
        alone = replicas.count() == 1
        if not indexed and not self.xla_loss and alone:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        if indexed and not getattr(self.loss, "needs_index", False):
            raise ValueError(
                f"{type(self.loss).__name__} trains on labels alone. Received targets "
                f"of the form {{{', '.join(map(repr, y))}}}"
            )
        y, y_pred = replicas.whole_batch((y, y_pred))
        label, known = (y["label"], {"index": y["index"]}) if indexed else (y, {})
        call = self._compiled_loss() if self.xla_loss else self.loss.call
        values = call(label, y_pred, **known)
        if sample_weight is not None:
            sample_weight = replicas.whole_batch(sample_weight)
            values = values * ops.cast(sample_weight, values.dtype)
        # Penalties of the network's own are part of it, as of every Keras model.
        return replicas.share(ops.mean(values) + sum(self.losses))

    def _compiled_loss(self):
        if self._compiled is None or self._compiled[0] is not self.loss:
            import tensorflow as tf

            self._compiled = self.loss, tf.function(self.loss.call, jit_compile=True)
        return self._compiled[1]

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics, of the labels alone."""
        label = y["label"] if isinstance(y, dict) else y
        return super().compute_metrics(x, label, y_pred, sample_weight)
