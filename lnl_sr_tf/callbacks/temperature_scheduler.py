"""τ falls as training goes on."""

import keras

from lnl_sr_tf import schedules
from lnl_sr_tf.layers.output_sharpening import sharpening_layers


class TemperatureScheduler(keras.callbacks.Callback):
    """Sets the temperature each epoch: τ_t = max(τ_min, τ0 · d^⌊t/r⌋).

    Zhou et al., "Learning with Noisy Labels via Sparse Regularization"
    (ICCV 2021), suggest in section 2.4 to let τ decay, as a kind of early
    stopping, and keep it fixed themselves.

    Args:
        decay: d in (0, 1].
        every: r ≥ 1, epochs between two changes.
        initial: τ0 > 0; by default the layer's temperature when training starts.
        minimum: τ_min ≥ 0.

    Raises:
        ValueError: if a number is out of range, or the model has no
            `lnl.layers.OutputSharpening`.

    Example:
        >>> model.fit(x, y, callbacks=[TemperatureScheduler(decay=0.99, minimum=0.1)])
    """

    def __init__(self, decay, every=1, initial=None, minimum=0.0):
        super().__init__()
        if not 0 < decay <= 1:
            raise ValueError(f"`decay` must be in (0, 1]. Received: decay={decay!r}")
        if int(every) != every or every < 1:
            raise ValueError(
                f"`every` must be a whole number of at least 1. Received: {every!r}"
            )
        if initial is not None and not initial > 0:
            raise ValueError(
                f"`initial` must be above 0. Received: initial={initial!r}"
            )
        if not minimum >= 0:
            raise ValueError(
                f"`minimum` must be at least 0. Received: minimum={minimum!r}"
            )
        self.decay = float(decay)
        self.every = int(every)
        self.initial = initial
        self.minimum = float(minimum)
        self._layers = []

    def on_train_begin(self, logs=None):
        """Find the sharpening layers, and take τ0 from them if it was not given."""
        self._layers = list(sharpening_layers(self.model))
        if not self._layers:
            raise ValueError(
                "TemperatureScheduler needs a model with a layer "
                "`lnl.layers.OutputSharpening`. Received a model with layers: "
                f"{[layer.name for layer in self.model.layers]}"
            )
        if self.initial is None:
            self.initial = float(
                keras.ops.convert_to_numpy(self._layers[0].temperature)
            )

    def on_epoch_begin(self, epoch, logs=None):
        """Set τ for this epoch."""
        temperature = schedules.temperature(
            epoch, self.initial, self.decay, self.every, self.minimum
        )
        for layer in self._layers:
            layer.temperature.assign(temperature)
