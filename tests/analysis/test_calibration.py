"""Temperatures that are known, found again, through noisy labels too."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.analysis import calibration
from lnl_sr_tf.errors import InputError


def drawn(count=20_000, classes=5, spread=3.0, seed=1):
    """Logits, and labels that are drawn from their softmax."""
    rng = np.random.default_rng(seed)
    logits = spread * rng.standard_normal((count, classes))
    chances = calibration.probabilities(logits, 1.0)
    labels = (chances.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return logits, np.minimum(labels, classes - 1)


class BinnedTest(parameterized.TestCase):
    def test_by_hand(self):
        """Bins are closed above; nothing said at all is in the first one."""
        said = np.array([0.0, 0.5, 0.6, 1.0])
        found = calibration.binned(said, np.array([True, False, True, True]), bins=2)
        np.testing.assert_array_equal(found.count, [2, 2])
        np.testing.assert_allclose(found.confidence, [0.25, 0.8])
        np.testing.assert_allclose(found.accuracy, [0.5, 1.0])
        self.assertAlmostEqual(found.ece, (2 * 0.25 + 2 * 0.2) / 4)


class FitTemperatureTest(parameterized.TestCase):
    @parameterized.parameters(0.01, 0.3, 1.0, 20.0)
    def test_finds_the_temperature(self, temperature):
        logits, labels = drawn()
        found = calibration.fit_temperature(logits * temperature, labels)
        self.assertAlmostEqual(found / temperature, 1.0, delta=0.03)
        error = calibration.calibration_error(logits * temperature, labels, found)
        self.assertLess(error, 0.01)

    @parameterized.parameters(
        (noise.symmetric_matrix(5, 0.4),), (noise.pairflip_matrix(5, 0.3),)
    )
    def test_through_noisy_labels(self, matrix):
        logits, labels = drawn()
        given = noise.corrupt(labels, matrix, 1)
        found = calibration.fit_temperature(7 * logits, given, matrix)
        self.assertAlmostEqual(found, 7.0, delta=0.5)
        # Without the matrix the noise would count as doubt.
        blind = calibration.fit_temperature(7 * logits, given)
        self.assertGreater(blind, 10.0)

    @parameterized.parameters((0.2, 0.03), (0.4, 0.03), (0.6, 0.05))
    def test_few_noisy_labels(self, rate, most):
        """Of 300 labels the likeliest temperature may be the smallest of all."""
        logits, labels = drawn(30_000, classes=10, spread=8.0)
        matrix = noise.symmetric_matrix(10, rate)
        given = noise.corrupt(labels, matrix, 1)
        errors = []
        for start in range(0, 9_000, 300):
            part = slice(start, start + 300)
            found = calibration.fit_temperature(7 * logits[part], given[part], matrix)
            self.assertBetween(found, 1.0, 20.0)
            errors.append(calibration.calibration_error(7 * logits, labels, found))
        self.assertLess(np.mean(errors), most)

    def test_logits_that_say_nothing(self):
        found = calibration.fit_temperature(np.zeros((40, 3)), np.arange(40) % 3)
        self.assertEqual(found, 1.0)

    def test_outputs_that_are_always_right(self):
        """No temperature is too low for them."""
        labels = np.arange(40) % 4
        found = calibration.fit_temperature(100 * np.eye(4)[labels], labels)
        self.assertTrue(np.isfinite(found))
        chances = calibration.probabilities(100 * np.eye(4)[labels], found)
        self.assertGreater(chances.max(axis=1).min(), 0.95)

    def test_outputs_on_a_sphere(self):
        """Normalised logits at τ = 0.5, which never exceed 0.478 for ten classes."""
        logits, labels = drawn(classes=10)
        logits[np.arange(len(labels)), labels] += 8.0
        logits /= 0.5 * np.linalg.norm(logits, axis=1, keepdims=True)
        self.assertLess(calibration.probabilities(logits, 1.0).max(), 0.4781)
        self.assertGreater(calibration.calibration_error(logits, labels), 0.4)
        self.assertLess(calibration.crosswise_error(logits, labels), 0.05)

    def test_crosswise_is_not_of_the_same_examples(self):
        logits, labels = drawn(40)
        best = calibration.fit_temperature(logits, labels)
        same = calibration.calibration_error(logits, labels, best)
        other = calibration.crosswise_error(logits, labels)
        self.assertNotAlmostEqual(same, other)

    @parameterized.parameters(
        (np.zeros((0, 3)), np.zeros(0, int), "at least one example; received none"),
        (np.zeros((4, 3)), np.zeros(5, int), "expected 4 labels, .*received 5"),
        (np.zeros(3), np.zeros(3, int), r"2 dimensions; received the shape \(3,\)"),
        (np.zeros((2, 3)), [0, 3], r"in \[0, 3\); received 3"),
    )
    def test_wrong(self, logits, labels, message):
        with self.assertRaisesRegex(InputError, message):
            calibration.fit_temperature(logits, labels)


if __name__ == "__main__":
    absltest.main()
