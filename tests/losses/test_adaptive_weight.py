"""λ that follows training: against NumPy, epoch by epoch, and what does not count."""

import math

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.gradients import compiled

from lnl_sr_tf import losses
from lnl_sr_tf.losses import CrossEntropy, SparseRegularization, adaptive_weight
from lnl_sr_tf.losses.adaptive_weight import AdaptiveWeight
from lnl_sr_tf.losses.within_step import within_step

P = 0.1
FIRST = 1.5
# How sure outputs are on average in each epoch: the change is below a tenth after the
# fourth one, and λ grows from the fifth.
SURE = (0.2, 0.4, 0.5, 0.52, 0.3, 0.6, 0.6, 0.1, 0.1, 0.1, 0.2, 0.2)
GROWS = 4


def made(weight=FIRST, p=P, calls=24, per_epoch=2, begun=True):
    """(λ, its `AdaptiveWeight`), in a training of so many calls."""
    variable = keras.Variable(weight, dtype="float32", trainable=False)
    adaptive = AdaptiveWeight(variable, p)
    adaptive.go_on(calls, per_epoch)
    if begun:
        adaptive.begin()
    return variable, adaptive


def by_numpy(means, first=FIRST, p=P, pace=0.1):
    """λ in each epoch, from how sure outputs are in each."""
    grown, last = adaptive_weight._GROWN / p, adaptive_weight._LAST / p
    path, start = [], None
    for epoch in range(len(means)):
        if start is None and epoch >= 2:
            change = abs(means[epoch - 1] - means[epoch - 2])
            start = epoch if change < pace * means[epoch - 2] else None
        weight = first
        if start is not None:
            number = epoch - start + 1
            weight *= (grown / first) ** min(1, number / 4)
            rest = max(1, len(means) - start - 4)
            weight *= (last / grown) ** (max(0, number - 4) / rest)
        path.append(max(weight, first))
    return path


def batches(mean):
    """Two batches, of different size and mean, that have this mean together."""
    return np.full(6, mean + 0.05, np.float32), np.full(3, mean - 0.1, np.float32)


class AdaptiveWeightTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(SURE, (0.3,) * 12, (0.0,) * 12, (0.5, 0.5, 0.5))
    def test_as_by_numpy(self, *means):
        weight, adaptive = made(calls=2 * len(means))
        found = []
        for mean in means:
            for batch in batches(mean):
                adaptive.update(batch, None)
                found.append(float(weight))
        self.assertAllClose(found, np.repeat(by_numpy(means), 2), rtol=1e-5)

    def test_grows_where_outputs_stay_as_sure(self):
        path = by_numpy(SURE)
        self.assertEqual(path[:GROWS], [FIRST] * GROWS)
        self.assertTrue((np.diff(path[GROWS - 1 :]) > 0).all())
        self.assertAllClose(path[GROWS + 3], 2 / P)
        self.assertAllClose(path[-1], 4 / P)

    @parameterized.parameters(0.02, 0.3)
    def test_pace(self, pace):
        variable = keras.Variable(FIRST, dtype="float32", trainable=False)
        adaptive = AdaptiveWeight(variable, P, pace)
        adaptive.go_on(2 * len(SURE), 2)
        adaptive.begin()
        for mean in SURE:
            for batch in batches(mean):
                adaptive.update(batch, None)
        starts = {0.02: 7, 0.3: 3}
        self.assertEqual(float(adaptive._start), 2 * starts[pace])
        self.assertAllClose(float(variable), by_numpy(SURE, pace=pace)[-1], rtol=1e-5)

    @parameterized.parameters((0.0, 0.1), (30.0, 30.0), (1e9, 1e9))
    def test_first_weight(self, given, first):
        """It is at least 0.01/p, and never falls."""
        weight, adaptive = made(given)
        found = []
        for _ in range(12):
            for batch in batches(0.5):
                adaptive.update(batch, None)
                found.append(float(weight))
        self.assertAllClose(found[0], first)
        self.assertGreaterEqual(np.diff(found).min(), 0)
        self.assertAllClose(found[-1], max(first, 4 / P), rtol=1e-5)

    def test_positions_that_do_not_count(self):
        _, adaptive = made()
        counts = np.array([True] * 4 + [False] * 4)
        adaptive.update(np.array([0.5] * 4 + [0.9] * 4, np.float32), counts)
        _, alone = made()
        alone.update(np.full(4, 0.5, np.float32), None)
        self.assertAllClose(adaptive.state, alone.state)

    @parameterized.parameters(0, 3)
    def test_epochs_in_which_nothing_counts(self, number):
        weight, adaptive = made()
        for _ in range(8):
            adaptive.update(np.zeros(number, np.float32), np.zeros(number, bool))
        self.assertEqual(float(weight), FIRST)
        self.assertEqual(float(adaptive._start), 0)

    def test_stays_out_of_training(self):
        weight, adaptive = made(calls=0, begun=False)
        before = [float(one) for one in adaptive.state]
        adaptive.update(np.full(3, 0.5, np.float32), None)
        self.assertEqual([float(one) for one in adaptive.state], before)
        self.assertEqual(float(weight), FIRST)
        self.assertFalse(adaptive.begun)

    @parameterized.parameters(0.0, -1.0, 1.0, math.nan)
    def test_errors(self, pace):
        with self.assertRaisesRegex(ValueError, "`pace` must be"):
            AdaptiveWeight(keras.Variable(1.0), P, pace)


