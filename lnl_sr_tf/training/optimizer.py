"""SGD as the recipes mean it."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoupledSGD(keras.optimizers.SGD):
    """SGD whose weight decay is added to the gradient: g ← clip(g) + w · θ.

    The decay enters the momentum, as in PyTorch and in every published recipe.
    Keras's own `SGD(weight_decay=…)` is decoupled, which with momentum 0.9 is
    about ten times weaker. Every trainable variable decays, biases and batch
    normalisation included.

    Args:
        learning_rate: η > 0.
        momentum: in [0, 1).
        nesterov: whether to use Nesterov's momentum.
        coupled_weight_decay: w ≥ 0.
        **kwargs: of `keras.optimizers.SGD`, for instance `global_clipnorm`.

    Raises:
        ValueError: if w < 0.

    Example:
        >>> CoupledSGD(0.01, momentum=0.9, coupled_weight_decay=1e-4)
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        coupled_weight_decay=0.0,
        name="coupled_sgd",
        **kwargs,
    ):
        super().__init__(learning_rate, momentum, nesterov, name=name, **kwargs)
        if not coupled_weight_decay >= 0:
            raise ValueError(
                "`coupled_weight_decay` must be at least 0. Received: "
                f"coupled_weight_decay={coupled_weight_decay!r}"
            )
        self.coupled_weight_decay = float(coupled_weight_decay)

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable by its clipped gradient."""
        if self.coupled_weight_decay:
            decay = ops.cast(self.coupled_weight_decay, variable.dtype)
            gradient = ops.cast(gradient, variable.dtype)
            gradient = ops.add(gradient, ops.multiply(variable, decay))
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        """The arguments that make an equal optimiser."""
        config = super().get_config()
        config.update(coupled_weight_decay=self.coupled_weight_decay)
        return config
