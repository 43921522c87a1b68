"""λ, τ and the like move with the epoch; who has none is refused."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.layers.output_sharpening import sharpening_layers


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

    def test_every_regularized_loss_of_several_outputs(self):
        """In a dict or a list, plain or under sparse regularization."""
        for kind in (dict, list):
            first = lnl.losses.get("ce_sr", weight=1.0)
            inner = lnl.losses.SelectiveNegativePositiveLearning()
            second = lnl.losses.SparseRegularization(inner, weight=3.0)
            model = with_two_outputs(first, second, kind)
            fit_model(
                model,
                {"a": np.zeros(8), "b": np.zeros(8)},
                lnl.callbacks.RegularizationScheduler(rho=2.0),
                lnl.callbacks.StageScheduler(
                    3, {"negative": 2, "selective_positive": 1}
                ),
            )
            self.assertEqual(float(first.weight), 4.0)
            self.assertEqual(float(second.weight), 12.0)
            self.assertEqual(inner.stage, "selective_positive")

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

    def test_temperature_in_a_layer(self):
        """In a layer that is no model, and in one that is met twice: once."""

        class Head(keras.layers.Layer):
            def __init__(self, sharpening):
                super().__init__()
                self.parts = [sharpening]

            def call(self, inputs):
                return self.parts[0](inputs)

        sharpening = [lnl.layers.OutputSharpening(0.5) for _ in range(3)]
        model = keras.Sequential(
            [
                keras.Input((2, 3)),
                Head(sharpening[0]),
                Head(sharpening[0]),
                keras.layers.TimeDistributed(sharpening[1]),
                sharpening[2],
            ]
        )
        self.assertEqual(list(sharpening_layers(model)), sharpening)
        model.compile("sgd", loss=lnl.losses.CrossEntropy(), run_eagerly=True)
        scheduler = lnl.callbacks.TemperatureScheduler(decay=0.5)
        model.fit(
            np.zeros((4, 2, 3)), np.zeros((4, 2)), epochs=2, verbose=0,
            callbacks=[scheduler],
        )  # fmt: skip
        for layer in sharpening:
            self.assertAllClose(layer.temperature, 0.25)

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
        ("RegularizationScheduler", {"rho": 0}, r"\(0, inf\). Received: rho=0"),
        ("ForgetScheduler", {"final": 1.0}, r"in \[0, 1\). Received: final=1.0"),
        ("ForgetScheduler", {"final": 0.4, "epochs": 0}, "epochs=0"),
        ("RegularizationScheduler", {"rho": 2, "every": 0}, "Received: 0"),
        ("RegularizationScheduler", {"rho": 2, "initial": -1}, "initial=-1"),
        ("TemperatureScheduler", {"decay": 1.5}, "decay=1.5"),
        ("TemperatureScheduler", {"decay": 1, "every": 1.5}, "Received: 1.5"),
        ("TemperatureScheduler", {"decay": 1, "initial": 0}, "initial=0"),
        ("TemperatureScheduler", {"decay": 1, "minimum": -1}, "minimum=-1"),
        ("StageScheduler", {"epochs": 0, "shares": {"negative": 1}}, "epochs=0"),
        ("StageScheduler", {"epochs": 4, "shares": {}}, "shares={}"),
        ("StageScheduler", {"epochs": 4, "shares": {"negative": 0}}, "not all 0"),
        ("StageScheduler", {"epochs": 4, "shares": {"positive": 1}}, "'positive'"),
        (
            "StageScheduler",
            {"epochs": 4, "shares": {"negative": 2, "selective_negative": -1}},
            "at least 0.*Received: .*-1",
        ),
        (
            "StageScheduler",
            {"epochs": 4, "shares": {"negative": float("nan")}},
            "Received: .*nan",
        ),
    )
    def test_errors(self, name, arguments, message):
        with self.assertRaisesRegex(ValueError, message):
            getattr(lnl.callbacks, name)(**arguments)

    @parameterized.parameters(
        ("RegularizationScheduler", 1.1, 1000, r"`weight`.*\[0, 3.4.*e\+38\].*2.4"),
        ("RegularizationScheduler", 2.0, 1100, "`weight` must .*weight=inf"),
        ("TemperatureScheduler", 0.9, 1100, "temperature=2.*e-51.*a `minimum`"),
    )
    def test_beyond_float32(self, name, factor, epoch, message):
        """It would be inf or 0 there, and the network's weights NaN."""
        scheduler = getattr(lnl.callbacks, name)(factor)
        with self.assertRaisesRegex(ValueError, message):
            fit(scheduler, first=epoch, epochs=epoch + 1)


def with_two_outputs(first, second, kind=dict):
    inputs = keras.Input((4,))
    outputs = {name: keras.layers.Dense(3, name=name)(inputs) for name in "ab"}
    losses = {"a": first, "b": second}
    if kind is list:
        outputs, losses = list(outputs.values()), list(losses.values())
    model = keras.Model(inputs, outputs)
    model.compile("sgd", loss=losses, run_eagerly=True)
    return model


def fit_model(model, y, *callbacks, first=0, epochs=3):
    if isinstance(model.loss, list):
        y = list(y.values())
    model.fit(
        np.zeros((8, 4)), y, initial_epoch=first, epochs=epochs, verbose=0,
        callbacks=list(callbacks),
    )  # fmt: skip


if __name__ == "__main__":
    tf.test.main()
