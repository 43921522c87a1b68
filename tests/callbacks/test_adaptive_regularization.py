"""λ follows training: when it begins, goes on and stays, and in which models."""

import contextlib
import warnings

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.callbacks import AdaptiveRegularization
from lnl_sr_tf.losses import adaptive_weight
from lnl_sr_tf.training import CoTeaching, RobustModel

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype(np.float32)
Y = RNG.integers(0, 3, 40)
KERNEL = RNG.normal(size=(5, 3)).astype(np.float32)
BATCH = 8
STEPS = len(X) // BATCH
ON_JAX = keras.backend.backend() == "jax"
PLAIN = () if ON_JAX else (keras.Model,)
P = 0.1


def loss_of(weight=4.0, inner=None):
    inner = lnl.losses.ClassPrior(inner or lnl.losses.CrossEntropy(), prior=[5, 4, 3])
    return lnl.losses.SparseRegularization(inner, p=P, weight=weight)


def network(scale=1.0, kind=keras.Model):
    inputs = keras.Input((5,))
    layer = keras.layers.Dense(3)
    outputs = lnl.layers.OutputSharpening(0.1, normalize=False)(layer(inputs))
    model = kind(inputs, outputs)
    layer.kernel.assign(scale * KERNEL)
    return model


def model_of(kind=RobustModel, scale=1.0, rate=0.01, loss=None, **compiled):
    model = network(scale, kind)
    optimizer = keras.optimizers.SGD(rate)
    model.compile(optimizer, loss=loss or loss_of(), **compiled)
    return model


def number(variable):
    return float(keras.ops.convert_to_numpy(variable))


def expected(epochs, first=4.0, start=2):
    """λ in each epoch, where outputs stay as sure and it grows from the third one."""
    grown, last = adaptive_weight._GROWN / P, adaptive_weight._LAST / P
    numbers = np.maximum(np.arange(epochs) - start + 1, 0)
    path = first * (grown / first) ** np.minimum(numbers / 4, 1)
    rest = max(1, epochs - start - 4)
    return path * (last / grown) ** (np.maximum(numbers - 4, 0) / rest)


def steps_of(path):
    """λ in each step, of one loss, from λ in each epoch."""
    return np.repeat(path, STEPS)[:, None]


class ChanceTest(tf.test.TestCase):
    """A network that learned nothing is told; the loss grows in any case."""

    def told(self, labels, metrics=("accuracy",), epochs=8, **how):
        model = model_of(rate=0.0, metrics=list(metrics))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            callback = AdaptiveRegularization(**how)
            model.fit(
                X, labels, batch_size=BATCH, epochs=epochs, verbose=0,
                callbacks=[callback],
            )  # fmt: skip
        return [str(one.message) for one in caught if "chance" in str(one.message)]

    def test_where_labels_are_predicted_by_chance(self):
        said = network()(X)
        predicted = keras.ops.convert_to_numpy(keras.ops.argmax(said, -1))
        # A third of them are right, as of three classes by chance.
        shifted = (predicted + np.arange(len(X)) % 3) % 3
        (line,) = self.told(shifted)
        self.assertRegex(line, "0.350 of the given labels .* chance for 3 classes")
        self.assertEmpty(self.told(predicted))
        self.assertEmpty(self.told(shifted, metrics=()))  # nothing to judge by
        self.assertEmpty(self.told(shifted, epochs=2))  # λ has not grown
        self.assertEmpty(self.told(shifted, steps=8 * STEPS))  # a part of a training


class Recorder(keras.callbacks.Callback):
    """λ of each loss after each step, and before and after evaluation."""

    def __init__(self):
        super().__init__()
        self.path, self.around = [], []

    def now(self):
        losses = keras.tree.flatten(self.model.loss)
        return tuple(number(loss.weight) for loss in losses)

    def on_train_batch_end(self, batch, logs=None):
        self.path.append(self.now())

    def on_test_begin(self, logs=None):
        self.around.append(self.now())

    def on_test_end(self, logs=None):
        self.around.append(self.now())


def train(model, *, epochs=3, first=0, steps=None, y=Y, initial=None, more=(), **args):
    """λ after each step, and around each evaluation."""
    recorder = Recorder()
    adaptive = AdaptiveRegularization(steps=steps, initial=initial)
    model.fit(
        X, y, batch_size=BATCH, epochs=epochs, initial_epoch=first, shuffle=False,
        verbose=0, callbacks=[adaptive, recorder, *more], **args,
    )  # fmt: skip
    return recorder


class AdaptiveRegularizationTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(kind=(RobustModel, *PLAIN))
    def test_grows_where_outputs_stay_as_sure(self, kind):
        found = train(model_of(kind, rate=0.0), epochs=10)
        self.assertAllClose(found.path, steps_of(expected(10)), rtol=1e-5)

    def test_stays_where_outputs_get_surer(self):
        """Each epoch has logits that are twice as large."""

        class Doubled(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                kernel = self.model.layers[1].kernel
                kernel.assign(2 * keras.ops.convert_to_tensor(kernel))

        path = train(model_of(scale=0.01, rate=0.0), epochs=5, more=[Doubled()]).path
        self.assertAllClose(path, np.full((5 * STEPS, 1), 4.0))

    def test_plain_model_moves_it_as_a_robust_one(self):
        for kind in PLAIN:
            ours, theirs = (
                train(model_of(one), epochs=6) for one in (kind, RobustModel)
            )
            self.assertEqual(ours.path, theirs.path)
            self.assertGreater(ours.path[-1], ours.path[0])

    @parameterized.product(kind=(RobustModel, *PLAIN))
    def test_evaluation_moves_nothing(self, kind):
        model = model_of(kind)
        without = train(model_of(kind), epochs=5).path
        found = train(model, epochs=5, validation_data=(X, Y))
        self.assertEqual(found.path, without)
        self.assertGreater(without[-1], without[0])
        self.assertLen(found.around, 10)
        self.assertEqual(found.around[::2], found.around[1::2])
        after = [number(one) for one in model.loss.state]
        model.evaluate(X, Y, verbose=0)
        model.train_on_batch(X, Y)
        model.loss(Y, model(X))
        self.assertEqual([number(one) for one in model.loss.state], after)

    def test_several_steps_in_one_call(self):
        one = train(model_of(), epochs=6).path
        self.assertGreater(one[-1], one[0])
        several = train(model_of(steps_per_execution=STEPS), epochs=6).path
        self.assertAllClose(several, one[STEPS - 1 :: STEPS], rtol=1e-5)

    @parameterized.parameters({"jit_compile": True}, {"jit_compile": False})
    def test_compiled_by_xla(self, **compiled):
        model = model_of(**compiled)
        model.xla_loss = True
        expected = train(model_of(), epochs=6).path
        self.assertGreater(expected[-1], expected[0])
        self.assertAllClose(train(model, epochs=6).path, expected, rtol=1e-5)

    def test_second_training_begins_anew(self):
        model = model_of(rate=0.0)
        first = train(model, epochs=4).path
        self.assertAllClose(first, steps_of(expected(4)), rtol=1e-5)
        self.assertEqual(train(model, epochs=4).path, first)

    def test_goes_on_where_it_was(self):
        """With a later first epoch, or where all steps are told."""
        whole = steps_of(expected(9))
        model = model_of(rate=0.0)
        steps = 9 * STEPS
        path = train(model, epochs=4, steps=steps).path
        path += train(model, epochs=9, first=4).path
        self.assertAllClose(path, whole, rtol=1e-5)
        model = model_of(rate=0.0)
        path = train(model, epochs=4, steps=steps).path
        path += train(model, epochs=5, steps=steps).path
        self.assertAllClose(path, whole, rtol=1e-5)

    def test_parts_of_epochs(self):
        """Where they end is told; then what `fit` takes for epochs does not matter."""
        model = model_of(rate=0.0)
        adaptive = AdaptiveRegularization(steps=6 * STEPS, steps_per_epoch=STEPS)
        recorder = Recorder()
        for part in (slice(0, 16), slice(16, 40)) * 6:
            model.fit(
                X[part], Y[part], batch_size=BATCH, shuffle=False, verbose=0,
                callbacks=[adaptive, recorder],
            )  # fmt: skip
        self.assertAllClose(recorder.path, steps_of(expected(6)), rtol=1e-5)

    def test_goes_on_without_its_state(self):
        """From the present λ, which grows two epochs later."""
        model = model_of(rate=0.0)
        first = train(model, epochs=4).path[-1][0]
        loss = keras.losses.deserialize(keras.losses.serialize(model.loss))
        again = model_of(rate=0.0, loss=loss)
        path = train(again, epochs=8, first=4).path
        self.assertEqual(again.loss.adaptive.calls, 8 * STEPS)
        wanted = expected(8, first, start=6)[4:]
        self.assertAllClose(path, steps_of(wanted), rtol=1e-5)

    @parameterized.parameters((2.0, None, 2.0), (4.0, 1.0, 1.0), (0.0, None, 0.1))
    def test_first_weight(self, weight, initial, first):
        model = model_of(rate=0.0, loss=loss_of(weight))
        path = train(model, initial=initial).path
        self.assertAllClose(path, steps_of(expected(3, first)), rtol=1e-5)
        self.assertEqual(model.loss.initial_weight, weight)

    def test_first_weight_where_all_steps_are_told(self):
        path = train(model_of(rate=0.0), initial=1.0, steps=100, epochs=1).path
        self.assertAllClose(path, np.ones((STEPS, 1)))

    def test_after_a_training_without_it(self):
        """A step that was compiled before knows of it too."""
        model = model_of(rate=0.0)
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        self.assertEqual(number(model.loss.weight), 4.0)
        path = train(model, epochs=5).path
        self.assertAllClose(path, steps_of(expected(5)), rtol=1e-5)

    @parameterized.product(kind=(RobustModel, *PLAIN), shared=(True, False))
    def test_several_outputs(self, kind, shared):
        """Each loss has its own λ; one that two outputs share is called twice."""
        first = loss_of(1.0)
        losses = [first, first if shared else loss_of(6.0)]
        one = network(1.0)
        other = network(2.0)
        inputs = keras.Input((5,))
        model = kind(inputs, [one(inputs), other(inputs)])
        model.compile(keras.optimizers.SGD(0.0), loss=losses)
        path = train(model, y=[Y, Y], epochs=8).path
        weights = (1.0, 1.0 if shared else 6.0)
        wanted = np.stack([np.repeat(expected(8, w), STEPS) for w in weights], axis=-1)
        self.assertAllClose(path, wanted, rtol=1e-5)
        for loss in losses:
            self.assertEqual(loss.adaptive.calls, (1 + shared) * len(path))

    def test_co_teaching(self):
        """Each step calls the loss twice."""
        model = CoTeaching(network(1.0), network(2.0))
        model.compile(keras.optimizers.SGD(0.0), loss=loss_of())
        found = train(model, epochs=8, validation_data=(X, Y))
        self.assertEqual(model.loss.adaptive.calls, 16 * STEPS)
        self.assertAllClose(found.path, steps_of(expected(8)), rtol=1e-5)
        self.assertEqual(found.around[::2], found.around[1::2])

    def test_pace_of_the_callback(self):
        model = model_of()
        model.loss.adapt(0.5)
        model.fit(X, Y, verbose=0, callbacks=[AdaptiveRegularization(pace=0.3)])
        self.assertEqual(model.loss.adaptive.pace, 0.3)

    def test_plain_model_on_jax_is_refused(self):
        refused = contextlib.nullcontext()
        if ON_JAX:
            refused = self.assertRaisesRegex(ValueError, "needs a `lnl.training.Robust")
        with refused:
            train(model_of(keras.Model))

    def test_number_of_steps_must_be_known(self):
        def batches():
            while True:
                yield X, Y

        model = model_of()
        fit = {"epochs": 1, "verbose": 0}
        with self.assertRaisesRegex(ValueError, "how many steps.*steps_per_epoch=None"):
            model.fit(batches(), callbacks=[AdaptiveRegularization()], **fit)
        model.fit(
            batches(), steps_per_epoch=2, callbacks=[AdaptiveRegularization()], **fit
        )
        self.assertEqual(model.loss.adaptive.calls, 2)

    @parameterized.parameters(
        ({"pace": 0}, "`pace` must be"),
        ({"initial": -1.0}, "`initial` must be"),
        ({"steps": 0}, "`steps` must be a whole number of at least 1. Received: 0"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be a whole number of at"),
        ({"steps": 2.5}, "`steps` must be a whole number"),
    )
    def test_numbers_out_of_range(self, arguments, message):
        with self.assertRaisesRegex(ValueError, message):
            AdaptiveRegularization(**arguments)

    def test_without_sparse_regularization(self):
        model = model_of(loss=lnl.losses.CrossEntropy())
        with self.assertRaisesRegex(ValueError, "SparseRegularization.*CrossEntropy"):
            train(model)


if __name__ == "__main__":
    tf.test.main()
