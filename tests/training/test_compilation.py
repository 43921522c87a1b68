"""What is compiled how, and that nothing is compiled again."""

import functools
import pathlib
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.quick_runs import quick_runs

from lnl_sr_tf import config, experiment, losses, models
from lnl_sr_tf.training import RobustModel, compilation


class StepsPerExecutionTest(tf.test.TestCase, parameterized.TestCase):
    def model(self, name, shape):
        return models.get(name, shape, 10)

    def test_operations_of_the_cifar_network(self):
        # Two a weight and place in the forward pass; the backward pass takes twice
        # that, but for the first layer.
        places = [32 * 32, 32 * 32, 16 * 16, 16 * 16, 8 * 8, 8 * 8, 1, 1]
        weights = [
            27 * 64, 576 * 64, 576 * 128, 1152 * 128, 1152 * 196, 1764 * 196,
            4 * 4 * 196 * 256, 2560,
        ]  # fmt: skip
        layers = [2 * p * w for p, w in zip(places, weights, strict=True)]
        model = self.model("cnn_cifar", (32, 32, 3))
        self.assertEqual(
            compilation.operations_of_step(model, 128),
            128 * (3 * sum(layers) - layers[0]),
        )

    @parameterized.parameters(
        ("cnn_mnist", (28, 28, 1), 469, 7),  # 7 × 67
        ("cnn_cifar", (32, 32, 3), 391, 1),
        ("cnn_digits", (8, 8, 1), 12, 12),
    )
    def test_divides_the_epoch(self, name, shape, steps, expected):
        found = compilation.steps_per_execution(self.model(name, shape), 128, steps)
        self.assertEqual(found, expected)

    def test_changes_no_number(self):
        def rows(steps):
            with (
                quick_runs(),
                mock.patch.object(
                    compilation, "steps_per_execution", return_value=steps
                ),
            ):
                folder = pathlib.Path(self.get_temp_dir()) / str(steps)
                made = config.resolve({"epochs": 2, "output_dir": str(folder)})
                found = experiment.run(made, lambda line: None).rows()
            return [row | {"seconds": None} for row in found]

        self.assertEqual(rows(1), rows(6))


class OnceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        {"loss": "ce_sr", "lambda_every": 1, "tau_decay": 0.9, "crop_padding": 1},
        {"loss": "nlnl", "method": "nlnl", "stages": "negative=2,selective_negative=1"},
        {"loss": "elr", "optimizer": "adam", "late_momentum": 0.1},
    )
    def test_nothing_is_traced_after_the_first_epoch(self, **settings):
        at_epoch = self.calls_of_the_loss(epochs=4, **settings)
        self.assertGreater(at_epoch[0], 0)
        self.assertEqual(at_epoch, [at_epoch[0]] * 4)

    def test_a_few_steps_are_not_traced(self):
        """Of 1437 examples, six an epoch: each calls the loss. Seven are traced."""
        few = self.calls_of_the_loss(epochs=2, batch_size=240)
        self.assertEqual(np.diff(few), few[0])
        more = self.calls_of_the_loss(epochs=2, batch_size=239)
        self.assertEqual(np.diff(more), 0)

    def calls_of_the_loss(self, **settings):
        """How often Python called it until the end of each epoch."""
        called, at_epoch = [], []
        compute_loss = RobustModel.compute_loss

        @functools.wraps(compute_loss)  # Keras looks at its arguments
        def counted(*args, **kwargs):
            called.append(1)
            return compute_loss(*args, **kwargs)

        def tell(line):
            if line.startswith("epoch"):
                at_epoch.append(len(called))

        made = config.resolve(settings | {"output_dir": self.create_folder()})
        with (
            quick_runs(short=False),
            mock.patch.object(RobustModel, "compute_loss", counted),
        ):
            experiment.run(made, tell)
        return at_epoch

    def create_folder(self):
        return str(pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2])


class LossTest(tf.test.TestCase):
    def test_compiled_alone_where_it_is_large(self):
        self.assertTrue(compilation.loss_alone(128, 1000))
        self.assertFalse(compilation.loss_alone(128, 10))

    def test_compiled_loss_trains_alike(self):
        def weights(xla):
            keras.utils.set_random_seed(1)
            inputs = keras.Input((8,))
            model = RobustModel(inputs, keras.layers.Dense(200)(inputs))
            model.xla_loss = xla
            model.compile("sgd", loss=losses.get("ce_sr", p=0.01), jit_compile=False)
            rng = np.random.default_rng(0)
            x = rng.normal(size=(70, 8)).astype(np.float32)
            model.fit(x, rng.integers(0, 200, 70), batch_size=32, epochs=2, verbose=0)
            return model.get_weights()

        for one, other in zip(weights(True), weights(False), strict=True):
            self.assertAllClose(one, other, rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    tf.test.main()
