"""λ and τ move with the epoch, and with nothing else."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.weights, self.temperatures = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(float(self.model.loss.weight))
        self.temperatures.append(float(self.model.layers[-1].temperature))


def fit(*callbacks, first=0, epochs=6):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3),
            lnl.layers.OutputSharpening(temperature=0.5),
        ]
    )
    model.compile("sgd", loss=lnl.losses.get("ce_sr", weight=1.0))
    x, y = np.zeros((8, 4)), np.arange(8) % 3
    recorder = Recorder()
    model.fit(
        x,
        y,
        initial_epoch=first,
        epochs=epochs,
        verbose=0,
        callbacks=[*callbacks, recorder],
    )
    return recorder


class SchedulersTest(tf.test.TestCase, parameterized.TestCase):
    def test_weight_from_the_loss(self):
        recorder = fit(lnl.callbacks.RegularizationScheduler(rho=2.0, every=2))
        self.assertEqual(recorder.weights, [1, 1, 2, 2, 4, 4])

    def test_weight_after_a_cut(self):
        scheduler = lnl.callbacks.RegularizationScheduler(2.0, every=2, initial=3.0)
        self.assertEqual(fit(scheduler, first=4).weights, [12, 12])

    def test_weight_moves_in_a_compiled_step(self):
        # Nothing is learned, so the loss grows as λ does, by ρ.
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        loss = lnl.losses.get("ce_sr", weight=1.0)
        model.compile(keras.optimizers.SGD(0.0), loss=loss)
        history = model.fit(
            np.ones((4, 4)), np.zeros(4), epochs=3, verbose=0,
            callbacks=[lnl.callbacks.RegularizationScheduler(rho=10.0, every=1)],
        ).history["loss"]  # fmt: skip
        norm = float(loss.norm(model.predict(np.ones((1, 4)), verbose=0))[0])
        self.assertAllClose(np.diff(history), [9 * norm, 90 * norm], rtol=1e-4)

    def test_temperature(self):
        scheduler = lnl.callbacks.TemperatureScheduler(decay=0.5, minimum=0.1)
        recorder = fit(scheduler, epochs=4)
        self.assertAllClose(recorder.temperatures, [0.5, 0.25, 0.125, 0.1])

    def test_temperature_in_a_model_of_models(self):
        inner = keras.Sequential([keras.Input((3,)), lnl.layers.OutputSharpening(0.5)])
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), inner])
        model.compile("sgd", loss=lnl.losses.CrossEntropy())
        scheduler = lnl.callbacks.TemperatureScheduler(decay=0.5)
        model.fit(
            np.zeros((4, 4)), np.zeros(4), epochs=2, verbose=0, callbacks=[scheduler]
        )
        self.assertAllClose(inner.layers[0].temperature, 0.25)

    def test_wrong_model(self):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        model.compile("sgd", loss=lnl.losses.CrossEntropy())
        x, y = np.zeros((4, 2)), np.zeros(4)
        for scheduler, message in (
            (lnl.callbacks.RegularizationScheduler(2.0), "SparseRegularization"),
            (lnl.callbacks.TemperatureScheduler(0.9), "OutputSharpening"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                model.fit(x, y, verbose=0, callbacks=[scheduler])

    @parameterized.parameters(
        ("RegularizationScheduler", {"rho": 0}, "rho=0"),
        ("RegularizationScheduler", {"rho": 2, "every": 0}, "Received: 0"),
        ("RegularizationScheduler", {"rho": 2, "initial": -1}, "initial=-1"),
        ("TemperatureScheduler", {"decay": 1.5}, "decay=1.5"),
        ("TemperatureScheduler", {"decay": 1, "every": 1.5}, "Received: 1.5"),
        ("TemperatureScheduler", {"decay": 1, "initial": 0}, "initial=0"),
        ("TemperatureScheduler", {"decay": 1, "minimum": -1}, "minimum=-1"),
    )
    def test_errors(self, name, arguments, message):
        with self.assertRaisesRegex(ValueError, message):
            getattr(lnl.callbacks, name)(**arguments)


if __name__ == "__main__":
    tf.test.main()
