"""Training a model from its last checkpoint, with the schedules of the run."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

from lnl_sr_tf import callbacks
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.interruption import Asked, watching
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training import on_device
from lnl_sr_tf.training.build import build_variables, needs_index
from lnl_sr_tf.training.callbacks.epoch_log import EpochLog
from lnl_sr_tf.training.callbacks.output_record import OutputRecord
from lnl_sr_tf.training.callbacks.parts_accuracy import PartsAccuracy
from lnl_sr_tf.training.callbacks.within_epoch import Stopped, WithinEpoch
from lnl_sr_tf.training.checkpoint import (
    Checkpoint,
    Place,
    Restored,
    restore,
    shared,
)
from lnl_sr_tf.training.first_bad_step import explained
from lnl_sr_tf.training.schedulers import schedulers


@dataclasses.dataclass(eq=False)
class Training:
    """A run that is to be trained.

    Args:
        config: the settings of the run.
        model: compiled, from `build_model`, made for the devices.
        dataset: with given labels.
        folder: that of the run.
        tell: called with the rows of all epochs so far after each one.
        devices: what it trains on.
        make: makes the same model again; for several devices, whose model is theirs.

    Attributes:
        problem: why it could not go on; None where it could.
        restored: what `begin` brought back.
        done: epochs that are done, once it has begun.
        log: the `EpochLog`, whose `rows` are those of all epochs, once it has begun.
    """

    config: Config
    model: keras.Model
    dataset: Dataset
    folder: RunFolder
    tell: Callable[[list[dict[str, Any]]], None]
    devices: Devices = Devices()
    make: Callable[[], keras.Model] | None = None
    problem: RunError | None = None
    restored: Restored = dataclasses.field(default=Restored(), init=False)
    done: int = dataclasses.field(default=0, init=False)
    log: EpochLog = dataclasses.field(init=False)

    def begin(self, say: Callable[[str], None] = print) -> None:
        """Bring back the last checkpoint and the rows that belong to it.

        Args:
            say: called with a line for each checkpoint that is damaged.

        Raises:
            RunError: if there are fewer rows than epochs, or something cannot be read.
        """
        config, folder = self.config, self.folder
        folder.make()
        with self.devices.scope():
            self.restored = Restored()
            if folder.kept:
                self.restored = restore(self.model, folder.checkpoints, say)
            if self.devices.workers > 1:
                build_variables(self.model, *self._few(Place(0)))
                self.restored = shared(self.model, self.restored, self.devices)
        self.done = self.restored.place.epochs
        rows = folder.rows()[: self.done]
        if len(rows) < self.done and folder.kept:
            raise RunError(
                f"{folder.metrics} holds {len(rows)} epochs and the checkpoint "
                f"{self.done}; move {folder.path} away to start anew"
            )
        folder.write_rows(rows)
        clean = self.dataset.test_labels_are != "held out"
        self.log = EpochLog(folder, rows, self.tell, clean)
        if self.done >= config.epochs:
            self.set_epoch(config.epochs - 1)

    def callbacks(self, asked: Asked) -> list[keras.callbacks.Callback]:
        """What goes along with training.

        Args:
            asked: whether a signal asks to stop.
        """
        minutes = self.config.checkpoint_minutes
        checkpoints, kept = None, []
        if self.folder.kept:
            checkpoints = self.folder.checkpoints
            kept = [callbacks.TensorBoardLog(self.folder.tensorboard)]
        return [
            *schedulers(self.config, self.dataset.noise_rate),
            *self._parts_accuracy(),
            self.log,
            *self._record(),
            *kept,
            Checkpoint(checkpoints),
            WithinEpoch(
                self.restored, checkpoints, minutes, asked, self.log, self.devices
            ),
        ]

    def _parts_accuracy(self) -> list[keras.callbacks.Callback]:
        # Several devices measure the same only together; the results do it then.
        if self.devices.kind != "none":
            return []
        return [PartsAccuracy(self.dataset, self.config.seed)]

    def _record(self) -> list[keras.callbacks.Callback]:
        config = self.config
        if self.devices.kind != "none" or not self.folder.kept:
            return []
        return [
            OutputRecord(
                self.dataset, self.folder.outputs, config.record_epochs, config.epochs
            )
        ]

    @property
    def plan(self) -> EpochPlan:
        """The `EpochPlan`: what is random in each epoch."""
        return EpochPlan(
            len(self.dataset.given_labels),
            self.config.seed,
            self.augmentation.columns,
            self.config.mixup,
        )

    def batches(
        self, place: Place, end: int, parts: pipeline.Parts | None = None
    ) -> Iterable:
        """Batches from a place to the end of an epoch.

        Args:
            place: where they begin.
            end: how many epochs are done then.
            parts: those of each batch, or None for whole ones.
        """
        return pipeline.training_batches(
            self.dataset.train_images,
            self.dataset.given_labels,
            self.config.batch_size,
            self.config.seed,
            end,
            first_epoch=place.epochs,
            first_step=place.step,
            augmentation=self.augmentation,
            mixup_alpha=self.config.mixup,
            num_classes=self.dataset.num_classes,
            with_index=needs_index(self.config),
            parts=parts,
        )

    def test_batches(self, parts: pipeline.Parts | None = None) -> Iterable:
        """Batches of the test set."""
        config, dataset = self.config, self.dataset
        return pipeline.evaluation_batches(
            dataset.test_images,
            dataset.test_labels,
            2 * config.batch_size,
            # Labels of one kind: mixed ones are distributions.
            one_hot_classes=dataset.num_classes if config.mixup else None,
            parts=parts,
        )

    def on_one_device(self) -> None:
        """Bring the model of the last checkpoint to one device."""
        if self.devices.kind == "none" or self.make is None:
            return
        self.model = self.make()
        self.devices = Devices()
        restore(self.model, self.folder.checkpoints, lambda line: None)
        self.set_epoch(self.config.epochs - 1)

    def _few(self, place: Place) -> Any:
        """The first example, as the model trains on it."""
        sample = next(iter(self.batches(place, place.epochs + 1)))
        return keras.tree.map_structure(lambda array: array[:1], sample)

    def set_epoch(self, epoch: int) -> None:
        """Set what follows from the epoch alone, such as λ.

        It is in no checkpoint, or there as it was in the epoch before.

        Args:
            epoch: from 0.
        """
        for scheduler in schedulers(self.config, self.dataset.noise_rate):
            scheduler.set_model(self.model)
            scheduler.on_train_begin()
            scheduler.on_epoch_begin(epoch)

    @property
    def augmentation(self) -> Augmentation:
        """How the training images are varied."""
        config = self.config
        return Augmentation(
            config.crop_padding,
            config.flip,
            config.rotation,
            config.random_resized_crop or 0.0,
            config.color_jitter,
        )


def fit(trainings: list[Training]) -> None:
    """Train from where runs have begun to their last epoch.

    Args:
        trainings: those that have begun; several, which differ in their
            seeds alone, are trained at once on JAX, and else one after the other. One
            that cannot go on says why in its `problem`.

    Raises:
        Stopped: if a signal asked for it; what was done is saved.
    """
    if not trainings:
        return
    with watching() as asked:
        if on_device.suits(trainings[0].config, trainings[0].dataset):
            for training in trainings:
                _finish_epoch(training, asked)
            on_device.fit(trainings, asked)
        else:
            for training in trainings:
                _fit_by_keras(training, asked)
    for training in trainings:
        if isinstance(training.problem, NotFinite) and training.folder.kept:
            training.on_one_device()
            training.problem = explained(training, training.problem)


def _fit_by_keras(training: Training, asked: Asked) -> None:
    """Train by `fit`: what is left of an epoch that was begun, and whole ones."""
    _finish_epoch(training, asked)
    if not training.problem and training.done < training.config.epochs:
        _call_fit(training, Place(training.done), training.config.epochs, asked)


def _finish_epoch(training: Training, asked: Asked) -> None:
    """Train what is left of an epoch that was begun."""
    place = training.restored.place
    if place.step:
        _call_fit(training, place, place.epochs + 1, asked)
        if not training.problem:
            training.done += 1


def _call_fit(training: Training, place: Place, end: int, asked: Asked) -> None:
    model, config, dataset = training.model, training.config, training.dataset
    devices = training.devices
    steps = pipeline.steps_per_epoch(len(dataset.given_labels), config.batch_size)
    steps -= place.step
    if steps % model.steps_per_execution:
        # The checkpoint is of another backend, which took single steps.
        model.steps_per_execution = 1
    with contextlib.ExitStack() as stack:
        stack.enter_context(devices.scope())
        if place.step:
            # The metrics go on from what they were, so they must be there before.
            build_variables(model, *training._few(place))
        batches = devices.batches(lambda parts: training.batches(place, end, parts))
        if hasattr(batches, "close"):
            # A generator's thread must not be at work when the process ends.
            stack.callback(batches.close)
        stack.enter_context(_problems_of(training))
        model.fit(
            batches,
            steps_per_epoch=steps,
            validation_data=devices.batches(training.test_batches),
            validation_steps=(
                pipeline.steps_per_epoch(
                    len(dataset.test_labels), 2 * config.batch_size
                )
                if devices.endless
                else None
            ),
            initial_epoch=place.epochs,
            epochs=end,
            verbose=0,
            shuffle=False,  # the stream is shuffled already
            callbacks=training.callbacks(asked),
        )


@contextlib.contextmanager
def _problems_of(training: Training) -> Iterator[None]:
    """Note why a run cannot go on, unless it was asked to stop."""
    try:
        yield
    except Stopped:
        raise
    except RunError as error:
        if training.devices.workers > 1 and not isinstance(error, NotFinite):
            raise  # one machine's alone: the others see that it is gone
        training.problem = error
