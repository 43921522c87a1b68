"""SGD and Adam as the recipes mean them."""

import keras
from keras import ops

from lnl_sr_tf.devices import replicas


class _Coupled:
    """Adds weight decay and the L1 penalty to the clipped gradient of a variable."""

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

    # Keras clips what each replica has of a gradient and adds up after that, which is
    # not how one device clips. Here it is the other way round.
    def _clip_gradients(self, grads):
        return super()._clip_gradients(replicas.total(grads))

    def _all_reduce_sum_gradients(self, grads_and_vars):
        return grads_and_vars

    def get_config(self):
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
        learning_rate: η > 0.
        momentum: in [0, 1).
        nesterov: whether to use Nesterov's momentum.
        coupled_weight_decay: w ≥ 0.
        l1: l ≥ 0, an L1 penalty on every trainable variable.
        **kwargs: of `keras.optimizers.SGD`, for instance `global_clipnorm`.

    Raises:
        ValueError: if w < 0 or l < 0.

    Example:
        >>> CoupledSGD(0.01, momentum=0.9, coupled_weight_decay=1e-4)
    """

    def __init__(
        self,
        learning_rate=0.01,
        momentum=0.0,
        nesterov=False,
        coupled_weight_decay=0.0,
        l1=0.0,
        name="coupled_sgd",
        **kwargs,
    ):
        super().__init__(learning_rate, momentum, nesterov, name=name, **kwargs)
        self._check_penalties(coupled_weight_decay, l1)


@keras.saving.register_keras_serializable("lnl_sr_tf")
class CoupledAdam(_Coupled, keras.optimizers.Adam):
    """Adam with weight decay and L1 in the gradient, and a β1 that can be changed.

    Args:
        learning_rate: η > 0.
        beta_1: β1 in [0, 1), the momentum, kept as a variable.
        coupled_weight_decay: w ≥ 0, as of `CoupledSGD`.
        l1: l ≥ 0, as of `CoupledSGD`.
        **kwargs: of `keras.optimizers.Adam`, for instance `global_clipnorm`.

    Raises:
        ValueError: if w < 0 or l < 0.

    Example:
        >>> CoupledAdam(1e-3, beta_1=0.9)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        coupled_weight_decay=0.0,
        l1=0.0,
        name="coupled_adam",
        **kwargs,
    ):
        super().__init__(learning_rate, name=name, **kwargs)
        self._check_penalties(coupled_weight_decay, l1)
        # A variable, because a number would be compiled into the step.
        self.beta_1 = self.add_variable(
            (), keras.initializers.Constant(beta_1), "float32", name="beta_1"
        )

    def get_config(self):
        """The arguments that make an equal optimiser."""
        config = super().get_config()
        config.update(beta_1=float(ops.convert_to_numpy(self.beta_1)))
        return config
