"""Epochs that are compiled as a whole, with JAX."""

from collections.abc import Sequence

import keras
import numpy as np

from lnl_sr_tf.datasets.batches.numpy_batches import prepared
from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.devices import backend
from lnl_sr_tf.training.build import build_variables, needs_index
from lnl_sr_tf.training.training import Training


class DeviceData:
    """The images of a dataset, and the labels of its test set, on the device.

    Args:
        dataset: with its images in arrays.
    """

    def __init__(self, dataset: Dataset) -> None:
        import jax

        self.train_images = jax.device_put(dataset.train_images)
        self.test_images = jax.device_put(dataset.test_images)
        self.test_labels = jax.device_put(np.asarray(dataset.test_labels, np.int32))


def _targets(dataset: Dataset) -> np.ndarray:
    if dataset.label_shares is not None:
        return dataset.label_shares
    return np.asarray(dataset.given_labels, np.int32)


class DeviceEpochs:
    """Epochs of one run, or of several at once, compiled as a whole.

    Images and labels are in the memory of the device. An epoch takes the order of the
    examples and the random numbers of their augmentation, and returns the state of the
    model after all of its steps, and the figures of the test set. On a CPU each step is
    compiled by itself: convolutions within a compiled loop are many times slower there.

    Args:
        trainings: runs that differ in their seeds alone.
        data: the data of these runs.
    """

    def __init__(self, trainings: list[Training], data: DeviceData) -> None:
        import jax

        self.models = [training.model for training in trainings]
        first = trainings[0]
        config, dataset = first.config, first.dataset
        self.batch_size = config.batch_size
        self.measured = first.measured
        self.augmentation = first.augmentation
        self.mixing = dataset.num_classes if config.mixup else 0
        self.with_index = needs_index(config)
        self.plans = [training.plan() for training in trainings]
        self.whole = config.whole_epochs == "yes" or bool(backend.gpus())
        self.train_data = (
            data.train_images,
            self._stack([_targets(t.dataset) for t in trainings]),
        )
        labels = data.test_labels
        if first.with_shares:
            labels = jax.nn.one_hot(labels, dataset.num_classes)
        self.test_data = data.test_images, labels
        for model in self.models:
            build_variables(model, data.train_images[:1], labels[:1])
        # The axes of the seeds, in the data and in what is drawn: labels, orders,
        # random numbers.
        self._train = self._over_batches(
            self._train_step, self.batch_size, axes=((None, 0), (1, 1))
        )
        self._test = self._over_batches(
            self._test_step, 2 * self.batch_size, axes=((None, None), (None,))
        )

    def run(
        self, epoch: int, callbacks: Sequence[keras.callbacks.CallbackList] = ()
    ) -> list[dict[str, float]]:
        """Train for an epoch, and evaluate on the test set if that is measured.

        Args:
            epoch: its number, from 0.
            callbacks: those of each run, told when it is trained and not yet evaluated.

        Returns:
            The figures of each run, as Keras's `fit` passes them to callbacks.
        """
        drawn = [plan.of(epoch) for plan in self.plans]
        orders, numbers = (
            self._stack(list(part), axis=1) for part in zip(*drawn, strict=True)
        )
        state = self._train(self._state(True), self.train_data, (orders, numbers))
        logs = self._settle(state, True)
        if not self.measured:
            return logs
        for one in callbacks:
            one.on_test_begin()
        for model in self.models:
            model.reset_metrics()
        order = np.arange(len(self.test_data[1]), dtype=np.int32)
        state = self._test(self._state(False), self.test_data, (order,))
        for found, measured in zip(logs, self._settle(state, False), strict=True):
            found.update({f"val_{name}": value for name, value in measured.items()})
        return logs

    def _train_step(self, state, data, drawn):
        images, labels = data
        order, numbers = drawn
        batch, target = prepared(
            self.augmentation, self.mixing, images[order], labels[order], numbers
        )
        if self.with_index:
            target = {"label": target, "index": order}
        _, state = self.models[0].train_step(state, (batch, target))
        return state

    def _test_step(self, state, data, drawn):
        images, labels = data
        (order,) = drawn
        _, state = self.models[0].test_step(state, (images[order], labels[order]))
        return state

    def _over_batches(self, step, batch_size, axes):
        """A function that runs `step` on all examples, batch by batch."""
        import jax

        if len(self.models) > 1:
            step = jax.vmap(step, in_axes=(0, *axes))

        def part(drawn, start, end):
            return jax.tree.map(lambda array: array[start:end], drawn)

        def one_by_one(state, data, drawn):
            for start in range(0, len(drawn[0]), batch_size):
                state = compiled(state, data, part(drawn, start, start + batch_size))
            return state

        def at_once(state, data, drawn):
            count, rest = divmod(len(drawn[0]), batch_size)
            batches = jax.tree.map(
                lambda array: array.reshape(count, batch_size, *array.shape[1:]),
                part(drawn, 0, count * batch_size),
            )
            state, _ = jax.lax.scan(
                lambda state, batch: (step(state, data, batch), None), state, batches
            )
            return step(state, data, part(drawn, -rest, None)) if rest else state

        compiled = jax.jit(at_once if self.whole else step, donate_argnums=0)
        return compiled if self.whole else one_by_one

    def _stack(self, arrays, axis=0):
        """The arrays of all runs, stacked; of a single run its own."""
        import jax

        if len(arrays) == 1:
            return jax.device_put(arrays[0])
        return jax.device_put(np.stack(arrays, axis))

    def _state(self, with_optimizer):
        """The variables of all models, stacked; of a single one its own."""
        import jax

        states = [
            [[v.value for v in part] for part in _variables(model, with_optimizer)]
            for model in self.models
        ]
        if len(states) == 1:
            # A copy, because the compiled step reuses the memory of its arguments.
            return jax.tree.map(jax.numpy.copy, tuple(states[0]))
        return jax.tree.map(lambda *same: jax.numpy.stack(same), *map(tuple, states))

    def _settle(self, state, with_optimizer):
        """Assign the state to the models' variables, and return their metrics."""
        for number, model in enumerate(self.models):
            for part, values in zip(
                _variables(model, with_optimizer), state, strict=True
            ):
                for variable, value in zip(part, values, strict=True):
                    variable.assign(value if len(self.models) == 1 else value[number])
        return [
            {name: float(value) for name, value in model.get_metrics_result().items()}
            for model in self.models
        ]


def _variables(model, with_optimizer):
    """The variables, in the order of the state in Keras's steps for JAX."""
    parts = [model.trainable_variables, model.non_trainable_variables]
    if with_optimizer:
        parts.append(model.optimizer.variables)
    return [*parts, model.metrics_variables]
