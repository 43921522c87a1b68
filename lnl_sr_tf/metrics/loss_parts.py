"""The two parts of a loss with sparse regularization, each as a metric."""

from typing import Any

import keras

from lnl_sr_tf.types import Tensor


@keras.saving.register_keras_serializable("lnl_sr_tf")
class FitLoss(keras.metrics.MeanMetricWrapper):
    """How well labels are fitted: the mean of the loss without the terms added to it.

    λ grows during training, and L + λ‖u‖_p^p with it, so early stopping on `val_loss`
    stops too soon; it should watch `val_fit_loss`. `lnl.training.RobustModel` reports
    it without being asked.

    Args:
        loss: a `lnl.losses.SparseRegularization`, with or without a class prior, best
            the one that the model is compiled with.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `loss` has no sparse regularization.

    Example:
        loss = lnl.losses.get("ce_sr")
        model.compile("sgd", loss=loss, metrics=[lnl.metrics.FitLoss(loss)])
        stop = keras.callbacks.EarlyStopping(monitor="val_fit_loss", patience=5)
        model.fit(x, y, validation_data=held_out, callbacks=[stop])
    """

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        name: str = "fit_loss",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        loss = _regularized(loss)
        fit = loss.fitted

        def values(y_true: Tensor, y_pred: Tensor) -> Tensor:
            # The metric must not change what the loss keeps, such as draws.
            kept = [(v, v.value) for v in getattr(fit, "variables", [])]
            with keras.StatelessScope(state_mapping=kept):
                return fit.call(y_true, y_pred)

        super().__init__(values, name=name, dtype=dtype)
        self.loss = loss
        self._direction = "down"  # for callbacks of Keras: less is better

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return _config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FitLoss":
        """The inverse of `get_config`."""
        return cls(**config)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class SparseNorm(keras.metrics.MeanMetricWrapper):
    """How far outputs are from one-hot: the mean of ‖u‖_p^p, at least 1.

    `lnl.training.RobustModel` reports it without being asked, as `norm`.

    Args:
        loss: as for `FitLoss`; gives p, and whether the network gives logits.
        name: name of the metric.
        dtype: dtype of the result.

    Raises:
        ValueError: if `loss` has no sparse regularization.

    Example:
        >>> metric = SparseNorm(lnl.losses.get("ce_sr", p=0.5))
        >>> metric.update_state([0], [[0.0, 0.0]])
        >>> float(metric.result())  # 2 · 0.5^0.5
        1.414
    """

    def __init__(
        self,
        loss: keras.losses.Loss | dict[str, Any],
        name: str = "norm",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        loss = _regularized(loss)
        super().__init__(
            lambda y_true, y_pred: loss.norm(y_pred), name=name, dtype=dtype
        )
        self.loss = loss
        self._direction = "down"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return _config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SparseNorm":
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
