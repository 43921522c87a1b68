"""A run that is to be trained: its model, its data, its last checkpoint."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras

from lnl_sr_tf import callbacks
from lnl_sr_tf.config import Config
from lnl_sr_tf.datasets import Dataset
from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.datasets.batches.augment import Augmentation
from lnl_sr_tf.datasets.batches.epoch_plan import EpochPlan
from lnl_sr_tf.devices.strategies import Devices
from lnl_sr_tf.errors import RunError
from lnl_sr_tf.interruption import Asked
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.build import build_variables, needs_index
from lnl_sr_tf.training.callbacks.epoch_log import EpochLog
from lnl_sr_tf.training.callbacks.foreseen_time import ForeseenTime
from lnl_sr_tf.training.callbacks.output_record import OutputRecord
from lnl_sr_tf.training.callbacks.parts_accuracy import PartsAccuracy
from lnl_sr_tf.training.callbacks.trusted_labels import TrustedLabels
from lnl_sr_tf.training.callbacks.within_epoch import WithinEpoch
from lnl_sr_tf.training.checkpoint import (
    Checkpoint,
    Place,
    Restored,
    restore,
    shared,
)
from lnl_sr_tf.training.dividemix import plans
from lnl_sr_tf.training.dividemix.division import divide
from lnl_sr_tf.training.dividemix.model import DivideMix
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
        more_callbacks: of Keras, from who trains from Python.
        saved: whether checkpoints and TensorBoard's logs are written.
        measured: whether the test set is measured after each epoch.

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
    more_callbacks: Sequence[keras.callbacks.Callback] = ()
    saved: bool = True
    measured: bool = True
    problem: RunError | None = None
    restored: Restored = dataclasses.field(default=Restored(), init=False)
    done: int = dataclasses.field(default=0, init=False)
    log: EpochLog = dataclasses.field(init=False)
    _say: Callable[[str], object] = dataclasses.field(default=print, init=False)

    def begin(self, say: Callable[[str], None] = print) -> None:
        """Bring back the last checkpoint and the rows that belong to it.

        Args:
            say: called with a line for each checkpoint that is damaged, and later
                with how long the run will take, if that is long.

        Raises:
            RunError: if there are fewer rows than epochs, or something cannot be read.
        """
        config, folder = self.config, self.folder
        self._say = say
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
        if self.folder.kept and self.saved:
            checkpoints = self.folder.checkpoints
            kept = [callbacks.TensorBoardLog(self.folder.tensorboard)]
        if self.saved:
            kept.append(Checkpoint(checkpoints))
        return [
            *self._schedulers(),
            *self._parts_accuracy(),
            TrustedLabels(self.dataset, self.config),
            self.log,
            *self._foreseen_time(),
            *self._record(),
            # Before the checkpoint, which holds what they do to the network.
            *self.more_callbacks,
            *kept,
            WithinEpoch(
                self.restored, checkpoints, minutes, asked, self.log, self.devices
            ),
        ]

    def _schedulers(self) -> list[keras.callbacks.Callback]:
        steps = pipeline.steps_per_epoch(
            len(self.dataset.given_labels), self.config.batch_size
        )
        return schedulers(self.config, self.dataset.noise_rate, steps)

    def _parts_accuracy(self) -> list[keras.callbacks.Callback]:
        # Several devices measure the same only together; the results do it then.
        if self.devices.kind != "none" or not self.measured:
            return []
        return [PartsAccuracy(self.dataset, self.config.seed)]

    def _foreseen_time(self) -> list[keras.callbacks.Callback]:
        # The warm-up of a method that divides is much shorter than what follows.
        if not self.devices.chief or self.config.divides:
            return []
        return [ForeseenTime(self.config, self.dataset.image_shape, self._say)]

    def _record(self) -> list[keras.callbacks.Callback]:
        config = self.config
        if self.devices.kind != "none" or not self.folder.kept:
            return []
        return [
            OutputRecord(
                self.dataset, self.folder.outputs, config.record_epochs, config.epochs
            )
        ]

    def prepare(self, place: Place) -> None:
        """Settle what the first epoch from here on takes from the weights before it.

        Args:
            place: within an epoch, the checkpoint had it.

        Raises:
            NotFinite: if a loss became NaN or infinite.
        """
        if isinstance(self.model, DivideMix) and not place.step:
            divide(self.model, self.dataset, self.config, place.epochs)

    @property
    def epochs_at_once(self) -> int:
        """How many epochs a stream of batches may reach over."""
        return 1 if isinstance(self.model, DivideMix) else self.config.epochs

    def plan(self, epoch: int = 0) -> EpochPlan:
        """What is random in each epoch.

        Args:
            epoch: where it begins; for a method whose epochs differ.
        """
        config, size = self.config, len(self.dataset.given_labels)
        columns = self.augmentation.columns
        if isinstance(self.model, DivideMix):
            clean = keras.ops.convert_to_numpy(self.model.clean)
            return plans.plan(config, size, columns, epoch, clean)
        return EpochPlan(size, config.seed, columns, config.mixup)

    def batches(
        self, place: Place, end: int, parts: pipeline.Parts | None = None
    ) -> Iterable:
        """Batches from a place to the end of an epoch.

        Args:
            place: where they begin.
            end: how many epochs are done then.
            parts: those of each batch, or None for whole ones.
        """
        plan = self.plan(place.epochs)
        return pipeline.training_batches(
            self.dataset.train_images,
            self.dataset.targets,
            plan.rows or self.config.batch_size,
            self.config.seed,
            end,
            first_epoch=place.epochs,
            first_step=place.step,
            augmentation=self.augmentation,
            mixup_alpha=self.config.mixup,
            num_classes=self.dataset.num_classes,
            with_index=needs_index(self.config) or plan.mixed_by_model,
            parts=parts,
            plan=plan,
            weights=self.dataset.weights,
        )

    def test_batches(self, parts: pipeline.Parts | None = None) -> Iterable:
        """Batches of the test set."""
        config, dataset = self.config, self.dataset
        return pipeline.evaluation_batches(
            dataset.test_images,
            dataset.test_labels,
            2 * config.batch_size,
            # Labels of one kind.
            one_hot_classes=dataset.num_classes if self.with_shares else None,
            parts=parts,
        )

    @property
    def with_shares(self) -> bool:
        """Whether labels are distributions: mixed, or those of several annotators."""
        return self.config.mixup > 0 or self.dataset.label_shares is not None

    def on_one_device(self) -> None:
        """Bring the model of the last checkpoint to one device."""
        if self.devices.kind == "none" or self.make is None:
            return
        self.model = self.make()
        self.devices = Devices()
        restore(self.model, self.folder.checkpoints, lambda line: None)
        self.set_epoch(self.config.epochs - 1)

    def _few(self, place: Place) -> Any:
        """The first example and its label, as the model trains on it."""
        sample = next(iter(self.batches(place, place.epochs + 1)))[:2]
        return keras.tree.map_structure(lambda array: array[:1], sample)

    def set_epoch(self, epoch: int) -> None:
        """Set what follows from the epoch alone, such as λ.

        It is in no checkpoint, or there as it was in the epoch before.

        Args:
            epoch: from 0.
        """
        for scheduler in self._schedulers():
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
            config.views or 1,
        )
