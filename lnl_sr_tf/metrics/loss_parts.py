"""What a loss with sparse regularization consists of, each part as a metric."""

import keras


@keras.saving.register_keras_serializable("lnl_sr_tf")
class FitLoss(keras.metrics.MeanMetricWrapper):
    """How well labels are fitted: the mean of the loss without its norm.

    λ grows as training goes on, and L + λ‖u‖_p^p with it, so that early stopping which
    watches `val_loss` ends too soon; `val_fit_loss` is what it is to watch.
    `lnl.training.RobustModel` reports it by itself.

    Args:
        loss: a `lnl.losses.SparseRegularization`, best the one that the model is
            compiled with.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `loss` has no sparse regularization.

    Example:
        >>> loss = lnl.losses.get("ce_sr")
        >>> model.compile("sgd", loss=loss, metrics=[lnl.metrics.FitLoss(loss)])
        >>> stop = keras.callbacks.EarlyStopping(monitor="val_fit_loss", patience=5)
        >>> model.fit(x, y, validation_data=held_out, callbacks=[stop])
    """

    def __init__(self, loss, name="fit_loss", dtype=None):
        loss = _regularized(loss)

        def values(y_true, y_pred):
            # A loss that draws or remembers must not do so once more.
            kept = [(v, v.value) for v in getattr(loss.loss, "variables", [])]
            with keras.StatelessScope(state_mapping=kept):
                return loss.loss.call(y_true, y_pred)

        super().__init__(values, name=name, dtype=dtype)
        self.loss = loss
        self._direction = "down"  # what Keras's callbacks ask for

    def get_config(self):
        """The arguments that make an equal metric."""
        return _config(self)

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SparseNorm(keras.metrics.MeanMetricWrapper):
    """How far outputs are from one-hot: the mean of ‖u‖_p^p, at least 1.

    `lnl.training.RobustModel` reports it by itself, as `norm`.

    Args:
        loss: as of `FitLoss`; it says p, and whether the network gives logits.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `loss` has no sparse regularization.

    Example:
        >>> loss = lnl.losses.get("ce_sr", p=0.5)
        >>> metric = SparseNorm(loss)
        >>> metric.update_state([0], [[0.0, 0.0]])
        >>> metric.result()  # 2 · 0.5^0.5 = 1.414
    """

    def __init__(self, loss, name="norm", dtype=None):
        loss = _regularized(loss)
        super().__init__(
            lambda y_true, y_pred: loss.norm(y_pred), name=name, dtype=dtype
        )
        self.loss = loss
        self._direction = "down"

    def get_config(self):
        """The arguments that make an equal metric."""
        return _config(self)

    @classmethod
    def from_config(cls, config):
        """The inverse of `get_config`."""
        return cls(**config)


def _regularized(loss):
    if isinstance(loss, dict):
        loss = keras.losses.deserialize(loss)
    if not (hasattr(loss, "norm") and isinstance(loss, keras.losses.Loss)):
        raise ValueError(
            "`loss` must be a `lnl.losses.SparseRegularization`. Received: "
            f"loss={loss!r}"
        )
    return loss


def _config(metric):
    return {
        "loss": keras.losses.serialize(metric.loss),
        "name": metric.name,
        "dtype": metric.dtype,
    }
