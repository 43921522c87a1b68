"""λ that follows training: against NumPy, step by step, and what does not count."""

import math

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled

from lnl_sr_tf import losses
from lnl_sr_tf.losses import CrossEntropy, SparseRegularization, adaptive_weight
from lnl_sr_tf.losses.adaptive_weight import AdaptiveWeight, sparse_target
from lnl_sr_tf.losses.within_step import within_step

PACE = 0.2
SURE, UNSURE = 0.999, 0.5
P = 0.1


def made(weight=4.0, p=P, calls=20, begun=True):
    """(λ, its `AdaptiveWeight`), in a training of so many calls."""
    variable = keras.Variable(weight, dtype="float32", trainable=False)
    adaptive = AdaptiveWeight(variable, p, PACE)
    adaptive.go_on(calls)
    if begun:
        adaptive.begin()
    return variable, adaptive


def by_numpy(rates, weight, calls, p=P):
    """λ after each batch, from the share of sparse outputs in each."""
    low, high = (bound / p for bound in adaptive_weight._RANGE)
    look, fastest = adaptive_weight._LOOK * calls, adaptive_weight._FASTEST
    mean, path = 0.0, []
    for step, rate in enumerate(rates):
        kept = math.exp(-1 / look) if mean > 0 else 0.0
        mean = kept * mean + (1 - kept) * rate
        target = 1 - 0.5 * math.exp(-step / calls / PACE)
        slope = np.clip(adaptive_weight._GAIN * (target - mean), -fastest, fastest)
        weight = float(np.clip(weight * math.exp(slope / calls), low, high))
        path.append(weight)
    return path


def outputs(rate, number=8):
    """The largest probabilities of a batch."""
    sure = round(rate * number)
    return np.array([SURE] * sure + [UNSURE] * (number - sure), np.float32)


