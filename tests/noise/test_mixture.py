"""Noise that is known, found again from outputs that are known."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError


def observed(matrix, count=20_000, accuracy=0.99, seed=1):
    """Soft outputs of a network that is mostly right, clean and given labels."""
    rng = np.random.default_rng(seed)
    k = len(matrix)
    clean = rng.integers(0, k, count)
    given = noise.corrupt(clean, matrix, seed)
    says = np.where(rng.random(count) < accuracy, clean, rng.integers(0, k, count))
    outputs = rng.dirichlet(np.ones(k), count) * 0.4
    outputs[np.arange(count), says] += 0.6
    return outputs, clean, given


class EstimateNoiseTest(parameterized.TestCase):
    @parameterized.parameters(
        (noise.symmetric_matrix(10, 0.0),),
        (noise.symmetric_matrix(10, 0.6),),
        (noise.pairflip_matrix(10, 0.3),),
        (noise.asymmetric_matrix("mnist", 0.4),),
        (noise.symmetric_matrix(2, 0.3),),
    )
    def test_finds_the_matrix_and_the_rate(self, matrix):
        outputs, clean, given = observed(matrix)
        found = noise.estimate_noise(outputs, given)
        np.testing.assert_allclose(found.matrix.sum(axis=1), 1.0)
        np.testing.assert_allclose(found.matrix, matrix, atol=0.03)
        self.assertAlmostEqual(found.rate, np.mean(given != clean), delta=0.015)
        # Nearly what the network alone knows, and not less.
        right = np.mean(found.posterior.argmax(axis=1) == clean)
        self.assertGreaterEqual(right, np.mean(outputs.argmax(axis=1) == clean))
        self.assertAlmostEqual(found.counts.sum(), len(given), places=6)

    def test_probability_is_calibrated(self):
        """Where the sharpened outputs are the probabilities of the true classes."""
        rng = np.random.default_rng(1)
        sharp = rng.dirichlet(np.full(4, 0.2), 40_000) + 1e-9
        sharp /= sharp.sum(axis=1, keepdims=True)
        clean = (sharp.cumsum(axis=1) < rng.random((40_000, 1))).sum(axis=1)
        given = noise.corrupt(clean, noise.symmetric_matrix(4, 0.3), 1)
        soft = sharp**0.1
        soft /= soft.sum(axis=1, keepdims=True)
        wrong = noise.estimate_noise(soft, given).wrong
        self.assertAlmostEqual(wrong.mean(), 0.3, delta=0.01)
        for low in np.arange(0, 1, 0.1):
            chosen = (wrong >= low) & (wrong < low + 0.1)
            self.assertGreater(chosen.sum(), 100)
            actual = np.mean(given[chosen] != clean[chosen])
            self.assertAlmostEqual(wrong[chosen].mean(), actual, delta=0.05)

    def test_order_of_examples_and_names_of_classes_do_not_matter(self):
        outputs, _, given = observed(noise.pairflip_matrix(5, 0.3), 2000)
        found = noise.estimate_noise(outputs, given)
        rng = np.random.default_rng(0)
        order, names = rng.permutation(2000), rng.permutation(5)
        renamed = np.empty_like(outputs)
        renamed[:, names] = outputs
        again = noise.estimate_noise(renamed[order], names[given][order])
        np.testing.assert_allclose(again.wrong, found.wrong[order], atol=1e-6)
        np.testing.assert_allclose(
            again.matrix[np.ix_(names, names)], found.matrix, atol=1e-6
        )

    def test_a_class_without_examples(self):
        outputs, clean, given = observed(noise.symmetric_matrix(4, 0.3), 4000)
        given = np.where(given == 2, 3, given)
        found = noise.estimate_noise(outputs, given)
        np.testing.assert_allclose(found.counts[:, 2], 0, atol=1e-9)
        np.testing.assert_allclose(found.matrix[:, 2], 0, atol=1e-5)
        np.testing.assert_allclose(found.matrix[2], [0.1, 0.1, 0, 0.8], atol=0.03)
        self.assertAlmostEqual(found.rate, np.mean(given != clean), delta=0.015)

    def test_labels_in_other_forms(self):
        outputs, _, given = observed(noise.symmetric_matrix(3, 0.3), 500)
        found = noise.estimate_noise(outputs, given)
        for same in (given[:, None], given.astype(np.float32), list(given)):
            again = noise.estimate_noise(outputs, same)
            np.testing.assert_array_equal(again.wrong, found.wrong)

    def test_counts_are_those_of_the_posterior(self):
        outputs, _, given = observed(noise.pairflip_matrix(4, 0.3), 700)
        found = noise.estimate_noise(outputs, given)
        for label in range(4):
            expected = found.posterior[given == label].sum(axis=0)
            np.testing.assert_allclose(found.counts[:, label], expected)

    @parameterized.parameters(
        (
            [[0.5, 0.6], [1, 0]],
            [0, 1],
            "row 0: .*sum to 1 .*received 0.5, 0.6",
        ),
        ([[2.0, -1.0], [1, 0]], [0, 1], "at least 0"),
        ([[np.nan, 1.0], [1, 0]], [0, 1], "row 0: .*received nan, 1"),
        ([[1.0], [1.0]], [0, 0], r"two classes, .*received the shape \(2, 1\)"),
        ([[1.0, 0.0], [0, 1]], [0, 2], r"in \[0, 2\); received 2 at place 1"),
        ([[1.0, 0.0], [0, 1]], [-1, 1], "received -1 at place 0"),
        ([[1.0, 0.0], [0, 1]], [0.5, 1], "whole numbers; received 0.5 at place 0"),
        ([[1.0, 0.0]], [0, 1], "expected 1 labels, one an example; received 2"),
        ([1.0, 0.0], [0, 1], r"an array of 2 dimensions; received the shape \(2,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), "at least one example"),
    )
    def test_wrong(self, probabilities, labels, message):
        with self.assertRaisesRegex(InputError, message):
            noise.estimate_noise(np.array(probabilities), np.array(labels))


class ShareIntervalTest(parameterized.TestCase):
    @parameterized.parameters(0.0, 0.02, 0.3, 0.9)
    def test_holds_the_share_as_often_as_it_says(self, share):
        count = np.random.default_rng(1).binomial(200, share, 4000)
        low, high = noise.share_interval(count, 200)
        self.assertBetween(np.mean((low <= share) & (share <= high)), 0.93, 1.0)

    def test_none(self):
        low, high = noise.share_interval(0, 0)
        self.assertEqual((float(low), float(high)), (0.0, 1.0))


if __name__ == "__main__":
    absltest.main()
