"""λ follows training: when it begins, goes on and stays, and in which models."""

import contextlib

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


class Recorder(keras.callbacks.Callback):
    """λ of each loss after each step, and before and after evaluation."""

    def __init__(self):
        super().__init__()
        self.path, self.around, self.targets = [], [], []

    def now(self):
        losses = keras.tree.flatten(self.model.loss)
        return tuple(number(loss.weight) for loss in losses)

    def on_train_batch_end(self, batch, logs=None):
        self.path.append(self.now())

    def on_epoch_end(self, epoch, logs=None):
        losses = keras.tree.flatten(self.model.loss)
        self.targets.append(losses[0].adaptive.target)

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
    def test_falls_where_outputs_are_sparse_and_rises_where_not(self, kind):
        for scale, end in ((50.0, 0), (0.0, 1)):
            model = model_of(kind, scale, rate=0.0)
            found = train(model, epochs=4)
            path = [one for (one,) in found.path]
            self.assertLen(path, 4 * STEPS)
            turn = 1 if end else -1
            self.assertGreater(turn * (path[0] - 4.0), 0)
            self.assertGreater(turn * np.diff(path).min() + 1e-6, 0)
            bounds = np.array(adaptive_weight._RANGE) / P
            self.assertAllInRange(path, *(bounds * [1 - 1e-6, 1 + 1e-6]))
            fastest = adaptive_weight._FASTEST / len(path)
            self.assertAllClose(np.log(path[0] / 4), turn * fastest, rtol=1e-5)
            pace = model.loss.adaptive.pace
            wanted = [adaptive_weight.sparse_target(f / 4, pace) for f in range(1, 5)]
            self.assertAllClose(found.targets, wanted, rtol=1e-5)

    def test_plain_model_moves_it_as_a_robust_one(self):
        for kind in PLAIN:
            ours, theirs = train(model_of(kind)), train(model_of())
            self.assertEqual(ours.path, theirs.path)

    @parameterized.product(kind=(RobustModel, *PLAIN))
    def test_evaluation_moves_nothing(self, kind):
        model = model_of(kind)
        without = train(model_of(kind)).path
        found = train(model, validation_data=(X, Y))
        self.assertEqual(found.path, without)
        self.assertLen(found.around, 6)
        self.assertEqual(found.around[::2], found.around[1::2])
        after = number(model.loss.weight)
        model.evaluate(X, Y, verbose=0)
        model.train_on_batch(X, Y)
        model.loss(Y, model(X))
        self.assertEqual(number(model.loss.weight), after)

    def test_several_steps_in_one_call(self):
        one = train(model_of()).path
        several = train(model_of(steps_per_execution=STEPS)).path
        self.assertAllClose(several, one[STEPS - 1 :: STEPS], rtol=1e-5)

    @parameterized.parameters({"jit_compile": True}, {"jit_compile": False})
    def test_compiled_by_xla(self, **compiled):
        model = model_of(**compiled)
        model.xla_loss = True
        self.assertAllClose(train(model).path, train(model_of()).path, rtol=1e-5)

    def test_second_training_begins_anew(self):
        model = model_of(rate=0.0)
        first = train(model).path
        self.assertEqual(train(model).path, first)

    def test_goes_on_where_it_was(self):
        """With a later first epoch, or where all steps are told."""
        whole = train(model_of(rate=0.0), epochs=4).path
        model = model_of(rate=0.0)
        steps = 4 * STEPS
        path = train(model, epochs=2, steps=steps).path
        path += train(model, epochs=4, first=2).path
        self.assertAllClose(path, whole, rtol=1e-6)
        model = model_of(rate=0.0)
        path = train(model, epochs=2, steps=steps).path
        path += train(model, epochs=2, steps=steps).path
        self.assertAllClose(path, whole, rtol=1e-6)

    def test_goes_on_without_its_state(self):
        """From the present λ, at the share of training that is done."""
        model = model_of(rate=0.0)
        first = train(model, epochs=4).path
        loss = keras.losses.deserialize(keras.losses.serialize(model.loss))
        again = model_of(rate=0.0, loss=loss)
        path = train(again, epochs=8, first=4).path
        self.assertAllClose(
            number(again.loss.adaptive.state[2]), 8 * STEPS, msg="all calls"
        )
        slowest = np.exp(-adaptive_weight._FASTEST / (8 * STEPS) - 1e-6)
        self.assertGreaterEqual(path[0][0] / first[-1][0], slowest)

    @parameterized.parameters((2.0, None, 2.0), (4.0, 1.0, 1.0), (0.0, None, 0.1))
    def test_first_weight(self, weight, initial, expected):
        model = model_of(scale=0.0, rate=0.0, loss=loss_of(weight))
        path = train(model, initial=initial).path
        rise = np.exp(adaptive_weight._FASTEST / len(path))
        low = adaptive_weight._RANGE[0] / P
        self.assertAllClose(path[0][0], max(expected * rise * (weight > 0), low))
        self.assertEqual(model.loss.initial_weight, weight)

    def test_first_weight_where_all_steps_are_told(self):
        model = model_of(scale=0.0, rate=0.0)
        path = train(model, initial=1.0, steps=100).path
        self.assertAllClose(path[0][0], np.exp(adaptive_weight._FASTEST / 100))

    def test_after_a_training_without_it(self):
        """A step that was compiled before knows of it too."""
        model = model_of(rate=0.0)
        model.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
        self.assertEqual(number(model.loss.weight), 4.0)
        self.assertEqual(train(model).path, train(model_of(rate=0.0)).path)

    @parameterized.product(kind=(RobustModel, *PLAIN), shared=(True, False))
    def test_several_outputs(self, kind, shared):
        """Each loss has its own λ; one that two outputs share is called twice."""
        first = loss_of(1.0)
        losses = [first, first if shared else loss_of(6.0)]
        one = network(0.0)
        other = network(50.0)
        inputs = keras.Input((5,))
        model = kind(inputs, [one(inputs), other(inputs)])
        model.compile(keras.optimizers.SGD(0.0), loss=losses)
        found = train(model, y=[Y, Y])
        path = np.array(found.path)
        if shared:
            self.assertEqual(number(first.adaptive.state[2]), 2 * len(path))
        else:
            self.assertGreater(path[0, 0], 1.0)
            self.assertLess(path[0, 1], 6.0)
            for loss in losses:
                self.assertEqual(number(loss.adaptive.state[2]), len(path))
        wanted = adaptive_weight.sparse_target(1.0, first.adaptive.pace)
        self.assertAllClose(found.targets[-1], wanted, rtol=1e-5)

    def test_co_teaching(self):
        """Each step calls the loss twice."""
        model = CoTeaching(network(0.0), network(0.0))
        model.compile(keras.optimizers.SGD(0.0), loss=loss_of())
        path = train(model, validation_data=(X, Y))
        self.assertEqual(number(model.loss.adaptive.state[2]), 6 * STEPS)
        fastest = adaptive_weight._FASTEST / len(path.path)
        self.assertAllClose(np.log(path.path[0][0] / 4), fastest, rtol=1e-5)
        self.assertEqual(path.around[::2], path.around[1::2])

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
        self.assertEqual(number(model.loss.adaptive.state[2]), 2)

    @parameterized.parameters(
        ({"pace": 0}, "`pace` must be"),
        ({"initial": -1.0}, "`initial` must be"),
        ({"steps": 0}, "`steps` must be a whole number of at least 1. Received: 0"),
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
