"""Mends for Keras under a strategy: github.com/keras-team/keras/issues/20585.

`fit` of Keras 3 fails under `tf.distribute.MultiWorkerMirroredStrategy` at two places
of its TensorFlow trainer:

- `_maybe_symbolic_build` averages the first batch over replicas to see its shape, which
  fails where their parts differ in size, under any strategy;
- `reduce_per_replica` averages the figures of a step over an axis that they lack.

Each mend first tries whether the Keras at hand has the fault, and where it has not,
nothing is changed.
"""

import contextlib
import types
from unittest import mock

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import trainer

_Trainer = trainer.TensorFlowTrainer
_reduce = trainer.reduce_per_replica


@contextlib.contextmanager
def mended(strategy):
    """Within, `fit` works under a strategy.

    Args:
        strategy: a `tf.distribute.Strategy` of several replicas or machines.
    """
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


def averages_batches(strategy):
    """Whether Keras averages a batch over replicas to see its shape."""

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
    """In place of `_maybe_symbolic_build`: the part of the first replica will do."""
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


def averages_an_axis(strategy):
    """Whether Keras averages figures, which are numbers, over their first axis."""
    try:
        _reduce(tf.zeros(()), strategy, "auto")
    except (ValueError, tf.errors.InvalidArgumentError):
        return True
    return False


def _average_here(values, strategy, reduction):
    """In place of `reduce_per_replica`: the mean over the replicas of this machine.

    Those of others would have to be asked for at every step, and Keras reports the
    figures of an epoch from its metrics, which are of all machines.
    """
    if reduction not in ("auto", "mean"):
        return _reduce(values, strategy, reduction)
    return keras.tree.map_structure(
        lambda value: tf.reduce_mean(
            tf.stack(strategy.experimental_local_results(value)), axis=0
        ),
        values,
    )
