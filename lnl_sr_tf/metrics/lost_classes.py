"""How many classes a network has stopped predicting."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask

from lnl_sr_tf.predictions import check_classes, like_values, static_shape
from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class LostClasses(keras.metrics.Metric):
    """How many classes are given as labels, but predicted for no example.

    In training it counts the outputs that the network is trained on, so that it needs
    no clean labels and costs no pass of its own. A regularization that pushes outputs
    to one-hot can freeze a network that has given up a class; accuracy then stays below
    the share of the other classes.

    Args:
        num_classes: at least 2.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `num_classes` is out of range, or not that of the predictions.

    Example:
        >>> metric = LostClasses(3)
        >>> metric.update_state([0, 1, 1], [[2.0, 0.0, 0.0]] * 3)
        >>> float(metric.result()), metric.labels()  # no example is of class 2
        (1.0, [1])
    """

    def __init__(
        self,
        num_classes: int,
        name: str = "lost_classes",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.num_classes = _at_least_two(num_classes)
        shape = (self.num_classes,)
        self.given = self.add_weight(shape, "zeros", name="given")
        self.predicted = self.add_weight(shape, "zeros", name="predicted")
        self._direction = "down"  # for callbacks of Keras: less is better

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Count the labels and the predictions of a batch, by class.

        Args:
            y_true: integers, shape (batch, ...) or (batch, ..., 1), or distributions,
                shape (batch, ..., classes), whose largest share counts. One outside
                [0, classes) is of no class.
            y_pred: logits or probabilities, shape (batch, ..., classes); those that
                Keras masks do not count.
            sample_weight: shape (batch,) or (batch, ...); what has the weight 0 does
                not count, and all else counts once.

        Raises:
            ValueError: if the shapes do not match.
        """
        masks = {"mask": get_keras_mask(y_pred), "sample_weight": sample_weight}
        y_true, y_pred = map(ops.convert_to_tensor, (y_true, y_pred))
        if check_classes(y_pred, type(self).__name__) != self.num_classes:
            raise ValueError(
                f"`num_classes` must be that of the predictions. Received: num_classes="
                f"{self.num_classes}, predictions of shape {tuple(y_pred.shape)}"
            )
        counted = None
        for name, values in masks.items():
            values = None if values is None else ops.convert_to_tensor(values)
            if values is not None and static_shape(values) != ():
                some = ops.cast(like_values(name, values, y_pred), "bool")
                counted = some if counted is None else ops.logical_and(counted, some)
        for count, labels in (
            (self.given, _integers(y_true, y_pred)),
            (self.predicted, _largest(y_pred)),
        ):
            if counted is not None:
                labels = ops.where(counted, labels, -1)
            count.assign_add(self._by_class(labels, count.dtype))

    def result(self) -> Tensor:
        """The number of lost classes so far."""
        return ops.sum(ops.cast(self._lost(), self.dtype))

    def labels(self) -> list[int]:
        """Which they are, in rising order; not within a compiled step."""
        lost = ops.convert_to_numpy(self._lost())
        return [label for label, one in enumerate(lost) if one]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return super().get_config() | {"num_classes": self.num_classes}

    def _by_class(self, labels, dtype):
        # Compared, not one_hot of Keras, whose treatment of -1 depends on the backend.
        hits = ops.expand_dims(labels, -1) == ops.arange(
            self.num_classes, dtype="int32"
        )
        axes = tuple(range(len(hits.shape) - 1))
        return ops.sum(ops.cast(hits, dtype), axis=axes)

    def _lost(self):
        return ops.logical_and(self.given > 0, ops.equal(self.predicted, 0))


def of_model(model: keras.Model) -> LostClasses | None:
    """The first metric of this kind that a model was compiled with, or None."""
    for metric in model.metrics:
        for one in getattr(metric, "metrics", [metric]):
            if isinstance(one, LostClasses):
                return one
    return None


def _integers(y_true, y_pred):
    """Labels in any form as integers, shape (batch, ...)."""
    if len(y_true.shape) == len(y_pred.shape):
        if y_true.shape[-1] != 1:
            return _largest(y_true)
        y_true = ops.squeeze(y_true, axis=-1)
    if len(y_true.shape) != len(y_pred.shape) - 1:
        raise ValueError(
            "Labels must have the shape of the predictions, with or without classes. "
            f"Received: labels of shape {tuple(y_true.shape)}, predictions of shape "
            f"{tuple(y_pred.shape)}"
        )
    return ops.cast(y_true, "int32")


def _largest(values):
    return ops.cast(ops.argmax(values, axis=-1), "int32")


def _at_least_two(num_classes):
    if not hasattr(num_classes, "__index__") or num_classes < 2:
        raise ValueError(
            "`num_classes` must be a whole number of at least 2. Received: "
            f"num_classes={num_classes!r}"
        )
    return int(num_classes)
