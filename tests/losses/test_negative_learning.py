"""Complementary labels, their draws, and the three stages."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled, value_and_gradient
from keras.src.backend import set_keras_mask

from lnl_sr_tf import losses

STAGES = ("negative", "selective_negative", "selective_positive")


class NegativeLearningTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(2, 3, 10)
    def test_never_the_given_label(self, classes):
        """Where u is the label's one-hot vector, no other class costs anything."""
        labels = np.tile(np.arange(classes), 500)
        logits = 50.0 * np.eye(classes)[labels]
        loss = losses.NegativeLearning(seed=1, reduction=None)
        for _ in range(5):
            self.assertAllClose(loss(labels, logits), np.zeros(len(labels)), atol=1e-6)

    def test_every_other_class_alike(self):
        labels = np.full(9000, 4)
        for other in (0, 3, 5, 9):
            logits = np.tile(50.0 * np.eye(10)[other], (9000, 1))
            values = losses.NegativeLearning(seed=2, reduction=None)(labels, logits)
            # 1000 of 9000 are expected, with a standard deviation of 30.
            self.assertAllClose(np.mean(np.asarray(values) > 1), 1 / 9, atol=0.012)

    def test_drawn_anew_in_a_compiled_step(self):
        logits = np.random.default_rng(0).normal(size=(64, 10)).astype("float32")
        labels = np.arange(64) % 10
        loss = losses.NegativeLearning(seed=3)
        if keras.backend.backend() == "tensorflow":
            step = tf.function(lambda y, z: loss(y, z))
        else:
            step = loss
        first, second = (float(step(labels, logits)) for _ in range(2))
        self.assertNotEqual(first, second)

    def test_state_brings_the_draws_back(self):
        logits = np.random.default_rng(0).normal(size=(64, 10))
        labels = np.arange(64) % 10
        loss = losses.get("nlnl_sr", seed=4)
        loss(labels, logits)
        kept = [np.array(variable) for variable in loss.state]
        expected = [float(loss(labels, logits)) for _ in range(3)]
        twin = losses.get("nlnl_sr", seed=99)
        for variable, value in zip(twin.state, kept, strict=True):
            variable.assign(value)
        self.assertEqual([float(twin(labels, logits)) for _ in range(3)], expected)


class SelectiveTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        # Label 0 has the probability 0.7, 0.4, 0.2 of three classes.
        self.u = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [0.2, 0.5, 0.3]])
        self.labels = np.zeros(3, np.int64)

    def in_stage(self, stage):
        loss = losses.SelectiveNegativePositiveLearning(seed=1)
        loss.stage = stage
        self.assertEqual(loss.stage, stage)
        return loss

    def test_first_stage_is_negative_learning(self):
        plain = losses.NegativeLearning(seed=1)
        self.assertAllClose(
            self.in_stage("negative").call(self.labels, np.log(self.u)),
            plain.call(self.labels, np.log(self.u)),
        )

    def test_selective_negative_above_chance(self):
        values = self.in_stage("selective_negative").call(self.labels, np.log(self.u))
        every = losses.NegativeLearning(seed=1).call(self.labels, np.log(self.u))
        expected = np.asarray(every) * [1, 1, 0] * 3 / 2  # a mean over two of three
        self.assertAllClose(values, expected, rtol=1e-5)

    def test_selective_positive_above_a_half(self):
        loss = self.in_stage("selective_positive")
        self.assertAllClose(loss(self.labels, np.log(self.u)), -np.log(0.7), rtol=1e-5)

    @parameterized.parameters(*STAGES)
    def test_positions_of_a_sequence(self, stage):
        """The draws, and the share selected, are those of the flat batch."""
        labels = np.arange(12) % 3
        logits = 2 * np.random.default_rng(5).normal(size=(12, 3)).astype("float32")
        expected = self.in_stage(stage).call(labels, logits)
        for shape in ((3, 4), (3, 2, 2)):
            found = self.in_stage(stage).call(
                labels.reshape(shape), logits.reshape(*shape, 3)
            )
            self.assertAllClose(found, np.reshape(expected, shape), rtol=1e-5)

    @parameterized.product(
        stage=STAGES[1:], dtype=("float32", "float16"), wrapped=(False, True)
    )
    def test_masked_positions_are_not_counted(self, stage, dtype, wrapped):
        """The mean is over those selected of the valid positions."""
        u = np.array([[0.9, 0.4, 0.8, 0.2, 0.3]])  # of two classes, the label's
        outputs = keras.ops.convert_to_tensor(
            np.log(np.stack([u, 1 - u], axis=-1)), dtype=dtype
        )
        valid = np.array([[True, True, False, False, False]])
        set_keras_mask(outputs, keras.ops.convert_to_tensor(valid))
        loss = self.in_stage(stage)
        if wrapped:
            loss = losses.SparseRegularization(loss, weight=0.0)
        found = loss(np.zeros((1, 5), np.int64), outputs)
        self.assertAllClose(found, -np.log(0.9), rtol=2e-3)

    @parameterized.parameters(*STAGES)
    def test_nothing_selected(self, stage):
        loss = self.in_stage(stage)
        logits = 20.0 * np.eye(3)[[1, 2, 1]]  # never label 0
        value, gradient = value_and_gradient(
            lambda z: loss.call(self.labels, z), logits
        )
        self.assertTrue(np.isfinite(gradient).all())
        if stage != "negative":
            self.assertAllEqual(value, np.zeros(3))
            self.assertAllEqual(gradient, np.zeros((3, 3)))

    @parameterized.parameters(*STAGES)
    def test_under_xla(self, stage):
        expected = self.in_stage(stage)(self.labels, np.log(self.u))
        loss = self.in_stage(stage)
        found = compiled(lambda y, z: loss(y, z))(
            self.labels, np.log(self.u).astype("float32")
        )
        self.assertAllClose(found, expected, rtol=1e-5)

    def test_stage_that_is_none(self):
        with self.assertRaisesRegex(ValueError, "must be one of negative, selective_n"):
            self.in_stage("positive")


if __name__ == "__main__":
    tf.test.main()
