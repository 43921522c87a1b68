"""Training a model by `fit`, with the schedules of the run."""

import keras

from lnl_sr_tf import callbacks, schedules
from lnl_sr_tf.datasets import pipeline
from lnl_sr_tf.datasets.augment import Augmentation
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.training.build import needs_index
from lnl_sr_tf.training.checkpoint import Checkpoint, restore
from lnl_sr_tf.training.epoch_log import EpochLog


def fit(model, dataset, config, folder, tell):
    """Train from the last checkpoint, or from the start, to the last epoch.

    Args:
        model: a compiled `keras.Model` from `build_model`.
        dataset: a `lnl_sr_tf.datasets.Dataset` with given labels.
        config: a `lnl_sr_tf.config.Config`.
        folder: a `lnl_sr_tf.run_folder.RunFolder`.
        tell: called with the rows of all epochs so far after each one.

    Returns:
        The rows of all epochs, those of an earlier start of this run included.

    Raises:
        RunError: if the loss is no number any more, or a file cannot be written or
            read.
    """
    done = restore(model, folder.checkpoints)
    rows = folder.rows()[:done]
    if len(rows) < done:
        raise RunError(
            f"{folder.metrics} holds {len(rows)} epochs and the checkpoint {done}; "
            f"move {folder.path} away to start anew"
        )
    folder.write_rows(rows)
    log = EpochLog(folder, rows, tell, dataset.test_labels_are != "held out")
    if done >= config.epochs:
        _set_last_weight(model, config)
        return rows
    model.fit(
        pipeline.training_batches(
            dataset.train_images,
            dataset.given_labels,
            config.batch_size,
            config.seed,
            config.epochs,
            first_epoch=done,
            augmentation=Augmentation(
                config.crop_padding,
                config.flip,
                config.rotation,
                config.random_resized_crop or 0.0,
                config.color_jitter,
            ),
            mixup_alpha=config.mixup,
            num_classes=dataset.num_classes,
            with_index=needs_index(config),
        ),
        steps_per_epoch=pipeline.steps_per_epoch(
            len(dataset.given_labels), config.batch_size
        ),
        validation_data=pipeline.evaluation_batches(
            dataset.test_images,
            dataset.test_labels,
            2 * config.batch_size,
            # Labels of one kind: mixed ones are distributions.
            one_hot_classes=dataset.num_classes if config.mixup else None,
        ),
        initial_epoch=done,
        epochs=config.epochs,
        verbose=0,
        shuffle=False,  # the stream is shuffled already
        callbacks=[
            *schedulers(config, dataset.noise_rate),
            log,
            callbacks.TensorBoardLog(folder.tensorboard),
            Checkpoint(folder.checkpoints),
        ],
    )
    return log.rows


def _set_last_weight(model, config):
    """λ is no part of a checkpoint, and without an epoch no scheduler sets it."""
    if config.regularized:
        model.loss.weight = schedules.regularization_weight(
            config.epochs - 1, config.lambda0, config.rho, config.lambda_every
        )


def schedulers(config, noise_rate):
    """The callbacks that set learning rate, λ, τ and the like from the epoch."""
    made = [keras.callbacks.LearningRateScheduler(learning_rate_schedule(config))]
    if config.regularized:
        made.append(
            callbacks.RegularizationScheduler(
                config.rho, config.lambda_every, config.lambda0
            )
        )
        made.append(
            callbacks.TemperatureScheduler(
                config.tau_decay, initial=config.tau, minimum=config.tau_min
            )
        )
    if config.method == "co_teaching":
        final = forget_rate(config, noise_rate)
        made.append(callbacks.ForgetScheduler(final, config.forget_epochs))
    if config.method == "nlnl":
        made.append(callbacks.StageScheduler(config.epochs, config.stages))
    if config.optimizer == "adam":
        made.append(_LateMomentum(config))
    return made


def forget_rate(config, noise_rate):
    """The forget rate of Co-teaching; None for another method."""
    if config.method != "co_teaching":
        return None
    return noise_rate if config.forget_rate is None else config.forget_rate


class _LateMomentum(keras.callbacks.Callback):
    """Sets β1 of Adam: another one once the learning rate has begun to fall."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.rate = learning_rate_schedule(config)

    def on_epoch_begin(self, epoch, logs=None):
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


def learning_rate_schedule(config):
    """The learning rate as a function of the epoch."""
    if config.method != "nlnl":
        return lambda epoch: _learning_rate(config, epoch, config.epochs)

    def in_stages(epoch):
        """Each stage was a training of its own, with the whole of the schedule."""
        _, start, end = schedules.stage(epoch, config.epochs, config.stages)
        return _learning_rate(config, epoch - start, end - start)

    return in_stages


def _learning_rate(config, epoch, epochs):
    if config.lr_schedule == "cosine":
        return schedules.cosine_learning_rate(epoch, config.lr, epochs)
    if config.lr_schedule == "linear":
        return schedules.linear_learning_rate(epoch, config.lr, epochs, config.lr_hold)
    if config.lr_schedule == "exponential":
        return schedules.exponential_learning_rate(epoch, config.lr, config.lr_decay)
    return config.lr
