"""Several devices on JAX, by `keras.distribution`."""

import contextlib
import types
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jax
import keras
import numpy as np
from keras.src.backend.jax import trainer

from lnl_sr_tf.errors import InputError

_Iterator = trainer.JAXEpochIterator


class AnySize(keras.distribution.DataParallel):
    """Splits each batch over the devices; copies it to all if it does not split evenly.

    The arithmetic is that of one device either way: JAX computes a step as a whole, and
    statistics of batch normalisation are those of the whole batch.
    """

    def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
        """Split along the first axis, if it can be split evenly."""
        if data_shape[0] % self.device_mesh.devices.size:
            axes = [None] * len(data_shape)
            return keras.distribution.TensorLayout(axes, self.device_mesh)
        return super().get_data_layout(data_shape)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Inside, models are made and trained on all devices.

        Keras uses the layout of the first batch for all batches, and so cannot train on
        a smaller last batch (github.com/keras-team/keras/issues/21167). If the
        installed Keras does so, each batch has its own layout inside.
        """
        with contextlib.ExitStack() as stack:
            if _first_layout_for_all(self):
                stack.enter_context(
                    mock.patch.object(
                        _Iterator, "_get_distributed_iterator", _layout_of_each
                    )
                )
            stack.enter_context(super().scope())
            yield


def _first_layout_for_all(distribution):
    """Whether Keras asks for the layout of the first of two batches alone."""
    size = distribution.device_mesh.devices.size
    batches = [np.zeros((n * size, 1), np.float32) for n in (1, 2)]
    stand_in = types.SimpleNamespace(
        data_adapter=types.SimpleNamespace(get_jax_iterator=lambda: iter(batches))
    )
    kind = type(distribution)
    with mock.patch.object(
        kind, "get_data_layout", autospec=True, side_effect=kind.get_data_layout
    ) as asked:
        list(_Iterator._get_distributed_iterator(stand_in, distribution))
    return asked.call_count < len(batches)


def _layout_of_each(self, distribution):
    """In place of `_get_distributed_iterator`."""
    return self._one_batch_ahead_iterator(self.data_adapter.get_jax_iterator())


def data_parallel(devices: int | None) -> AnySize:
    """Data parallelism over all devices, or the first few.

    Args:
        devices: how many; without GPUs the CPU is split into as many. None for all.

    Raises:
        InputError: if there are fewer.
    """
    if devices:
        with contextlib.suppress(RuntimeError):  # too late to set; counted below
            jax.config.update("jax_num_cpu_devices", devices)
    found = keras.distribution.list_devices()
    if devices and devices > len(found):
        raise InputError(
            f"--devices={devices}: expected at most {len(found)}, the devices that JAX "
            "has in this process"
        )
    return AnySize(devices=found[:devices], auto_shard_dataset=False)