def logits_of(rate, number=8):
    """So many outputs are sure, with a surplus of 2/3, the others have none."""
    logits = np.zeros((number, 3), np.float32)
    logits[: round(rate * number), 0] = 30.0
    return logits


class OfALossTest(tf.test.TestCase, parameterized.TestCase):
    def loss(self, inner=None, calls=100):
        loss = SparseRegularization(inner or CrossEntropy(), p=P, weight=FIRST)
        loss.adapt().go_on(calls, 1)
        loss.adaptive.begin()
        return loss

    def counted(self, loss):
        """(sum of the surplus, number of outputs) of the epoch so far."""
        return float(loss.adaptive._sum), float(loss.adaptive._number)

    def test_counts_what_a_batch_shows(self):
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.75))
        self.assertAllClose(self.counted(loss), (6 * 2 / 3, 8))

    def test_a_step_is_by_the_weight_of_its_epoch(self):
        loss = self.loss()
        batch = np.zeros(8, int), logits_of(0.5)
        for weight in by_numpy([1 / 3] * 6)[:5]:
            plain = SparseRegularization(CrossEntropy(), p=P, weight=weight)
            self.assertAllClose(loss(*batch), plain(*batch), rtol=1e-3)
        self.assertGreater(float(loss.weight), FIRST)

    def test_weights_and_masks(self):
        """Half of what is sure does not count."""
        weights = np.array([0, 1] * 4, np.float32)
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.5), sample_weight=weights)
        self.assertAllClose(self.counted(loss), (2 * 2 / 3, 4))
        loss = self.loss()
        loss(np.zeros(8, int), logits_of(0.5), sample_weight=weights[::-1] * 0)
        self.assertAllClose(self.counted(loss), (0, 0))
        masked = self.loss()
        predictions = tf.constant(logits_of(0.5)[None])
        predictions._keras_mask = tf.constant([[True] * 4 + [False] * 4])
        masked(np.zeros((1, 8), int), predictions)
        self.assertAllClose(self.counted(masked), (4 * 2 / 3, 4))

    def test_evaluation_moves_nothing(self):
        loss = self.loss()
        before = [float(one) for one in loss.state]
        with within_step(training=False):
            loss(np.zeros(8, int), logits_of(0.5))
        self.assertEqual([float(one) for one in loss.state], before)

    def test_compiled(self):
        loss, plain = self.loss(), self.loss()
        call = compiled(loss)
        for rate in (0.5, 0.5, 0.5, 1.0):
            batch = np.zeros(8, int), logits_of(rate)
            value = call(*batch)
            self.assertAllClose(value, plain(*batch), rtol=1e-5)
            if keras.backend.backend() == "jax":
                break  # a step of JAX hands its state on: that is the model's part
        else:
            self.assertGreater(float(loss.weight), FIRST)
            self.assertAllClose(loss.state, plain.state, rtol=1e-6)

    def test_state_and_variables(self):
        """A checkpoint needs λ where more than the epoch moves it, and what does."""
        plain = SparseRegularization(CrossEntropy())
        self.assertEmpty(plain.state)
        loss = self.loss()
        self.assertLen(loss.state, 7)
        self.assertIs(loss.state[0], loss.weight)
        known = {id(one) for one in loss.variables}
        self.assertLen(known, len(loss.variables))
        self.assertContainsSubset({id(one) for one in loss.state}, known)

    def grown(self):
        loss = self.loss()
        for _ in range(4):
            loss(np.zeros(8, int), logits_of(0.5))
        self.assertGreater(float(loss.weight), FIRST)
        return loss

    def test_saved_with_the_present_weight(self):
        loss = self.grown()
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        self.assertEqual(float(again.weight), float(loss.weight))
        self.assertEqual(again.initial_weight, FIRST)
        self.assertIsNone(again.adaptive)

    def test_first_weight_is_the_one_that_was_given(self):
        loss = self.grown()
        self.assertEqual(loss.initial_weight, FIRST)
        loss.weight = 2.0
        self.assertEqual(loss.initial_weight, 2.0)

    @parameterized.parameters("ce", "fl", "gce", "mae", "nce_rce")
    def test_around_any_loss(self, name):
        loss = self.loss(losses.get(name))
        loss(np.zeros(8, int), logits_of(0.25))
        self.assertAllClose(self.counted(loss), (2 * 2 / 3, 8))


if __name__ == "__main__":
    tf.test.main()
