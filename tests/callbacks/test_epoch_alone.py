"""Where training goes on, what moves with the epoch is where the epoch says."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.schedules import STAGES

# By what moves it: the callback, and what it is in the epochs 0, 1, 2, 3 and 4.
MOVED = {
    "weight": (
        lambda: lnl.callbacks.RegularizationScheduler(rho=2.0),
        [1.0, 2.0, 4.0, 8.0, 16.0],
    ),
    "temperature": (
        lambda: lnl.callbacks.TemperatureScheduler(decay=0.5),
        [0.5, 0.25, 0.125, 0.0625, 0.03125],
    ),
    "stage": (
        lambda: lnl.callbacks.StageScheduler(
            4, {"negative": 1, "selective_negative": 2, "selective_positive": 1}
        ),
        [0, 1, 1, 2, 2],  # which of `STAGES`
    ),
    "forget_rate": (
        lambda: lnl.callbacks.ForgetScheduler(final=0.4, epochs=4),
        [0.0, 0.1, 0.2, 0.3, 0.4],
    ),
}


def network(sharpened=True):
    layers = [keras.Input((4,)), keras.layers.Dense(3)]
    if sharpened:
        layers.append(lnl.layers.OutputSharpening(temperature=0.5))
    return keras.Sequential(layers)


def new_model(what, loss=None, run_eagerly=True):
    """A model that has what is moved, and a loss that it is moved in."""
    if loss is None:
        kind = lnl.losses.CrossEntropy
        if what == "stage":
            kind = lnl.losses.SelectiveNegativePositiveLearning
        loss = lnl.losses.SparseRegularization(kind(), weight=1.0)
    model = network()
    if what == "forget_rate":
        model = lnl.training.CoTeaching(network(), network())
    model.compile("sgd", loss=loss, run_eagerly=run_eagerly)
    return model


def value(model, what):
    if what == "weight":
        return float(model.loss.weight)
    if what == "temperature":
        return float(model.layers[-1].temperature)
    if what == "stage":
        return STAGES.index(model.loss.loss.stage)
    return float(model.forget_rate)


def fit_model(model, y, *callbacks, first=0, epochs=3):
    if isinstance(model.loss, list):
        y = list(y.values())
    model.fit(
        np.zeros((8, 4)), y, initial_epoch=first, epochs=epochs, verbose=0,
        callbacks=list(callbacks),
    )  # fmt: skip


class EpochAloneTest(tf.test.TestCase, parameterized.TestCase):
    """What was trained, saved or loaded before is not where a schedule starts."""

    def fit(self, model, what, *callbacks, **epochs):
        make, _ = MOVED[what]
        fit_model(model, np.arange(8) % 3, *callbacks, make(), **epochs)

    def assert_at(self, model, what, epoch):
        self.assertAllClose(value(model, what), MOVED[what][1][epoch])

    @parameterized.parameters(*MOVED)
    def test_one_loss_for_three_trainings(self, what):
        loss = new_model(what).loss
        for _ in range(3):
            model = new_model(what, loss)
            self.fit(model, what)
            self.assert_at(model, what, 2)

    @parameterized.parameters(*MOVED)
    def test_one_callback_and_one_model_for_three_trainings(self, what):
        model, callback = new_model(what), MOVED[what][0]()
        for _ in range(3):
            fit_model(model, np.zeros(8), callback)
            self.assert_at(model, what, 2)

    @parameterized.parameters(*MOVED)
    def test_a_callback_takes_its_start_from_each_model(self, what):
        callback = MOVED[what][0]()
        fit_model(new_model(what), np.zeros(8), callback)
        model = new_model(what)
        if what == "weight":
            model.loss.weight = 3.0
        elif what == "temperature":
            model.layers[-1].temperature = 0.25
        fit_model(model, np.zeros(8), callback, epochs=1)
        expected = {"weight": 3.0, "temperature": 0.25}.get(what, MOVED[what][1][0])
        self.assertEqual(value(model, what), expected)

    @parameterized.parameters(*MOVED)
    def test_after_loading(self, what):
        model = new_model(what)
        self.fit(model, what)
        for epoch in (3, 4):  # saved again, what was loaded starts where the first did
            path = f"{self.get_temp_dir()}/{what}{epoch}.keras"
            model.save(path)
            model = keras.models.load_model(path)
            self.assert_at(model, what, epoch - 1)
            self.fit(model, what, first=epoch, epochs=epoch + 1)
            self.assert_at(model, what, epoch)

    @parameterized.product(what=tuple(MOVED), same_model=(True, False))
    def test_backup_and_restore(self, what, same_model):
        class Cut(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 3:
                    raise KeyboardInterrupt

        folder = f"{self.get_temp_dir()}/{what}{same_model}"

        def backup():
            return keras.callbacks.BackupAndRestore(folder)

        model = new_model(what)
        with self.assertRaises(KeyboardInterrupt):
            self.fit(model, what, backup(), Cut(), epochs=5)
        if not same_model:  # as in a new process
            model = new_model(what)
        seen = []
        record = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append((epoch, value(model, what)))
        )
        self.fit(model, what, backup(), record, epochs=5)
        epochs, values = zip(*seen, strict=True)
        self.assertEqual(epochs, (3, 4))
        self.assertAllClose(values, MOVED[what][1][3:])

    def test_weights_of_another_epoch_are_no_start(self):
        """As `EarlyStopping` brings them back, and `ModelCheckpoint`."""
        model = new_model("temperature")
        self.fit(model, "temperature")
        other = new_model("temperature")
        other.set_weights(model.get_weights())
        for one in (model, other):
            self.fit(one, "temperature", epochs=2)
            self.assert_at(one, "temperature", 1)

    @parameterized.parameters("assigned", "variable")
    def test_an_assigned_weight_is_a_start(self, how):
        loss = new_model("weight").loss
        for start in (3.0, 5.0):
            if how == "assigned":
                loss.weight = start
            else:
                loss.weight.assign(start)
            self.assertEqual(loss.initial_weight, start)
            model = new_model("weight", loss)
            self.fit(model, "weight")
            self.assertEqual(float(loss.weight), 4 * start)
            copy = type(loss).from_config(loss.get_config())
            self.assertEqual(
                (float(copy.weight), copy.initial_weight), (4 * start, start)
            )

    def test_models_of_earlier_versions_load(self):
        """Their files do not say where a schedule started."""
        model = new_model("weight")
        loss, layer = model.loss.get_config(), model.layers[-1].get_config()
        del loss["initial_weight"], layer["initial_temperature"]
        loss = lnl.losses.SparseRegularization.from_config(loss | {"weight": 4.0})
        layer = lnl.layers.OutputSharpening.from_config(layer | {"temperature": 0.1})
        self.assertEqual(loss.initial_weight, 4.0)
        self.assertEqual(layer.initial_temperature, 0.1)


class CompiledStepTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters("weight", "stage")
    def test_a_step_that_was_compiled_before_sees_what_another_fit_moved(self, what):
        """One loss in two models: on JAX each holds it as it was when compiled."""
        loss = new_model(what).loss
        models = [new_model(what, loss, run_eagerly=False) for _ in range(2)]
        make, _ = MOVED[what]
        x, y = np.ones((8, 4)), np.arange(8) % 3
        for model, first, epochs in ((models[0], 0, 1), (models[1], 0, 4)):
            fit_model(model, y, make(), first=first, epochs=epochs)
        fit_model(models[0], y, make(), first=3, epochs=4)
        found = models[0].evaluate(x, y, verbose=0)
        expected = float(loss(y, models[0](x)))
        self.assertAllClose(found, expected, rtol=1e-5)
        self.assertEqual(value(models[0], what), MOVED[what][1][3])


if __name__ == "__main__":
    tf.test.main()