class AdaptiveWeightTest(tf.test.TestCase, parameterized.TestCase):
    def test_target(self):
        """From a half to one, by a third of what is left each pace."""
        self.assertAllClose(sparse_target(0.0, PACE), 0.5)
        self.assertAllClose(sparse_target(PACE, PACE), 1 - 0.5 / math.e)
        self.assertAllClose(sparse_target(50 * PACE, PACE), 1.0)

    @parameterized.product(
        calls=(30, 4000), rates=((0.25, 0.5, 1.0, 0.0, 0.75, 0.5), (0.5,) * 6, (1.0,))
    )
    def test_as_by_numpy(self, calls, rates):
        rates = [*rates] * (18 // len(rates))
        weight, adaptive = made(calls=calls)
        found = []
        for rate in rates:
            adaptive.update(outputs(rate), None)
            found.append(float(weight))
        self.assertAllClose(found, by_numpy(rates, 4.0, calls), rtol=1e-4)
        self.assertGreater(np.ptp(found), 0)

    @parameterized.parameters((1.0, -1), (0.0, 1))
    def test_falls_where_outputs_are_sparse_and_rises_where_not(self, rate, sign):
        weight, adaptive = made(calls=1000)
        before = float(weight)
        for _ in range(5):
            adaptive.update(outputs(rate), None)
            self.assertGreater(sign * (float(weight) - before), 0)
            before = float(weight)

    @parameterized.parameters((1.0, 0), (0.0, 1))
    def test_stays_in_its_range(self, rate, end):
        for start in (0.0, 4.0, 1e9):  # λ0 itself may be outside of it
            weight, adaptive = made(start, calls=20)
            for _ in range(20):
                adaptive.update(outputs(rate), None)
                self.assertBetween(float(weight) * P, *adaptive_weight._RANGE)
        self.assertAllClose(float(weight) * P, adaptive_weight._RANGE[end])

    def test_positions_that_do_not_count(self):
        weight, adaptive = made()
        counts = np.array([True] * 4 + [False] * 4)
        adaptive.update(outputs(0.5), counts)
        other, alone = made()
        alone.update(outputs(1.0, 4), None)
        self.assertEqual(float(weight), float(other))

    @parameterized.parameters(0, 3)
    def test_nothing_that_counts_moves_nothing(self, number):
        _, adaptive = made()
        adaptive.update(outputs(0.5), None)
        before = [float(one) for one in adaptive.state]
        adaptive.update(outputs(0.0, number), np.zeros(number, bool))
        self.assertEqual([float(one) for one in adaptive.state], before)
        self.assertAllClose(before[1:], [0.5, 1.0])

    def test_stays_out_of_training(self):
        _, adaptive = made(calls=0, begun=False)
        adaptive.update(outputs(0.0), None)
        self.assertEqual([float(one) for one in adaptive.state], [4.0, 0.0, 0.0])
        self.assertFalse(adaptive.begun)

    @parameterized.parameters(0.0, -1.0, math.nan)
    def test_errors(self, pace):
        with self.assertRaisesRegex(ValueError, "`pace` must be"):
            AdaptiveWeight(keras.Variable(1.0), P, pace)


def logits_of(rate, number=8):
    logits = np.zeros((number, 3), np.float32)
    logits[: round(rate * number), 0] = 30.0
    return logits


class OfALossTest(tf.test.TestCase, parameterized.TestCase):
    def loss(self, inner=None, calls=100):
        loss = SparseRegularization(inner or CrossEntropy(), p=P, weight=4.0)
        loss.adapt(PACE).go_on(calls)
        return loss

    def test_counts_what_a_batch_shows(self):
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.75))
        self.assertAllClose(loss.adaptive.state[1], 0.75)
        self.assertAllClose(loss.weight, by_numpy([0.75], 4.0, 100)[0], rtol=1e-5)

    def test_the_step_itself_is_by_the_weight_before(self):
        loss = self.loss()
        plain = SparseRegularization(CrossEntropy(), p=P, weight=4.0)
        batch = np.zeros(8, int), logits_of(0.0)
        self.assertAllClose(loss(*batch), plain(*batch))
        self.assertGreater(float(loss.weight), 4.0)
        self.assertGreater(float(loss(*batch)), float(plain(*batch)))

    def test_weights_and_masks(self):
        """Half of what is sparse does not count."""
        weights = np.array([0, 1] * 4, np.float32)
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.5), sample_weight=weights)
        self.assertAllClose(loss.adaptive.state[1], 0.5)
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.5), sample_weight=weights[::-1] * 0)
        self.assertEqual(float(loss.weight), 4.0)
        masked = self.loss()
        predictions = tf.constant(logits_of(0.5)[None])
        predictions._keras_mask = tf.constant([[True] * 4 + [False] * 4])
        masked(np.zeros((1, 8), int), predictions)
        self.assertAllClose(masked.adaptive.state[1], 1.0)

    def test_evaluation_moves_nothing(self):
        loss = self.loss()
        with within_step(training=False):
            loss(np.zeros(8, int), logits_of(0.0))
        self.assertEqual([float(one) for one in loss.state], [4.0, 0.0, 0.0])

    def test_compiled(self):
        loss, plain = self.loss(), self.loss()
        call = compiled(loss)
        for rate in (0.0, 0.5, 1.0):
            batch = np.zeros(8, int), logits_of(rate)
            value = call(*batch)
            self.assertAllClose(value, plain(*batch), rtol=1e-5)
            if keras.backend.backend() == "jax":
                break  # a step of JAX hands its state on: that is the model's part
        else:
            self.assertAllClose(loss.state, plain.state, rtol=1e-6)

    def test_state_and_variables(self):
        """A checkpoint needs λ where more than the epoch moves it, and what does."""
        plain = SparseRegularization(CrossEntropy())
        self.assertEmpty(plain.state)
        loss = self.loss()
        self.assertLen(loss.state, 3)
        self.assertIs(loss.state[0], loss.weight)
        known = {id(one) for one in loss.variables}
        self.assertLen(known, len(loss.variables))
        self.assertContainsSubset({id(one) for one in loss.state}, known)

    def test_saved_with_the_present_weight(self):
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.0))
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(float(again.weight), float(loss.weight))
        self.assertEqual(again.initial_weight, 4.0)
        self.assertIsNone(again.adaptive)

    def test_first_weight_is_the_one_that_was_given(self):
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.0))
        self.assertNotEqual(float(loss.weight), 4.0)
        self.assertEqual(loss.initial_weight, 4.0)
        loss.weight = 2.0
        self.assertEqual(loss.initial_weight, 2.0)

    @parameterized.parameters("ce", "fl", "gce", "mae", "nce_rce")
    def test_around_any_loss(self, name):
        loss = self.loss(losses.get(name))
        loss(np.zeros(8, int), logits_of(0.25))
        self.assertAllClose(loss.adaptive.state[1], 0.25)


if __name__ == "__main__":
    tf.test.main()
