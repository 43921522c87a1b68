"""Sparse regularization: the term, λ, what it wraps, and its gradient."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import value_and_gradient

import lnl_sr_tf as lnl
from lnl_sr_tf import losses


def softmax(logits):
    exp = np.exp(logits)
    return exp / exp.sum(axis=-1, keepdims=True)


class SparseRegularizationTest(tf.test.TestCase, parameterized.TestCase):
    def test_value(self):
        logits = np.log([[0.7, 0.2, 0.1]])
        loss = losses.SparseRegularization(losses.CrossEntropy(), p=0.5, weight=3.0)
        expected = -np.log(0.2) + 3.0 * np.sqrt([0.7, 0.2, 0.1]).sum()
        self.assertAllClose(loss([1], logits), expected, rtol=1e-6)

    def test_clip(self):
        """Below ε the term is constant: ε^p, with no gradient."""
        logits = np.array([[0.0, -30.0]])
        loss = losses.SparseRegularization(losses.CrossEntropy(), p=0.1, weight=1.0)
        self.assertAllClose(loss.norm(logits), [1 + 1e-7**0.1], rtol=1e-6)
        _, gradient = value_and_gradient(loss.norm, logits)
        self.assertAllClose(gradient, [[0.0, 0.0]], atol=1e-7)

    def test_weight_is_a_variable(self):
        loss = losses.get("ce_sr", weight=1.0)
        norm = float(loss.norm(np.zeros((1, 4)))[0])

        before = np.asarray(loss([0], np.zeros((1, 4))))
        loss.weight = 5.0
        after = np.asarray(loss([0], np.zeros((1, 4))))
        self.assertAllClose(after - before, 4 * norm, rtol=1e-5)
        self.assertEqual(loss.get_config()["weight"], 5.0)
        with self.assertRaisesRegex(ValueError, "weight=-1"):
            loss.weight = -1

    def test_wraps_a_keras_loss(self):
        logits = np.random.default_rng(0).normal(size=(8, 5))
        labels = np.arange(8) % 5
        ours = losses.get("ce_sr", p=0.1, weight=2.0)
        for wrapped, outputs in (
            (keras.losses.SparseCategoricalCrossentropy(from_logits=True), logits),
            (keras.losses.SparseCategoricalCrossentropy(), softmax(logits)),
        ):
            loss = losses.SparseRegularization(wrapped, p=0.1, weight=2.0)
            self.assertAllClose(loss(labels, outputs), ours(labels, logits), rtol=1e-4)

    @parameterized.parameters(0.0, 2.0)
    def test_ignored_class_of_a_keras_loss(self, weight):
        """Examples that the wrapped loss leaves out are no part of the term either."""
        logits = np.random.default_rng(0).normal(size=(3, 4, 5)).astype("float32")
        labels = np.arange(12).reshape(3, 4) % 5
        kept = np.arange(12).reshape(3, 4) % 2 == 0
        labels[~kept] = -1
        wrapped = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
        for reduction in ("sum_over_batch_size", "sum"):
            loss = losses.SparseRegularization(
                wrapped, p=0.1, weight=weight, from_logits=True, reduction=reduction
            )
            plain = losses.get("ce_sr", p=0.1, weight=weight, reduction=reduction)
            expected = plain(labels[kept], logits[kept])
            self.assertAllClose(loss(labels, logits), expected, rtol=1e-5)

    def test_ignored_class_at_lambda_0(self):
        """What Keras gives, not that over all examples (0.726)."""
        wrapped = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=255)
        loss = losses.SparseRegularization(wrapped, weight=0.0, from_logits=True)
        logits = np.log([[0.234, 0.766], [0.5, 0.5]])
        self.assertAllClose(loss(np.array([0, 255]), logits), 1.452, atol=1e-3)

    @parameterized.parameters("scalar", "column")
    def test_wrapped_loss_without_a_value_for_each(self, kind):
        class Other(keras.losses.Loss):
            def call(self, y_true, y_pred):
                mean = keras.ops.mean(y_pred, axis=-1, keepdims=kind == "column")
                return mean if kind == "column" else keras.ops.mean(mean)

        loss = losses.SparseRegularization(Other(), from_logits=True)
        with self.assertRaisesRegex(ValueError, r"Other must give .*shape \(4,\)"):
            loss(np.zeros(4), np.zeros((4, 3), "float32"))

    def test_refuses_what_is_no_loss(self):
        with self.assertRaisesRegex(ValueError, "instance of `keras.losses.Loss`"):
            losses.SparseRegularization("ce")

    @parameterized.parameters(1, -2, None)
    def test_classes_along_another_axis(self, axis):
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, axis=axis)
        pattern = f"last axis, axis=-1.*with axis={axis}"
        with self.assertRaisesRegex(ValueError, pattern):
            losses.SparseRegularization(loss)

    @parameterized.parameters("weight", "initial_weight")
    def test_weight_beyond_float32(self, name):
        with self.assertRaisesRegex(ValueError, rf"`{name}` must be .*{name}=1e\+39"):
            losses.SparseRegularization(losses.CrossEntropy(), **{name: 1e39})

    def test_gradient_of_section_2_4(self):
        """Fitting and complementary term, from Eq. 10, against differentiation."""
        rng = np.random.default_rng(0)
        tau, p, weight, label = 0.5, 0.3, 2.5, 2
        z = rng.normal(size=6)
        u = softmax(z / tau)
        jacobian = (np.diag(u) - np.outer(u, u)) / tau  # Eq. 10: ∂u_j / ∂z_i
        slope = weight * p * u ** (p - 1)
        fitting = -(1 / u[label] - slope[label]) * jacobian[label]
        others = np.arange(6) != label
        complementary = slope[others] @ jacobian[others]
        layer = lnl.layers.OutputSharpening(tau, normalize=False)
        loss = losses.SparseRegularization(losses.CrossEntropy(), p, weight)
        _, gradient = value_and_gradient(lambda x: loss([label], layer(x)), z[None])
        self.assertAllClose(gradient[0], fitting + complementary, rtol=1e-4)

    def test_compiled_model_comes_back(self):
        model = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(3),
                lnl.layers.OutputSharpening(temperature=0.5),
            ]
        )
        model.compile(
            "sgd",
            loss=losses.get("fl_sr", gamma=2.0, p=0.1, weight=1.0),
            metrics=["accuracy", lnl.metrics.SparseRate()],
        )
        x, y = np.random.default_rng(0).normal(size=(16, 4)), np.arange(16) % 3
        scheduler = lnl.callbacks.RegularizationScheduler(rho=2.0)
        model.fit(x, y, epochs=3, verbose=0, callbacks=[scheduler])
        path = self.get_temp_dir() + "/model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
        self.assertEqual(float(loaded.loss.weight), 4.0)
        self.assertEqual(loaded.loss.loss.gamma, 2.0)
        self.assertAllEqual(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
        self.assertAllClose(
            loaded.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0)
        )

    def test_wrapped_loss_that_does_not_say_what_it_takes(self):
        class Custom(keras.losses.Loss):
            def call(self, y_true, y_pred):
                return keras.ops.mean(y_pred, axis=-1)

        with self.assertRaisesRegex(ValueError, "`from_logits` must be given"):
            losses.SparseRegularization(Custom())
        losses.SparseRegularization(Custom(), from_logits=True)


if __name__ == "__main__":
    tf.test.main()
