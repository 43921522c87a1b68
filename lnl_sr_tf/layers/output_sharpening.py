"""Output sharpening: the last layer of a network trained with sparse regularization."""

import math
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from lnl_sr_tf.predictions import check_classes
from lnl_sr_tf.types import Tensor

# Below this squared norm a vector of logits counts as zero, with a gradient of 0.
_SMALLEST_SQUARE = 1e-24
# The normal float32 numbers; smaller ones are 0 on some devices.
_SMALLEST_TEMPERATURE, _LARGEST_TEMPERATURE = 1.1754944e-38, 3.4028234e38


@keras.saving.register_keras_serializable("lnl_sr_tf")
class OutputSharpening(keras.layers.Layer):
    """Sharpens logits: z → z / (τ‖z‖₂), or z / τ without normalisation.

    A softmax of the result is the low-temperature softmax σ_τ of Zhou et al.,
    "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021), Eq. 7.
    Normalising keeps the network from sharpening by scale alone. With it the largest
    probability that one of k classes can reach is
    1 / (1 + (k−1) exp(−√(k/(k−1)) / τ)): 0.478 for k = 10 and τ = 0.5.

    It computes in float32 whatever the dtype policy, because 1/τ magnifies rounding. A
    logit of −inf, an impossible class, stays −inf and does not count in the norm.

    Args:
        temperature: τ > 0, in the paper at most 1. A variable, which
            `lnl.callbacks.TemperatureScheduler` moves and saving keeps. Assigning a
            number to the attribute changes it and the start of a schedule.
        normalize: whether to divide by ‖z‖₂ first.
        activation: None for sharpened logits, `"softmax"` for probabilities.
        name: name of the layer.
        initial_temperature: τ0 > 0, where a schedule starts; by default `temperature`.
            Saving keeps both.
        **kwargs: arguments of `keras.layers.Layer`.

    Input and output shape:
        `(batch, ..., classes)`.

    Raises:
        ValueError: if τ is not above 0, or the activation is another; or if a single
            logit is to be normalised, which would leave its sign alone.

    Example:
        >>> keras.ops.convert_to_numpy(OutputSharpening(0.5)(np.array([[3.0, 4.0]])))
        array([[1.2, 1.6]], dtype=float32)
    """

    def __init__(
        self,
        temperature: float,
        normalize: bool = True,
        activation: str | None = None,
        name: str | None = None,
        initial_temperature: float | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(name=name, **kwargs)
        temperature = _checked("temperature", temperature)
        if initial_temperature is None:
            initial_temperature = temperature
        if activation not in (None, "softmax"):
            raise ValueError(
                "`activation` must be None (logits) or 'softmax' (probabilities). "
                f"Received: activation={activation!r}"
            )
        self.normalize = bool(normalize)
        self.activation = activation
        self.supports_masking = True
        self.initial_temperature = _checked("initial_temperature", initial_temperature)
        self._temperature = self.add_weight(
            name="temperature",
            shape=(),
            initializer=keras.initializers.Constant(temperature),
            trainable=False,
            dtype="float32",
        )
        self.built = True

    @property
    def temperature(self) -> keras.Variable:
        """τ. Assigning a number sets both τ and `initial_temperature`.

        What is assigned to the variable itself, as loading weights does, is overwritten
        by the next schedule, which starts from `initial_temperature`.
        """
        return self._temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self.initial_temperature = _checked("temperature", value)
        self.move_temperature(value)

    def move_temperature(self, value: float) -> None:
        """Set τ as a schedule does: `initial_temperature` stays the same.

        Raises:
            ValueError: if it is out of range for float32, as after a long schedule
                without a minimum.
        """
        self._temperature.assign(_checked("temperature", value))

    def call(self, inputs: Tensor) -> Tensor:
        """Sharpened logits, or their softmax."""
        logits = inputs
        if self.normalize:
            check_classes(logits, type(self).__name__)
            impossible = ops.equal(logits, -math.inf)
            logits = ops.where(impossible, 0.0, logits)
            square = ops.sum(ops.square(logits), axis=-1, keepdims=True)
            logits = logits * ops.rsqrt(ops.maximum(square, _SMALLEST_SQUARE))
            logits = ops.where(impossible, -math.inf, logits)
        logits = logits / ops.cast(self._temperature, logits.dtype)
        return logits if self.activation is None else ops.softmax(logits, axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, with the present τ and τ0."""
        config = super().get_config()
        config.update(
            temperature=float(ops.convert_to_numpy(self.temperature)),
            normalize=self.normalize,
            activation=self.activation,
            initial_temperature=self.initial_temperature,
        )
        return config


def _checked(name, value):
    if isinstance(value, str) or not (
        _SMALLEST_TEMPERATURE <= value <= _LARGEST_TEMPERATURE
    ):
        raise ValueError(
            f"`{name}` must be a finite number above 0. Received: {name}={value!r}, "
            f"where float32 goes from {_SMALLEST_TEMPERATURE:.2g} to "
            f"{_LARGEST_TEMPERATURE:.2g}; give a schedule a `minimum`"
        )
    return float(value)


def sharpening_layers(model: keras.Model) -> Iterator[OutputSharpening]:
    """The sharpening layers of a model, nested ones too, each once."""
    for layer in _within(model, set()):
        if isinstance(layer, OutputSharpening):
            yield layer


def _within(layer, seen):
    """The layers within a layer, in their order, each once."""
    # Keras has no public way to list the layers of a layer that is no model.
    for part in layer._flatten_layers(include_self=False, recursive=False):
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            yield from _within(part, seen)
