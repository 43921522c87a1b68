"""Epochs that are compiled as a whole, on JAX."""

import numpy as np

from lnl_sr_tf.datasets.batches.numpy_batches import prepared
from lnl_sr_tf.devices import backend
from lnl_sr_tf.training.build import build_variables, needs_index


class DeviceData:
    """The images of a data set, and the labels of its test set, on the device.

    Args:
        dataset: a `lnl_sr_tf.datasets.Dataset` with its images in arrays.
    """

    def __init__(self, dataset):
        import jax

        self.train_images = jax.device_put(dataset.train_images)
        self.test_images = jax.device_put(dataset.test_images)
        self.test_labels = jax.device_put(np.asarray(dataset.test_labels, np.int32))


class DeviceEpochs:
    """Epochs of one run, or of several at once, compiled as a whole.

    Images and labels lie in the memory of the device; an epoch takes the order of the
    examples and the random numbers of their augmentation, and gives the state of the
    model after all of its steps and the figures of the test set. On a processor, which
    computes convolutions within a compiled loop many times slower, each step is
    compiled by itself.

    Args:
        trainings: a list of `lnl_sr_tf.training.fit.Training` that differ in their
            seeds alone.
        data: the `DeviceData` of their data set.
    """

    def __init__(self, trainings, data):
        import jax

        self.models = [training.model for training in trainings]
        first = trainings[0]
        config, dataset = first.config, first.dataset
        self.batch_size = config.batch_size
        self.augmentation = first.augmentation
        self.mixing = dataset.num_classes if config.mixup else 0
        self.with_index = needs_index(config)
        self.plans = [training.plan for training in trainings]
        self.whole = config.whole_epochs == "yes" or bool(backend.gpus())
        self.train_data = (
            data.train_images,
            self._stack(
                [np.asarray(t.dataset.given_labels, np.int32) for t in trainings]
            ),
        )
        labels = data.test_labels
        if self.mixing:
            labels = jax.nn.one_hot(labels, self.mixing)
        self.test_data = data.test_images, labels
        for model in self.models:
            build_variables(model, data.train_images[:1], labels[:1])
        # Where the seeds are in the data and in what is drawn: labels, orders, numbers.
        self._train = self._over_batches(
            self._train_step, self.batch_size, axes=((None, 0), (1, 1))
        )
        self._test = self._over_batches(
            self._test_step, 2 * self.batch_size, axes=((None, None), (None,))
        )

    def run(self, epoch):
        """Train for an epoch, and measure on the test set.

        Args:
            epoch: which one, from 0.

        Returns:
            For each run a dict of figures, as Keras's `fit` gives them to callbacks.
        """
        drawn = [plan.of(epoch) for plan in self.plans]
        orders, numbers = (
            self._stack(list(part), axis=1) for part in zip(*drawn, strict=True)
        )
        state = self._train(self._state(True), self.train_data, (orders, numbers))
        logs = self._settle(state, True)
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
        """A function that takes `step` over all examples, a batch at a time."""
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
        """Those of all runs as one array, or that of the only one."""
        import jax

        if len(arrays) == 1:
            return jax.device_put(arrays[0])
        return jax.device_put(np.stack(arrays, axis))

    def _state(self, with_optimizer):
        """The variables of all models, those of several stacked."""
        import jax

        states = [
            [[v.value for v in part] for part in _variables(model, with_optimizer)]
            for model in self.models
        ]
        if len(states) == 1:
            # A copy, since the step is given the memory of what it takes.
            return jax.tree.map(jax.numpy.copy, tuple(states[0]))
        return jax.tree.map(lambda *same: jax.numpy.stack(same), *map(tuple, states))

    def _settle(self, state, with_optimizer):
        """Give the models their variables; their metrics as dicts of numbers."""
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
    """In the order of the state that Keras's steps take on JAX."""
    parts = [model.trainable_variables, model.non_trainable_variables]
    if with_optimizer:
        parts.append(model.optimizer.variables)
    return [*parts, model.metrics_variables]
