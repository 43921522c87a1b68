"""The parts of a loss with sparse regularization, as metrics of a plain model."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
Y = np.arange(8) % 3
METRICS = (lnl.metrics.FitLoss, lnl.metrics.SparseNorm)


class LossPartsTest(tf.test.TestCase, parameterized.TestCase):
    def test_in_a_plain_model(self):
        """As Keras averages the loss, and beside a λ that moves."""
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        loss = lnl.losses.get("ce_sr", weight=2.0)
        made = [metric(loss) for metric in METRICS]
        model.compile(keras.optimizers.SGD(0.0), loss=loss, metrics=made)
        logs = model.fit(
            X, Y, batch_size=8, epochs=2, verbose=0, validation_data=(X, Y),
            callbacks=[
                lnl.callbacks.RegularizationScheduler(rho=3.0),
                keras.callbacks.EarlyStopping(monitor="val_fit_loss", patience=9),
                keras.callbacks.EarlyStopping(monitor="val_norm", patience=9),
            ],
        ).history  # fmt: skip
        logits = model(X)
        fit = float(lnl.losses.CrossEntropy()(Y, logits))
        for part in ("", "val_"):
            self.assertAllClose(logs[part + "fit_loss"], [fit, fit], rtol=1e-5)
            total = np.add(
                logs[part + "fit_loss"], np.multiply([2, 6], logs[part + "norm"])
            )
            self.assertAllClose(logs[part + "loss"], total, rtol=1e-5)

    def test_values_by_hand(self):
        loss = lnl.losses.get("ce_sr", p=0.5)
        for metric, expected in ((METRICS[0], np.log(2)), (METRICS[1], 2 * 0.5**0.5)):
            metric = metric(loss)
            metric.update_state([0, 1], [[0.0, 0.0], [9.0, 0.0]], sample_weight=[1, 0])
            self.assertAllClose(metric.result(), expected)

    def test_fit_loss_is_without_a_class_prior(self):
        inner = lnl.losses.ClassPrior(lnl.losses.CrossEntropy(), prior=[1, 9, 1])
        metric = lnl.metrics.FitLoss(lnl.losses.SparseRegularization(inner))
        metric.update_state([0, 1], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        self.assertAllClose(metric.result(), np.log(3))

    @parameterized.parameters(
        lambda: lnl.losses.NegativeLearning(seed=1),
        lambda: lnl.losses.get("elr", num_examples=8, num_classes=3),
    )
    def test_to_measure_moves_nothing(self, make):
        loss = lnl.losses.SparseRegularization(make())
        before = [np.array(variable) for variable in loss.variables]
        metric = lnl.metrics.FitLoss(loss)
        metric.update_state(Y, np.zeros((8, 3)))
        self.assertGreater(float(metric.result()), 0)
        for variable, value in zip(loss.variables, before, strict=True):
            self.assertAllEqual(variable, value)

    @parameterized.parameters(*METRICS)
    def test_round_trip(self, metric):
        made = metric(lnl.losses.get("fl_sr", gamma=2.0, p=0.3), name="other")
        config = keras.metrics.serialize(made)
        again = keras.metrics.deserialize(config)
        self.assertEqual(again.name, "other")
        logits = np.eye(3)[Y]
        results = []
        for one in (made, again):
            one.update_state(Y, logits)
            results.append(float(one.result()))
        self.assertAllClose(*results)

    @parameterized.parameters(*METRICS)
    def test_a_loss_without_norm(self, metric):
        with self.assertRaisesRegex(ValueError, "must be a `lnl.losses.SparseReg"):
            metric(lnl.losses.CrossEntropy())


if __name__ == "__main__":
    tf.test.main()
