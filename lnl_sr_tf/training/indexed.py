"""A model whose loss knows which example is which."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("lnl_sr_tf")
class IndexedModel(keras.Model):
    """A model for losses that remember examples, such as ELR.

    It trains on targets of the form `{"label": y, "index": i}`, where i says which of
    the n examples each is, and evaluates on plain labels. All else is as of
    `keras.Model`.

    Raises:
        ValueError: if it is to train on labels without an index.

    Example:
        >>> model = IndexedModel(images, logits)
        >>> loss = lnl.losses.get("elr", num_examples=len(y), num_classes=10)
        >>> model.compile("sgd", loss=loss, metrics=["accuracy"])
        >>> model.fit(x, {"label": y, "index": numpy.arange(len(y))})
    """

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss, in training a mean, with the index that the targets have."""
        if not isinstance(y, dict):
            if training:
                raise ValueError(
                    "IndexedModel trains on targets of the form "
                    '{"label": labels, "index": indices}. Received: ' + repr(y)
                )
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        values = self.loss.call(y["label"], y_pred, index=y["index"])
        if sample_weight is not None:
            values = values * ops.cast(sample_weight, values.dtype)
        # Penalties of the network's own are part of it, as of every Keras model.
        return ops.mean(values) + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics, of the labels alone."""
        label = y["label"] if isinstance(y, dict) else y
        return super().compute_metrics(x, label, y_pred, sample_weight)
