"""What changes from epoch to epoch in a run: learning rate, λ, τ and the like."""

from collections.abc import Callable
from typing import Any

import keras

from lnl_sr_tf import callbacks, schedules
from lnl_sr_tf.config import Config
from lnl_sr_tf.loss_names import outer_class

# What a loss is told of training, by the class of the loss.
_FOLLOWERS: dict[str, type[keras.callbacks.Callback]] = {
    "MarginalDistributionAdjustment": callbacks.ExampleSelection,
    "OptimizedGradientClipping": callbacks.ClippingScheduler,
    "RockafellianRelaxation": callbacks.Reweighing,
}


def schedulers(
    config: Config, noise_rate: float | None, steps_per_epoch: int
) -> list[keras.callbacks.Callback]:
    """The callbacks that set learning rate, λ, τ and the like."""
    made = [keras.callbacks.LearningRateScheduler(learning_rate_schedule(config))]
    if config.regularized:
        made.append(_regularization(config, steps_per_epoch))
        made.append(
            callbacks.TemperatureScheduler(
                config.tau_decay, initial=config.tau, minimum=config.tau_min
            )
        )
    follower = _FOLLOWERS.get(outer_class(config.loss))
    if follower:
        made.append(follower())
    if config.method == "co_teaching":
        final = forget_rate(config, noise_rate)
        assert final is not None  # without noise, `config.resolve` asks for one
        made.append(callbacks.ForgetScheduler(final, config.forget_epochs))
    if config.method == "nlnl":
        made.append(callbacks.StageScheduler(config.epochs, config.stages))
    if config.optimizer == "adam":
        made.append(_LateMomentum(config))
    return made


def _regularization(config, steps_per_epoch):
    if config.lambda_schedule == "adaptive":
        return callbacks.AdaptiveRegularization(
            steps=config.epochs * steps_per_epoch, steps_per_epoch=steps_per_epoch
        )
    return callbacks.RegularizationScheduler(
        config.rho, config.lambda_every, config.lambda0
    )


def forget_rate(config: Config, noise_rate: float | None) -> float | None:
    """The forget rate of Co-teaching; None for another method."""
    if config.method != "co_teaching":
        return None
    return noise_rate if config.forget_rate is None else config.forget_rate


class _LateMomentum(keras.callbacks.Callback):
    """Sets β1 of Adam: to another value once the learning rate has begun to fall."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.rate = learning_rate_schedule(config)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        late = self.config.late_momentum
        if self.config.lr_schedule == "linear":
            falling = epoch >= self.config.lr_hold * self.config.epochs
        else:
            falling = self.rate(epoch) < self.config.lr
        # Under mixed_float16, Keras wraps the optimiser in one that scales the loss.
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        optimizer.beta_1.assign(
            late if falling and late is not None else self.config.momentum
        )


def learning_rate_schedule(config: Config) -> Callable[[int], float]:
    """The learning rate as a function of the epoch."""
    if config.method != "nlnl":
        return lambda epoch: _learning_rate(config, epoch, config.epochs)

    def in_stages(epoch):
        """Each stage has the whole schedule, as in the authors' separate trainings."""
        _, start, end = schedules.stage(epoch, config.epochs, config.stages)
        return _learning_rate(config, epoch - start, end - start)

    return in_stages


def _learning_rate(config, epoch, epochs):
    if config.lr_schedule == "cosine":
        return schedules.cosine_learning_rate(epoch, config.lr, epochs)
    if config.lr_schedule == "linear":
        return schedules.linear_learning_rate(epoch, config.lr, epochs, config.lr_hold)
    if config.lr_schedule == "step":
        return schedules.step_learning_rate(epoch, config.lr, epochs, config.lr_hold)
    if config.lr_schedule == "exponential":
        return schedules.exponential_learning_rate(epoch, config.lr, config.lr_decay)
    return config.lr
