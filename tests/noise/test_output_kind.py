"""Outputs that name one class, and those that predict the given labels."""

import numpy as np
from absl.testing import absltest, parameterized
from sklearn.metrics import roc_auc_score

from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.noise.output_kind import output_kind, sample


def sharp(matrix, count=4000, seed=1):
    """(outputs of a network that is right on 99 % and sure, clean, given labels)."""
    rng = np.random.default_rng(seed)
    classes = len(matrix)
    clean = rng.integers(0, classes, count)
    said = np.where(rng.random(count) < 0.99, clean, rng.integers(0, classes, count))
    outputs = rng.dirichlet(np.full(classes, 20.0), count) * 0.6
    outputs[np.arange(count), said] += 0.4
    return outputs, clean, noise.corrupt(clean, matrix, seed)


def calibrated(matrix, count=6000, seed=1):
    """(probabilities of the given labels, clean labels, given ones)."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet(np.full(len(matrix), 0.1), count)
    clean = (true.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    clean = np.minimum(clean, len(matrix) - 1)
    return true @ matrix, clean, noise.corrupt(clean, matrix, seed)


SYMMETRIC = noise.symmetric_matrix(5, 0.3)
ASYMMETRIC = noise.map_matrix(5, 0.4, {0: 1, 2: 3})


class OutputKindTest(parameterized.TestCase):
    @parameterized.parameters(0.0, 0.3, 0.6)
    def test_sharp_outputs_are_taken_as_they_are(self, rate):
        outputs, _, given = sharp(noise.symmetric_matrix(5, rate))
        found = output_kind(outputs, given)
        self.assertTrue(found.sharp)
        self.assertEqual(found.temperature, 0.1)
        np.testing.assert_array_equal(found.balance, np.ones(5))

    @parameterized.parameters((SYMMETRIC,), (ASYMMETRIC,))
    def test_of_calibrated_ones_the_rate_is_found(self, matrix):
        outputs, clean, given = calibrated(matrix)
        found = output_kind(outputs, given)
        self.assertFalse(found.sharp)
        wrong = np.mean(given != clean)
        here = noise.estimate_noise(outputs, given, found.temperature, found.balance)
        as_sharp = noise.estimate_noise(outputs, given)
        self.assertLess(abs(here.rate - wrong), 0.06)
        self.assertLess(abs(here.rate - wrong), abs(as_sharp.rate - wrong))

    def test_balance_is_of_the_right_labels(self):
        outputs, clean, given = calibrated(ASYMMETRIC)
        found = output_kind(outputs, given)
        self.assertLess(found.balance[[0, 2]].max(), 0.9 * found.balance[[1, 3]].min())
        wrong = given != clean

        def auroc(balance):
            made = noise.estimate_noise(outputs, given, found.temperature, balance)
            return roc_auc_score(wrong, made.wrong)

        surprise = -np.log(outputs[np.arange(len(given)), given])
        self.assertGreater(auroc(found.balance), auroc(None) + 0.002)
        self.assertGreater(auroc(found.balance), roc_auc_score(wrong, surprise) + 0.02)

    def test_chance_differences_are_not_believed(self):
        outputs, _, given = calibrated(SYMMETRIC, 300)
        np.testing.assert_allclose(output_kind(outputs, given).balance, 1, atol=0.1)

    def test_few_examples_of_many_classes(self):
        outputs, _, given = calibrated(noise.symmetric_matrix(50, 0.3), 200)
        np.testing.assert_array_equal(output_kind(outputs, given).balance, np.ones(50))

    def test_a_part_of_many_examples_tells_the_same(self):
        outputs, _, given = calibrated(ASYMMETRIC, 200_000)
        chosen = sample(np.arange(200_000), 5)
        whole = output_kind(outputs, given)
        part = output_kind(outputs[chosen], given[chosen])
        np.testing.assert_allclose(whole.balance, part.balance, rtol=0.1)
        self.assertAlmostEqual(whole.undecided, part.undecided, delta=0.02)

    def test_sample(self):
        few = np.array([3, 5, 7])
        np.testing.assert_array_equal(sample(few, 10), few)
        positions = np.arange(0, 100_000, 2)
        drawn = sample(positions, 10)
        self.assertLen(np.unique(drawn), 20_000)
        np.testing.assert_array_equal(drawn, np.sort(drawn))
        np.testing.assert_array_equal(drawn, sample(positions, 10))
        self.assertFalse((drawn % 2).any())
        # Classes that come in turns are all among them.
        self.assertLen(np.unique(drawn // 2 % 10), 10)
        self.assertLen(sample(positions, 4000), 1000)

    @parameterized.parameters(
        ([1.0, 2.0],), ([1.0, 0.0, 1.0, 1.0, 1.0],), ([[1.0] * 5],), (["a"] * 5,)
    )
    def test_wrong_balance(self, balance):
        outputs, _, given = calibrated(SYMMETRIC, 100)
        with self.assertRaisesRegex(InputError, "balance: expected"):
            noise.estimate_noise(outputs, given, 0.3, balance)


if __name__ == "__main__":
    absltest.main()
