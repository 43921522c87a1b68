"""The model that a run trains: one whose loss may move, remember and be compiled."""

import inspect
import warnings

import keras

from lnl_sr_tf.devices import replicas
from lnl_sr_tf.losses.nested import needs_index, variables_of
from lnl_sr_tf.losses.within_step import within_step
from lnl_sr_tf.training import class_weights, indexed_targets
from lnl_sr_tf.training.loss_parts import LossParts, weight_of

# The reductions of Keras that are no mean.
SUMS = (None, "none", "sum")


class MovingLoss:
    """What lets a model's step see what its loss keeps in variables, and consists of.

    A step that JAX compiles takes the model's variables as arguments and everything
    else as it was when it was compiled: λ would stay what it was in the first epoch. So
    the variables of the loss count among those of the model; they are not its weights,
    and saving does not keep them.

    Beside `loss`, which is what is minimised, the figures of training and evaluation
    have what `lnl_sr_tf.training.loss_parts.LossParts` describes.
    """

    _loss_parts = None

    def compile(self, *args, **kwargs):
        """As `keras.Model.compile`."""
        super().compile(*args, **kwargs)
        names = getattr(self, "output_names", None)
        self._loss_parts = LossParts(self.loss, names)

    def compile_from_config(self, config):
        """As `keras.Model.compile_from_config`, which leaves out another `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self):
        """Those of every model, and at the end those of what the loss consists of."""
        own = super().metrics
        return own if self._loss_parts is None else own + self._loss_parts.metrics

    @property
    def non_trainable_variables(self):
        """Those of the layers, and those of the loss."""
        own = super().non_trainable_variables
        return [*own, *variables_of(getattr(self, "loss", None))]

    def _loss_by_keras(self, x, y, y_pred, sample_weight, training):
        """The loss as Keras computes it, of what is the batch of all replicas."""
        if replicas.count() > 1 and summed(self.loss):
            # Keras shares out a mean among replicas, and takes a sum as their own.
            weights = 1.0 if sample_weight is None else sample_weight
            sample_weight = keras.tree.map_structure(replicas.share, weights)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class RobustModel(MovingLoss, keras.Model):
    """A model for losses that change as training goes on, or remember examples.

    It is a `keras.Model` in all but this: what a loss keeps in variables (λ, the stage
    of a method, the memory of ELR) moves in training on every backend, JAX included;
    where a loss must know which example is which, it trains on targets of the form
    `{"label": y, "index": i}`, where i says which of the n examples each is; and where
    a loss has sparse regularization, `fit` and `evaluate` report `fit_loss` and `norm`
    beside `loss`, so that early stopping is to watch `val_fit_loss` (`mode="min"`).

    Evaluation takes both forms of targets, and remembers nothing. `sample_weight`,
    `class_weight`, `loss_weights`, reductions, masks, penalties, weighted metrics and
    several outputs count as they do in Keras. An index beyond the n examples is
    refused in arrays, and makes the loss NaN in what is read batch by batch.

    A loss that remembers belongs to one training: another takes a new loss. What
    `model.save` and `keras.callbacks.BackupAndRestore` keep is without that memory, the
    `state` of the loss: whoever goes on in a new process saves and assigns it; else
    the memory begins anew, of which `fit` warns where it has an `initial_epoch`.

    Attributes:
        xla_loss: whether the loss is compiled by XLA within a step that is not, on
            TensorFlow; worth it for many examples times classes.

    Raises:
        ValueError: if the loss wants an index, and it is to train on labels without; or
            if several devices train several outputs, some of whose losses are sums and
            some means; or if `class_weight` is given with labels of several positions,
            or with an index and `validation_split`.

    Example:
        >>> model = RobustModel(images, logits)
        >>> loss = lnl.losses.get("elr", num_examples=len(y), num_classes=10)
        >>> model.compile("sgd", loss=loss, metrics=["accuracy"])
        >>> model.fit(x, {"label": y, "index": numpy.arange(len(y))})
    """

    xla_loss = False

    def fit(self, x=None, y=None, *args, **kwargs):
        """As `keras.Model.fit`; `class_weight` goes with an index too, in arrays."""
        given = self._checked(super().fit, x, y, *args, **kwargs)
        if given.get("initial_epoch") and indexed_targets.nothing_remembered(self.loss):
            warnings.warn(
                "Training goes on with a loss that remembers no example: files of "
                "Keras do not keep its memory. Assign `loss.state` what it was. "
                f"Received: initial_epoch={given['initial_epoch']}",
                stacklevel=2,
            )
        return super().fit(**given)

    def train_on_batch(self, x, y=None, *args, **kwargs):
        """As `keras.Model.train_on_batch`."""
        given = self._checked(super().train_on_batch, x, y, *args, **kwargs)
        return super().train_on_batch(**given)

    def _checked(self, call, *args, **kwargs):
        """The arguments of a call that trains, by name, as Keras is to have them."""
        given = dict(inspect.signature(call).bind(*args, **kwargs).arguments)
        y, indexed = given["y"], indexed_targets.are(given["y"], self)
        labels = y["label"] if indexed else y
        class_weights.check(given.get("class_weight"), labels, self)
        if not indexed:
            return given
        given["y"] = indexed_targets.checked(y, self.loss)
        return indexed_targets.with_weights(y, given)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss as Keras computes it, of the examples of all replicas."""
        y, index, sample_weight = indexed_targets.parted(y, sample_weight, self)
        if training and index is None and needs_index(self.loss):
            raise ValueError(
                f"{type(self.loss).__name__} trains on targets of the form "
                '{"label": labels, "index": indices}. Received: ' + repr(y)
            )
        index = indexed_targets.whole(index) if training and index is not None else None
        y, y_pred, sample_weight, index = replicas.whole_batch(
            (y, y_pred, sample_weight, index)
        )

        def compute():
            with within_step(index) as parts:
                loss = self._loss_by_keras(x, y, y_pred, sample_weight, training)
            told.extend(one for one, *_ in parts)
            return loss, [
                (fit, norm, weight_of(fit, *output)) for _, fit, norm, output in parts
            ]

        told = []
        loss, values = self._by_xla(compute)()
        self._loss_parts.update(
            [(one, *of_it) for one, of_it in zip(told, values, strict=True)]
        )
        return loss

    def _by_xla(self, compute):
        if not self.xla_loss or keras.backend.backend() != "tensorflow":
            return compute
        import tensorflow as tf

        # Compiled anew for each step that is traced; a step that is not traced would
        # compile it at every turn.
        if tf.executing_eagerly():
            return compute
        return tf.function(compute, jit_compile=True)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics, of the labels alone."""
        y, _, sample_weight = indexed_targets.parted(y, sample_weight, self)
        return super().compute_metrics(x, y, y_pred, sample_weight)


def summed(loss):
    """Whether losses are sums over examples, and no means."""
    sums = {
        getattr(one, "reduction", "mean") in SUMS
        for one in keras.tree.flatten(loss)
        if one is not None
    }
    if len(sums) > 1:
        raise ValueError(
            "Several devices train several outputs by losses that are all sums or all "
            f"means. Received: loss={loss!r}"
        )
    return sums == {True}
