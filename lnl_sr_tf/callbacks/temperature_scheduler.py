"""τ falls during training."""

from typing import Any

import keras

from lnl_sr_tf import schedules
from lnl_sr_tf.layers.output_sharpening import OutputSharpening, sharpening_layers
from lnl_sr_tf.losses.base import check_range


class TemperatureScheduler(keras.callbacks.Callback):
    """Sets the temperature each epoch: τ_t = max(τ_min, τ0 · d^⌊t/r⌋).

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), suggest in section 2.4 to let τ decay, as a kind of early stopping, but
    keep it fixed themselves. τ depends on the epoch and τ0 alone, whatever was trained,
    saved or loaded before.

    Args:
        decay: d in (0, 1].
        every: r ≥ 1, epochs between two changes.
        initial: τ0 > 0; by default the `initial_temperature` of each layer, which is
            the temperature that it was made with, or that was last assigned to it.
        minimum: τ_min ≥ 0.

    Raises:
        ValueError: if a number is out of range, or the model has no
            `lnl.layers.OutputSharpening`.

    Example:
        model.fit(x, y, callbacks=[TemperatureScheduler(decay=0.99, minimum=0.1)])
    """

    def __init__(
        self,
        decay: float,
        every: int = 1,
        initial: float | None = None,
        minimum: float = 0.0,
    ) -> None:
        super().__init__()
        self.decay = check_range("decay", decay, 0.0, 1.0, open_low=True)
        if int(every) != every or every < 1:
            raise ValueError(
                f"`every` must be a whole number of at least 1. Received: {every!r}"
            )
        if initial is not None:
            check_range("initial", initial, 0.0, float("inf"), open_low=True)
        self.minimum = check_range("minimum", minimum, 0.0, float("inf"))
        self.every = int(every)
        self.initial = initial
        self._starts: list[tuple[OutputSharpening, float]] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Find the sharpening layers, and take τ0 from each if it was not given."""
        layers = list(sharpening_layers(self.model))
        if not layers:
            raise ValueError(
                "TemperatureScheduler needs a model with a layer "
                "`lnl.layers.OutputSharpening`. Received a model with layers: "
                f"{[layer.name for layer in self.model.layers]}"
            )
        self._starts = [
            (layer, layer.initial_temperature if self.initial is None else self.initial)
            for layer in layers
        ]

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Set τ for this epoch."""
        for layer, start in self._starts:
            layer.move_temperature(
                schedules.temperature(
                    epoch, start, self.decay, self.every, self.minimum
                )
            )
