"""Co-teaching against two networks trained by hand, and the model with an index."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf import config, datasets
from lnl_sr_tf.training import CoTeaching, CoupledSGD, RobustModel
from lnl_sr_tf.training.build import build_model, served_model
from lnl_sr_tf.training.co_teaching import kept_count, smallest


def linear(seed, classes=3):
    """A network whose gradient is known."""
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(
                classes,
                kernel_initializer=keras.initializers.RandomNormal(1.0, seed=seed),
            ),
        ]
    )


def cross_entropy(kernel, bias, x, y):
    """Loss of each example, and the gradient of each by kernel and bias."""
    z = x @ kernel + bias
    u = np.exp(z - z.max(axis=1, keepdims=True))
    u /= u.sum(axis=1, keepdims=True)
    error = u - np.eye(u.shape[1])[y]
    return -np.log(u[np.arange(len(y)), y]), x[:, :, None] * error[:, None, :], error


class CoTeachingTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(10, 4)).astype("float32")
        self.y = rng.integers(0, 3, 10)
        self.model = CoTeaching(linear(1), linear(2))
        self.model.compile(
            CoupledSGD(0.5), loss=lnl.losses.CrossEntropy(), metrics=["accuracy"]
        )

    def test_one_step_by_hand(self):
        """Each network moves by the mean gradient of what the other chose."""
        networks = [
            [np.array(w, np.float64) for w in network.weights]
            for network in (self.model.first, self.model.second)
        ]
        found = [cross_entropy(*weights, self.x, self.y) for weights in networks]
        self.model.forget_rate.assign(0.4)
        self.model.fit(self.x, self.y, batch_size=10, verbose=0, shuffle=False)
        for own, other, model, (kernel, bias) in (
            (0, 1, self.model.first, networks[0]),
            (1, 0, self.model.second, networks[1]),
        ):
            chosen = np.argsort(found[other][0])[:6]
            self.assertNotAllEqual(
                np.sort(chosen), np.sort(np.argsort(found[own][0])[:6])
            )
            kernel = kernel - 0.5 * found[own][1][chosen].mean(axis=0)
            bias = bias - 0.5 * found[own][2][chosen].mean(axis=0)
            self.assertAllClose(model.weights[0], kernel, rtol=1e-4, atol=1e-5)
            self.assertAllClose(model.weights[1], bias, rtol=1e-4, atol=1e-5)

    def test_maps_are_kept_as_wholes(self):
        """By their mean over pixels: 3 of 4 here, not 3 of each row of pixels."""
        y = np.random.default_rng(1).integers(0, 3, (4, 2, 2))
        outputs = np.random.default_rng(2).normal(size=(2, 4, 2, 2, 3))
        outputs = tuple(keras.ops.convert_to_tensor(outputs, dtype="float32"))
        means = [np.mean(self.model.loss.call(y, z), axis=(1, 2)) for z in outputs]
        kept = [np.argsort(mean)[:3] for mean in means]
        expected = means[0][kept[1]].mean() + means[1][kept[0]].mean()
        self.model.forget_rate.assign(0.25)
        found = self.model.compute_loss(None, y, outputs)
        self.assertAllClose(found, expected, rtol=1e-5)
        weighted = self.model.compute_loss(None, y, outputs, np.full((4, 1), 2.0))
        self.assertAllClose(weighted, 2 * expected, rtol=1e-5)
        with self.assertRaisesRegex(ValueError, "`sample_weight` must have the shape"):
            self.model.compute_loss(None, y, outputs, np.ones((4, 2, 2)))
        self.model.second_accuracy.update_state(y, outputs[1])
        hits = np.argmax(outputs[1], axis=-1) == y
        self.assertAllClose(self.model.second_accuracy.result(), hits.mean())

    def masked(self, loss, x):
        """Of sequences, of which steps that are all 0 are masked."""
        networks = []
        for seed in (1, 2):
            keras.utils.set_random_seed(seed)
            inputs = keras.Input(x.shape[1:])
            hidden = keras.layers.Masking()(inputs)
            networks.append(keras.Model(inputs, keras.layers.Dense(3)(hidden)))
        model = CoTeaching(*networks)
        model.compile(keras.optimizers.SGD(0.0), loss=loss)
        return model

    def test_class_weight_of_several_labels(self):
        x, y = np.zeros((4, 3, 4)), np.zeros((4, 3), int)
        model = self.masked(lnl.losses.CrossEntropy(), x)
        with self.assertRaisesRegex(ValueError, "one label per example; for several"):
            model.fit(x, y, class_weight={0: 1.0, 1: 2.0}, verbose=0)

    def test_masked_positions_count_in_nothing(self):
        """The loss of all kept is that of Keras; what is masked ranks nobody first."""
        rng = np.random.default_rng(3)
        x, y = rng.normal(size=(4, 3, 4)), rng.integers(0, 3, (4, 3))
        x[0, 1:], x[1, 2], x[3] = 0, 0, 0
        valid = np.any(x != 0, axis=-1)
        ignoring = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=255
        )
        for loss, inputs, labels in (
            (lnl.losses.CrossEntropy(), x, y),  # masked by a layer
            (ignoring, np.where(valid[..., None], x, 1.0), np.where(valid, y, 255)),
        ):
            model = self.masked(loss, inputs)
            outputs = [one(inputs) for one in (model.first, model.second)]
            values = [np.asarray(lnl.losses.CrossEntropy().call(y, z)) for z in outputs]
            plain = [np.sum(v * valid) / valid.sum() for v in values]
            found = model.fit(
                inputs, labels, verbose=0, validation_data=(inputs, labels)
            ).history
            self.assertAllClose(found["loss"], [sum(plain)], rtol=1e-5)
            self.assertAllClose(found["val_loss"], [plain[0]], rtol=1e-5)
            right = np.argmax(outputs[1], axis=-1) == y
            if loss is not ignoring:  # Keras's metrics too see the masks of layers
                found = found["val_second_accuracy"]
                self.assertAllClose(found, [right[valid].mean()])
            means = [
                (v * valid).sum(1)[:3] / valid.sum(1)[:3] for v in values
            ]  # fmt: skip
            expected = 0.0
            for own, other in ((0, 1), (1, 0)):
                kept = np.argsort(means[other])[:2]  # 2 of the 3 that have any
                expected += (values[own] * valid)[kept].sum() / valid[kept].sum()
            model.forget_rate.assign(0.3)
            found = model.fit(inputs, labels, verbose=0).history["loss"]
            self.assertAllClose(found, [expected], rtol=1e-5)

    def test_wrong_labels_are_left_out(self):
        """Where both networks are right, a wrong label moves neither."""
        x = np.eye(4, dtype="float32")[[0, 1, 2, 0, 1]] * 5
        y = np.array([0, 1, 2, 0, 2])  # the last is wrong
        for network in (self.model.first, self.model.second):
            network.set_weights([np.eye(4)[:, :3], np.zeros(3)])
        weights = []
        for labels in (y, np.where(np.arange(5) == 4, 0, y)):
            for network in (self.model.first, self.model.second):
                network.set_weights([np.eye(4)[:, :3], np.zeros(3)])
            self.model.forget_rate.assign(0.2)
            self.model.fit(x, labels, batch_size=5, verbose=0)
            weights.append(self.model.first.get_weights()[0])
        self.assertAllClose(weights[0], weights[1])

    def test_weights_and_penalties_count(self):
        before = self.model.first.get_weights()
        self.model.fit(self.x, self.y, sample_weight=np.zeros(10), verbose=0)
        self.assertAllClose(self.model.first.get_weights()[0], before[0])
        penalty = keras.regularizers.L2(10.0)
        penalized = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3, kernel_regularizer=penalty)]
        )
        expected = 10 * np.sum(penalized.get_weights()[0] ** 2)
        model = CoTeaching(penalized, linear(2))
        model.compile("sgd", loss=lnl.losses.CrossEntropy())
        with_penalty = model.fit(self.x, self.y, verbose=0).history["loss"][0]
        self.assertGreater(with_penalty, expected)

    def test_class_prior_of_each_network(self):
        """Of the whole batch, but for the examples whose weight is 0."""
        prior = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), 10.0, [1, 2, 5])
        model = CoTeaching(linear(1), linear(2))
        model.compile(CoupledSGD(0.0), loss=prior)
        model.forget_rate.assign(0.5)
        weights = np.where(np.arange(10) < 7, 1.0, 0.0)
        found = model.fit(
            self.x, self.y, sample_weight=weights, batch_size=10, verbose=0,
            validation_data=(self.x, self.y),
        ).history  # fmt: skip
        plain = CoTeaching(model.first, model.second)
        plain.compile(CoupledSGD(0.0), loss=prior.loss)
        plain.forget_rate.assign(0.5)
        without = plain.fit(
            self.x, self.y, sample_weight=weights, batch_size=10, verbose=0
        ).history["loss"][0]
        values = [
            np.array(prior.loss.call(self.y, one(self.x)))
            for one in (model.first, model.second)
        ]
        terms = [
            float(prior.divergence(one(self.x[:7])))
            for one in (model.first, model.second)
        ]
        kept = [np.mean(weights[np.argsort(one)[:5]]) for one in values[::-1]]
        self.assertAllClose(
            found["loss"], [without + 10 * np.dot(kept, terms)], rtol=1e-5
        )
        self.assertAllClose(found["class_prior"], terms[:1], rtol=1e-5)
        self.assertAllClose(found["fit_loss"], [np.mean(values[0][:7])], rtol=1e-5)
        self.assertAllClose(found["val_loss"], [np.mean(values[0])], rtol=1e-5)

    def test_evaluation_is_of_the_first_network(self):
        results = self.model.evaluate(self.x, self.y, verbose=0, return_dict=True)
        self.assertEqual(set(results), {"loss", "accuracy", "second_accuracy"})
        for network, name in (
            (self.model.first, "accuracy"),
            (self.model.second, "second_accuracy"),
        ):
            right = np.argmax(network.predict(self.x, verbose=0), 1) == self.y
            self.assertAllClose(results[name], right.mean())
        plain = lnl.losses.CrossEntropy()(self.y, self.model.first(self.x))
        self.assertAllClose(results["loss"], plain)

    def test_soft_labels(self):
        one_hot = np.eye(3)[self.y]
        by_integer = self.model.evaluate(self.x, self.y, verbose=0, return_dict=True)
        model = CoTeaching(self.model.first, self.model.second)
        model.compile("sgd", loss=lnl.losses.CrossEntropy(), metrics=["accuracy"])
        by_vector = model.evaluate(self.x, one_hot, verbose=0, return_dict=True)
        self.assertAllClose(by_integer, by_vector)

    @parameterized.parameters(
        (10, 0.2, 8), (10, 0.0, 10), (128, 0.8, 25), (3, 0.99, 1), (1, 0.5, 1)
    )
    def test_kept_count(self, size, rate, expected):
        self.assertEqual(int(kept_count(size, tf.constant(rate))), expected)

    def test_smallest(self):
        values = tf.constant([3.0, 1.0, 2.0, 1.0])
        self.assertAllEqual(smallest(values, 3), [0, 1, 1, 1])
        self.assertAllEqual(tf.reduce_sum(smallest(values, 1)), 1)

    def test_round_trip(self):
        path = self.get_temp_dir() + "/pair.keras"
        self.model.save(path)
        loaded = keras.models.load_model(path)
        for ours, theirs in zip(self.model(self.x), loaded(self.x), strict=True):
            self.assertAllEqual(ours, theirs)

    def test_scheduler(self):
        seen = []
        record = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(float(self.model.forget_rate))
        )
        forget = lnl.callbacks.ForgetScheduler(final=0.4, epochs=4)
        self.model.fit(self.x, self.y, epochs=6, verbose=0, callbacks=[forget, record])
        self.assertAllClose(seen, [0, 0.1, 0.2, 0.3, 0.4, 0.4])
        with self.assertRaisesRegex(ValueError, "needs a `lnl.training.CoTeaching`"):
            model = linear(1)
            model.compile("sgd", "mse")
            model.fit(self.x, self.x[:, :3], verbose=0, callbacks=[forget])
        with self.assertRaisesRegex(ValueError, "final=1.0"):
            lnl.callbacks.ForgetScheduler(final=1.0)


class RobustModelTest(tf.test.TestCase):
    def test_memory_follows_the_index(self):
        images = keras.Input((4,))
        logits = keras.layers.Dense(3, kernel_initializer="zeros")(images)
        model = RobustModel(images, logits)
        loss = lnl.losses.get("elr", num_examples=20, num_classes=3)
        model.compile(CoupledSGD(0.0), loss=loss, metrics=["accuracy"])
        x, y = np.zeros((6, 4)), np.arange(6) % 3
        index = np.array([11, 3, 5, 0, 19, 8])
        history = model.fit(x, {"label": y, "index": index}, verbose=0, epochs=2)
        memory = np.asarray(loss.state[0])
        average = (1 - 0.7**2) / 3
        self.assertAllClose(memory[index], np.full((6, 3), average), atol=1e-3)
        self.assertAllEqual(np.flatnonzero(memory.sum(axis=1)), np.sort(index))
        last = np.log(3) + 3 * np.log(1 - average)
        self.assertAllClose(history.history["loss"][-1], last, rtol=1e-3)
        with self.assertRaisesRegex(ValueError, "trains on targets of the form"):
            model.fit(x, y, verbose=0)
        results = model.evaluate(x, y, verbose=0, return_dict=True)
        self.assertAllClose(results["loss"], np.log(3))
        self.assertAllClose(results["accuracy"], 1 / 3)


class ServedModelTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        {"loss": "ce", "method": "co_teaching"},
        {"loss": "elr_sr"},
        {"loss": "elr"},
        {"loss": "elr_sr", "prior_weight": 10.0},
    )
    def test_is_a_plain_model_of_the_same_weights(self, **settings):
        data = datasets.load("digits")
        model = build_model(config.resolve(settings), data)
        served = served_model(model)
        path = self.get_temp_dir() + "/served.keras"
        served.save(path)
        loaded = keras.models.load_model(path)
        images = data.test_images[:8]
        expected = model(images)
        if settings.get("method"):
            self.assertNotAllClose(expected[0], expected[1])
            expected = expected[0]
        self.assertAllClose(loaded(images), expected, rtol=1e-5)
        results = loaded.evaluate(
            images, data.test_labels[:8], verbose=0, return_dict=True
        )
        self.assertIn("accuracy", results)
        self.assertEmpty(loaded.loss.state)


if __name__ == "__main__":
    tf.test.main()
