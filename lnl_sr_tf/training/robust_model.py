"""The model of a run: its loss may change, remember examples, and be compiled."""

import inspect
import warnings
from typing import Any

import keras

from lnl_sr_tf.devices import replicas
from lnl_sr_tf.losses.nested import needs_index, variables_of
from lnl_sr_tf.losses.within_step import within_step
from lnl_sr_tf.training import class_weights, indexed_targets
from lnl_sr_tf.training.loss_parts import LossParts, weight_of
from lnl_sr_tf.types import MixinBase, Tensor

# The reductions of Keras that are no mean.
SUMS = (None, "none", "sum")


class MovingLoss(MixinBase):
    """Lets a model's step see the variables of its loss, and report the loss's parts.

    A step that JAX compiles takes the model's variables as arguments, and everything
    else as constants: λ would stay at its value of the first epoch. So the variables of
    the loss count among those of the model; they are not its weights, and saving does
    not keep them.

    Besides `loss`, which is minimised, training and evaluation report the metrics of
    `lnl_sr_tf.training.loss_parts.LossParts`.
    """

    # Whether the loss is told if it is called to train or to evaluate.
    loss_knows_training: bool = True
    _loss_parts: Any = None  # a `LossParts`, once compiled

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `keras.Model.compile`."""
        super().compile(*args, **kwargs)
        names = getattr(self, "output_names", None)
        self._loss_parts = LossParts(self.loss, names)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """As `keras.Model.compile_from_config`, which would skip this `compile`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Those of every model, followed by those of the loss's parts."""
        own = super().metrics
        return own if self._loss_parts is None else own + self._loss_parts.metrics

    @property
    def non_trainable_variables(self) -> list[keras.Variable]:
        """Those of the layers, and those of the loss."""
        own = super().non_trainable_variables
        return [*own, *variables_of(getattr(self, "loss", None))]

    def _loss_by_keras(self, x, y, y_pred, sample_weight, training):
        """The loss as Keras computes it, for the batch of all replicas."""
        if replicas.count() > 1 and summed(self.loss):
            # Keras divides a mean by the number of replicas, but not a sum.
            weights = 1.0 if sample_weight is None else sample_weight
            sample_weight = keras.tree.map_structure(replicas.share, weights)
        return super().compute_loss(x, y, y_pred, sample_weight, training)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class RobustModel(MovingLoss, keras.Model):
    """A model for losses that change during training, or remember examples.

    It is a `keras.Model` with three additions. The variables of a loss (λ, the stage of
    a method, the memory of ELR) change in training on every backend, JAX included. If a
    loss needs the index of each example, the model trains on targets of the form
    `{"label": y, "index": i}`, with i in [0, n) for n examples. If a loss has sparse
    regularization, `fit` and `evaluate` report `fit_loss` and `norm` besides `loss`,
    and `class_prior` if it has one; early stopping should watch `val_fit_loss`
    (`mode="min"`).

    Evaluation takes both forms of targets, and remembers nothing. `sample_weight`,
    `class_weight`, `loss_weights`, reductions, masks, penalties, weighted metrics and
    several outputs work as in Keras. An index outside [0, n) is refused in arrays, and
    makes the loss NaN if targets are read batch by batch.

    A loss that remembers belongs to one training; for another, make a new loss.
    `model.save` and `keras.callbacks.BackupAndRestore` do not keep its memory, the
    `state` of the loss. To continue in a new process, save and assign it yourself; else
    the memory is empty again, of which `fit` warns if it has an `initial_epoch`.

    Attributes:
        xla_loss: whether XLA compiles the loss in a step that it does not compile, with
            TensorFlow; faster if batch size times number of classes is large.

    Raises:
        ValueError: if the loss needs an index, and it is to train on labels without; or
            if several devices train several outputs, some of whose losses are sums and
            some means; or if `class_weight` is given with labels of several positions,
            or with an index and `validation_split`.

    Example:
        model = RobustModel(images, logits)
        loss = lnl.losses.get("elr", num_examples=len(y), num_classes=10)
        model.compile("sgd", loss=loss, metrics=["accuracy"])
        model.fit(x, {"label": y, "index": numpy.arange(len(y))})
    """

    xla_loss: bool = False

    def fit(
        self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`; `class_weight` goes with an index too, in arrays."""
        given = self._checked(super().fit, x, y, *args, **kwargs)
        if given.get("initial_epoch") and indexed_targets.nothing_remembered(self.loss):
            warnings.warn(
                "Training continues with a loss that remembers no example: Keras does "
                "not save its memory. Restore the values of `loss.state`. "
                f"Received: initial_epoch={given['initial_epoch']}",
                stacklevel=2,
            )
        return super().fit(**given)

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As `keras.Model.train_on_batch`."""
        given = self._checked(super().train_on_batch, x, y, *args, **kwargs)
        return super().train_on_batch(**given)

    def _checked(self, call, *args, **kwargs):
        """The arguments of a call that trains, by name, as Keras takes them."""
        given = dict(inspect.signature(call).bind(*args, **kwargs).arguments)
        y, indexed = given["y"], indexed_targets.are(given["y"], self)
        labels = y["label"] if indexed else y
        class_weights.check(given.get("class_weight"), labels, self)
        if not indexed:
            return given
        given["y"] = indexed_targets.checked(y, self.loss)
        return indexed_targets.with_weights(y, given)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """The loss as Keras computes it, for the examples of all replicas."""
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
            with within_step(index, training) as parts:
                loss = self._loss_by_keras(x, y, y_pred, sample_weight, training)
            told.extend(one for one, *_ in parts)
            return loss, [
                (fit, term, weight_of(fit, *output)) for _, fit, term, output in parts
            ]

        told: list[Any] = []
        loss, values = self._by_xla(compute)()
        self._loss_parts.update(
            [(one, *of_it) for one, of_it in zip(told, values, strict=True)]
        )
        return loss

    def _by_xla(self, compute):
        if not self.xla_loss or keras.backend.backend() != "tensorflow":
            return compute
        import tensorflow as tf

        # Compiled once for each step that is traced. A step that runs eagerly would
        # compile it each time.
        if tf.executing_eagerly():
            return compute
        return tf.function(compute, jit_compile=True)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """The metrics, from labels without index."""
        y, _, sample_weight = indexed_targets.parted(y, sample_weight, self)
        return super().compute_metrics(x, y, y_pred, sample_weight)


def summed(loss: Any) -> bool:
    """Whether losses are sums over examples, and not means."""
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
