"""Training runs from where they have begun, by Keras's `fit` or on the device."""

import contextlib
from collections.abc import Iterator

import keras

from lnl_sr_tf.datasets.batches import pipeline
from lnl_sr_tf.devices import backend
from lnl_sr_tf.errors import NotFinite, RunError
from lnl_sr_tf.interruption import Asked, watching
from lnl_sr_tf.training import compilation, on_device
from lnl_sr_tf.training.build import build_variables
from lnl_sr_tf.training.callbacks.within_epoch import Stopped
from lnl_sr_tf.training.checkpoint import Place
from lnl_sr_tf.training.first_bad_step import advised, explained
from lnl_sr_tf.training.robust_model import RobustModel
from lnl_sr_tf.training.training import Training


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
        if not isinstance(training.problem, NotFinite):
            continue
        if not training.saved:
            training.problem = advised(training.problem)
        elif training.folder.kept:
            training.on_one_device()
            training.problem = explained(training, training.problem)


def _fit_by_keras(training: Training, asked: Asked) -> None:
    """Train by `fit`: what is left of an epoch that was begun, and whole ones."""
    _begin_fast(training)
    try:
        _finish_epoch(training, asked)
        callbacks = training.callbacks(asked)
        epochs = training.config.epochs
        for begin in range(training.done, epochs, training.epochs_at_once):
            if not training.problem and not training.model.stop_training:
                end = min(begin + training.epochs_at_once, epochs)
                _call_fit(training, Place(begin), end, callbacks)
    finally:
        if training.model.run_eagerly:
            _end_fast(training.model)


def _begin_fast(training: Training) -> None:
    """Save what takes most of the time of a run on little data, which is tracing.

    A few steps are not traced at all; a run that goes on has as many in all as it began
    with, and does the same. Others are traced once: where the step makes variables of
    the optimiser and the metrics, TensorFlow traces it again; of files the first batch,
    which is needed for that, is not read twice. The numbers are the same.
    """
    model, config = training.model, training.config
    ours = isinstance(model, RobustModel) and backend.name() == "tensorflow"
    if not ours or training.devices.kind != "none":
        return
    size = len(training.dataset.given_labels)
    steps = pipeline.steps_per_epoch(size, config.batch_size) * config.epochs
    if steps <= compilation.FEW_EAGER_STEPS:
        model.run_eagerly = True
    elif training.dataset.paths is None:
        build_variables(model, *training._few(Place(0)))


def _end_fast(model: keras.Model) -> None:
    """Let who trains or predicts on with the model have it compiled."""
    model.run_eagerly = False
    for name in ("train_function", "test_function", "predict_function"):
        setattr(model, name, None)


def _finish_epoch(training: Training, asked: Asked) -> None:
    """Train what is left of an epoch that was begun."""
    place = training.restored.place
    if place.step:
        _call_fit(training, place, place.epochs + 1, training.callbacks(asked))
        if not training.problem:
            training.done += 1


def _call_fit(
    training: Training,
    place: Place,
    end: int,
    callbacks: list[keras.callbacks.Callback],
) -> None:
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
        stack.enter_context(_problems_of(training))
        training.prepare(place)
        batches = devices.batches(lambda parts: training.batches(place, end, parts))
        if hasattr(batches, "close"):
            # A generator's thread must not be at work when the process ends.
            stack.callback(batches.close)
        model.fit(
            batches,
            steps_per_epoch=steps,
            validation_data=(
                devices.batches(training.test_batches) if training.measured else None
            ),
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
            callbacks=callbacks,
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
