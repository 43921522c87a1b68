"""SGD and Adam with the weight decay of the recipes, coupled to the gradient."""

from typing import Any

import keras
from keras import ops

from lnl_sr_tf.devices import replicas
from lnl_sr_tf.types import MixinBase


class _Coupled(MixinBase):
    """Adds weight decay and the L1 penalty to the clipped gradient of a variable."""

    coupled_weight_decay: float
    l1: float

    def _check_penalties(self, coupled_weight_decay, l1):
        for name, value in (("coupled_weight_decay", coupled_weight_decay), ("l1", l1)):
            if not value >= 0:
                raise ValueError(
                    f"`{name}` must be at least 0. Received: {name}={value!r}"
                )
        self.coupled_weight_decay = float(coupled_weight_decay)
        self.l1 = float(l1)

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable by its clipped gradient."""
        if self.coupled_weight_decay or self.l1:
            gradient = ops.cast(gradient, variable.dtype)
        if self.coupled_weight_decay:
            decay = ops.cast(self.coupled_weight_decay, variable.dtype)
            gradient = ops.add(gradient, ops.multiply(variable, decay))
        if self.l1:
            penalty = ops.cast(self.l1, variable.dtype)
            gradient = ops.add(gradient, ops.multiply(ops.sign(variable), penalty))
        super().update_step(gradient, variable, learning_rate)

    # Keras clips each replica's part of a gradient before adding the parts, which
    # differs from clipping on one device. Here they are added first.
    def _clip_gradients(self, grads):
        return super()._clip_gradients(replicas.total(grads))

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimiser."""
        config = super().get_config()
        config.update(coupled_weight_decay=self.coupled_weight_decay, l1=self.l1)
        return config


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoupledSGD(_Coupled, keras.optimizers.SGD):
    """SGD whose weight decay is added to the gradient: g ← clip(g) + w θ + l sign(θ).

    The decay enters the momentum, as in PyTorch and in every published recipe.
    Keras's own `SGD(weight_decay=…)` is decoupled, which with momentum 0.9 is
    about ten times weaker. Every trainable variable decays, biases and batch
    normalisation included.

    Args:
        learning_rate: η > 0, or a schedule of Keras.
        momentum: in [0, 1).
        nesterov: whether to use Nesterov's momentum.
        coupled_weight_decay: w ≥ 0.
        l1: l ≥ 0, an L1 penalty on every trainable variable.
        name: name of the optimiser.
        **kwargs: arguments of `keras.optimizers.SGD`, for instance `global_clipnorm`.

    Raises:
        ValueError: if w < 0 or l < 0.

    Example:
        >>> CoupledSGD(0.01, momentum=0.9, coupled_weight_decay=1e-4).momentum
        0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        coupled_weight_decay: float = 0.0,
        l1: float = 0.0,
        name: str = "coupled_sgd",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, momentum, nesterov, name=name, **kwargs)
        self._check_penalties(coupled_weight_decay, l1)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoupledAdam(_Coupled, keras.optimizers.Adam):
    """Adam with weight decay and L1 in the gradient, and a β1 that can be changed.

    Args:
        learning_rate: η > 0, or a schedule of Keras.
        beta_1: β1 in [0, 1), the momentum, kept in a variable.
        coupled_weight_decay: w ≥ 0, as for `CoupledSGD`.
        l1: l ≥ 0, as for `CoupledSGD`.
        name: name of the optimiser.
        **kwargs: arguments of `keras.optimizers.Adam`, for instance `global_clipnorm`.

    Raises:
        ValueError: if w < 0 or l < 0.

    Example:
        >>> float(CoupledAdam(1e-3, beta_1=0.9).beta_1)
        0.9
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        coupled_weight_decay: float = 0.0,
        l1: float = 0.0,
        name: str = "coupled_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **kwargs)
        self._check_penalties(coupled_weight_decay, l1)
        # A variable, because a number would be a constant of the compiled step.
        self.beta_1 = self.add_variable(
            (), keras.initializers.Constant(beta_1), "float32", name="beta_1"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimiser."""
        config = super().get_config()
        config.update(beta_1=float(ops.convert_to_numpy(self.beta_1)))
        return config
