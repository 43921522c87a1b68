"""Output sharpening: the last layer of a network trained with sparse regularization."""

import math

import keras
from keras import ops

from lnl_sr_tf.predictions import check_classes

# Below this squared norm a vector of logits counts as zero: 1/‖z‖ has no slope there.
_SMALLEST_SQUARE = 1e-24
# What float32 holds in full; less is 0 on some devices.
_SMALLEST_TEMPERATURE, _LARGEST_TEMPERATURE = 1.1754944e-38, 3.4028234e38


@keras.saving.register_keras_serializable("lnl_sr_tf")
class OutputSharpening(keras.layers.Layer):
    """Sharpens logits: z → z / (τ‖z‖₂), or z / τ without normalisation.

    A softmax of the result is the low-temperature softmax σ_τ of Zhou et al.,
    "Learning with Noisy Labels via Sparse Regularization" (ICCV 2021), Eq. 7.
    Normalising keeps the network from sharpening by scale alone. With it the
    largest probability that k classes can reach is
    1 / (1 + (k−1) exp(−√(k/(k−1)) / τ)): 0.478 for k = 10 and τ = 0.5.

    It computes in float32 whatever the policy, since 1/τ magnifies rounding. A logit of
    −inf, a class that cannot be, stays what it is and is no part of the norm.

    Args:
        temperature: τ > 0, in the paper at most 1. A variable, which
            `lnl.callbacks.TemperatureScheduler` moves and saving keeps. Assign a number
            to the attribute to change it, and where a schedule starts.
        normalize: whether to divide by ‖z‖₂ first.
        activation: `None` for sharpened logits, `"softmax"` for probabilities.
        name: optional name of the layer.
        initial_temperature: τ0 > 0, where a schedule starts; by default `temperature`.
            Saving keeps both.
        **kwargs: of `keras.layers.Layer`.

    Input and output shape:
        `(batch, ..., classes)`.

    Raises:
        ValueError: if τ is not above 0, or the activation is neither of the two; or if
            a single logit is to be normalised, of which the sign alone would be left.

    Example:
        >>> OutputSharpening(temperature=0.5)(np.array([[3.0, 4.0]]))  # [[1.2, 1.6]]
    """

    def __init__(
        self,
        temperature,
        normalize=True,
        activation=None,
        name=None,
        initial_temperature=None,
        **kwargs,
    ):
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
    def temperature(self):
        """τ, as a `keras.Variable`; assign a number to change it, and its start.

        `initial_temperature` is then that number. A number that is assigned to the
        variable is forgotten by the next schedule: loading weights does the same.
        """
        return self._temperature

    @temperature.setter
    def temperature(self, value):
        self.initial_temperature = _checked("temperature", value)
        self.move_temperature(value)

    def move_temperature(self, value):
        """Set τ as a schedule does: where it starts stays what it was.

        Raises:
            ValueError: if float32 does not hold it, as after a long schedule without
                a minimum.
        """
        self._temperature.assign(_checked("temperature", value))

    def call(self, inputs):
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

    def compute_output_shape(self, input_shape):
        """The shape of the input."""
        return input_shape

    def get_config(self):
        """The arguments that make an equal layer: τ as it is now, and its start."""
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
            f"{_LARGEST_TEMPERATURE:.2g}; a schedule takes a `minimum`"
        )
    return float(value)


def sharpening_layers(model):
    """The sharpening layers of a model, in layers of layers too, each once."""
    for layer in _within(model, set()):
        if isinstance(layer, OutputSharpening):
            yield layer


def _within(layer, seen):
    """The layers that a layer is made of, in their order, each once."""
    # Keras has no public name for the layers of a layer that is no model.
    for part in layer._flatten_layers(include_self=False, recursive=False):
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            yield from _within(part, seen)
