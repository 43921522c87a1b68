"""The three stages of negative learning, and by what they select."""

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled, value_and_gradient
from keras.src.backend import set_keras_mask

from lnl_sr_tf import losses

STAGES = ("negative", "selective_negative", "selective_positive")


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


class MemoryTest(tf.test.TestCase, parameterized.TestCase):
    """Beside what its authors' code does, written in NumPy and float64."""

    def run_of(self, history, class_weight, epochs=7, size=12, classes=4):
        """(losses of ours, of theirs, how many were selected) of each step."""
        rng = np.random.default_rng(history)
        labels = rng.integers(classes, size=size)
        # Of every second one the network is nearly sure.
        sure = 3.0 * np.eye(classes)[labels] * (np.arange(size) % 2)[:, None]
        loss = losses.SelectiveNegativePositiveLearning(
            seed=1, num_examples=size, history=history, class_weight=class_weight,
            epsilon=1e-5,
        )  # fmt: skip
        draws = losses.NegativeLearning(seed=1, epsilon=1e-5)
        weight = np.ones(classes) if class_weight is None else np.array(class_weight)
        past = np.zeros((size, history))
        found, expected, chosen = [], [], []
        for epoch in range(epochs):
            stage = min(2, epoch // 2)
            loss.stage = STAGES[stage]
            logits = sure + rng.normal(scale=2.0, size=(size, classes))
            logits = logits.astype("float32")
            seen = past.copy()
            for batch in np.split(rng.permutation(size), 3):
                z, y = logits[batch].astype(np.float64), labels[batch]
                u = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
                given = u[np.arange(len(y)), y]
                mean = given if epoch == 0 else seen[batch, : min(epoch, history)]
                mean = mean if epoch == 0 else mean.mean(axis=1)
                selected = mean > (-1.0, 1 / classes, 0.5)[stage]
                negative = np.asarray(draws.call(y, logits[batch]), np.float64)
                values = weight[y] * (-np.log(given) if stage == 2 else negative)
                counted = weight[y] if stage == 2 else np.ones(len(y))
                total = (selected * values).sum()
                expected.append(total / max((selected * counted).sum(), 1e-9))
                found.append(np.mean(loss.call(y, logits[batch], index=batch)))
                chosen.append(selected.sum())
                past[batch, epoch % history] = given
        return found, expected, chosen

    @parameterized.product(
        history=(1, 2, 10), class_weight=(None, [1.0, 2.5, 1.25, 3.0])
    )
    def test_as_in_their_code(self, history, class_weight):
        found, expected, chosen = self.run_of(history, class_weight)
        self.assertAllClose(found, expected, rtol=2e-5)
        # Of the four of a batch some are selected and some are not.
        self.assertContainsSubset([1, 2, 3], chosen[6:])

    def test_without_an_index_nothing_is_kept(self):
        """As in evaluation: the output that is there decides."""
        loss = losses.SelectiveNegativePositiveLearning(
            seed=1, stage="selective_positive", num_examples=3
        )
        labels, logits = np.zeros(2, np.int64), np.log([[0.7, 0.3], [0.4, 0.6]])
        before = [np.array(one) for one in loss.state[1:]]
        self.assertAllClose(loss.call(labels, logits), [-2 * np.log(0.7), 0.0])
        for one, value in zip(loss.state[1:], before, strict=True):
            self.assertAllEqual(one, value)

    @parameterized.parameters(
        ({"history": 0}, "`history` must be a number in"),
        ({"class_weight": [1.0, -1.0]}, "`class_weight` must be a number of at least"),
        ({"class_weight": [1.0, np.nan]}, "`class_weight` must be a number of at le"),
        ({"class_weight": 2.0}, "`class_weight` must be a number of at least 0 for"),
    )
    def test_refused(self, params, message):
        with self.assertRaisesRegex(ValueError, message):
            losses.SelectiveNegativePositiveLearning(**params)


if __name__ == "__main__":
    tf.test.main()
