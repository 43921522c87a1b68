"""Workarounds for Keras under a strategy: github.com/keras-team/keras/issues/20585.

`fit` of Keras 3 fails under `tf.distribute.MultiWorkerMirroredStrategy` in two places
of its TensorFlow trainer:

- `_maybe_symbolic_build` averages the first batch over replicas to find its shape,
  which fails under any strategy if their parts differ in size;
- `reduce_per_replica` averages the figures of a step over an axis that they do not
  have.

Each workaround first tests whether the installed Keras has the bug; if it has not,
nothing is changed.
"""

import contextlib
import types
from collections.abc import Iterator
from unittest import mock

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import trainer

_Trainer = trainer.TensorFlowTrainer
_reduce = trainer.reduce_per_replica


@contextlib.contextmanager
def mended(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Inside, `fit` works under a strategy of several replicas or machines."""
    with contextlib.ExitStack() as stack:
        if averages_batches(strategy):
            stack.enter_context(
                mock.patch.object(_Trainer, "_maybe_symbolic_build", _look_at_one)
            )
        if averages_an_axis(strategy):
            stack.enter_context(
                mock.patch.object(trainer, "reduce_per_replica", _average_here)
            )
        yield


def averages_batches(strategy: tf.distribute.Strategy) -> bool:
    """Whether Keras averages a batch over replicas to find its shape."""

    class Averaged(Exception):
        pass

    def reduce(*args, **kwargs):
        raise Averaged

    parts = strategy.experimental_distribute_values_from_function(
        lambda context: tf.zeros((1, 1))
    )
    stand_in = types.SimpleNamespace(
        _distribute_strategy=strategy,
        distribute_strategy=types.SimpleNamespace(
            reduce=reduce,
            scope=contextlib.nullcontext,
            experimental_local_results=strategy.experimental_local_results,
        ),
        _symbolic_build=lambda data_batch: None,
    )
    try:
        _Trainer._maybe_symbolic_build(stand_in, iterator=[(0, 0, iter([parts]))])
    except Averaged:
        return True
    return False


def _look_at_one(self, iterator=None, data_batch=None):
    """In place of `_maybe_symbolic_build`: takes the part of the first replica."""
    if self._distribute_strategy is None:
        return
    if iterator is not None:
        _, _, steps = next(iter(iterator))
        data_batch = keras.tree.map_structure(
            lambda part: self._distribute_strategy.experimental_local_results(part)[0],
            next(steps),
        )
    with self._distribute_strategy.scope():
        self._symbolic_build(data_batch=data_batch)


def averages_an_axis(strategy: tf.distribute.Strategy) -> bool:
    """Whether Keras averages figures, which are scalars, over their first axis."""
    try:
        _reduce(tf.zeros(()), strategy, "auto")
    except (ValueError, tf.errors.InvalidArgumentError):
        return True
    return False


def _average_here(values, strategy, reduction):
    """In place of `reduce_per_replica`: the mean over the replicas of this machine.

    Those of other machines would have to be fetched at every step, and Keras takes the
    figures of an epoch from its metrics, which cover all machines.
    """
    if reduction not in ("auto", "mean"):
        return _reduce(values, strategy, reduction)
    return keras.tree.map_structure(
        lambda value: tf.reduce_mean(
            tf.stack(strategy.experimental_local_results(value)), axis=0
        ),
        values,
    )
