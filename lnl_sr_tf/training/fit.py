"""Training a model from its last checkpoint, with the schedules of the run."""

import contextlib
import dataclasses

from lnl_sr_tf import callbacks, schedules
from lnl_sr_tf.datasets import pipeline
from lnl_sr_tf.datasets.augment import Augmentation
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.build import needs_index
from lnl_sr_tf.training.checkpoint import Checkpoint, restore
from lnl_sr_tf.training.epoch_log import EpochLog
from lnl_sr_tf.training.schedulers import schedulers


@dataclasses.dataclass(eq=False)
class Training:
    """A run that is to be trained.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        model: a compiled `keras.Model` from `build_model`.
        dataset: a `lnl_sr_tf.datasets.Dataset` with given labels.
        folder: a `lnl_sr_tf.run_folder.RunFolder`.
        tell: called with the rows of all epochs so far after each one.

    Attributes:
        done: epochs that are done.
        log: the `EpochLog`, whose `rows` are those of all epochs.
        problem: why it could not go on, a `RunError`; None where it could.
    """

    config: object
    model: object
    dataset: object
    folder: object
    tell: object
    problem: Exception = None

    def begin(self):
        """Bring back the last checkpoint and the rows that belong to it.

        Raises:
            RunError: if there are fewer rows than epochs, or something cannot be read.
        """
        config, folder = self.config, self.folder
        self.done = restore(self.model, folder.checkpoints)
        rows = folder.rows()[: self.done]
        if len(rows) < self.done:
            raise RunError(
                f"{folder.metrics} holds {len(rows)} epochs and the checkpoint "
                f"{self.done}; move {folder.path} away to start anew"
            )
        folder.write_rows(rows)
        clean = self.dataset.test_labels_are != "held out"
        self.log = EpochLog(folder, rows, self.tell, clean)
        self.callbacks = [
            *schedulers(config, self.dataset.noise_rate),
            self.log,
            callbacks.TensorBoardLog(folder.tensorboard),
            Checkpoint(folder.checkpoints),
        ]
        if self.done >= config.epochs:
            self._set_last_weight()

    def _set_last_weight(self):
        """λ is no part of a checkpoint, and without an epoch no scheduler sets it."""
        config = self.config
        if config.regularized:
            self.model.loss.weight = schedules.regularization_weight(
                config.epochs - 1, config.lambda0, config.rho, config.lambda_every
            )

    @property
    def augmentation(self):
        """How the training images are varied, an `Augmentation`."""
        config = self.config
        return Augmentation(
            config.crop_padding,
            config.flip,
            config.rotation,
            config.random_resized_crop or 0.0,
            config.color_jitter,
        )


def fit(trainings):
    """Train from the last checkpoint, or from the start, to the last epoch.

    Args:
        trainings: a list of `Training`; several, which differ in their seeds alone, are
            trained at once on JAX, and else one after the other. One that cannot go on
            says why in its `problem`.

    Raises:
        RunError: if something cannot be read.
    """
    for training in trainings:
        training.begin()
    if trainings and on_device.suits(trainings[0].config, trainings[0].dataset):
        on_device.fit(trainings)
        return
    for training in trainings:
        try:
            _fit_by_keras(training)
        except RunError as error:
            training.problem = error


def _fit_by_keras(training):
    config, dataset = training.config, training.dataset
    if training.done >= config.epochs:
        return
    batches = pipeline.training_batches(
        dataset.train_images,
        dataset.given_labels,
        config.batch_size,
        config.seed,
        config.epochs,
        first_epoch=training.done,
        augmentation=training.augmentation,
        mixup_alpha=config.mixup,
        num_classes=dataset.num_classes,
        with_index=needs_index(config),
    )
    with contextlib.ExitStack() as stack:
        if hasattr(batches, "close"):
            # A generator's thread must not be at work when the process ends.
            stack.callback(batches.close)
        _call_fit(training, batches)


def _call_fit(training, batches):
    config, dataset = training.config, training.dataset
    training.model.fit(
        batches,
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
        initial_epoch=training.done,
        epochs=config.epochs,
        verbose=0,
        shuffle=False,  # the stream is shuffled already
        callbacks=training.callbacks,
    )
