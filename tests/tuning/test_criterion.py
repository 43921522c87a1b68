"""Accuracy by noisy labels ranks as clean labels do, where it is proven to."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.tuning import criterion
from lnl_sr_tf.tuning.trial import Tried

CLASSES, EXAMPLES = 10, 100_000
ACCURACIES = (0.1, 0.4, 0.7, 0.9, 0.95, 1.0)


def predictions(labels, accuracy, rng, mistaken=None):
    """Labels of which a share is right, and the others any, or `mistaken` further."""
    wrong = rng.random(len(labels)) >= accuracy
    steps = rng.integers(1, CLASSES, len(labels)) if mistaken is None else mistaken
    return np.where(wrong, (labels + steps) % CLASSES, labels)


def tried(number, value, recipe=False, state="complete"):
    return Tried(number, {}, state, value, recipe, {})


class CriterionTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.rng = np.random.default_rng(1)
        self.clean = self.rng.integers(0, CLASSES, EXAMPLES)

    def measure(self, matrix, accuracies, mistaken=None):
        given = noise.corrupt(self.clean, matrix, seed=2, exact=False)
        return [
            np.mean(predictions(self.clean, a, self.rng, mistaken) == given)
            for a in accuracies
        ]

    @parameterized.product(rate=(0.0, 0.2, 0.6, 0.8), mistaken=(None, 1))
    def test_symmetric_noise_is_affine(self, rate, mistaken):
        """Whatever the mistakes are: the noise is blind to them."""
        matrix = noise.symmetric_matrix(CLASSES, rate)
        found = self.measure(matrix, ACCURACIES, mistaken)
        for accuracy, measured in zip(ACCURACIES, found, strict=True):
            wanted = criterion.expected(accuracy, rate, CLASSES)
            error = criterion.standard_error(wanted, EXAMPLES)
            self.assertLess(abs(measured - wanted), 4.5 * error + 0.001)
        self.assertEqual(found, sorted(found))

    def test_beyond_the_bound_the_order_turns(self):
        """η > 1 − 1/k, where no criterion could know which labels are right."""
        found = self.measure(noise.symmetric_matrix(CLASSES, 0.97), (0.1, 1.0))
        self.assertGreater(found[0], found[1])

    def test_one_kind_of_mistake_deceives_under_pairflip(self):
        """Mistakes as the noise makes them are rewarded; perfect is still the best."""
        matrix = noise.pairflip_matrix(CLASSES, 0.4)
        (as_noise,) = self.measure(matrix, (0.80,), mistaken=1)
        (other,) = self.measure(matrix, (0.85,), mistaken=5)
        (perfect,) = self.measure(matrix, (1.0,))
        self.assertGreater(as_noise, other)
        self.assertGreater(perfect, as_noise)

    def test_standard_error_is_the_deviation_over_samples(self):
        hits = self.rng.random((4000, 143)) < 0.6
        self.assertAlmostEqual(
            float(hits.mean(axis=1).std()),
            criterion.standard_error(0.6, 143),
            delta=0.002,
        )

    @parameterized.parameters(([],), ([("running", None)],), ([("failed", None)],))
    def test_none_is_complete(self, states):
        trials = [tried(1 + i, v, state=s) for i, (s, v) in enumerate(states)]
        self.assertIsNone(criterion.best(trials))
        with self.assertRaisesRegex(ValueError, "expected a complete trial"):
            criterion.chosen(trials)
        for trial in trials:
            with self.assertRaisesRegex(ValueError, "trial 1 is .*, not complete"):
                trial.accuracy  # noqa: B018

    def test_best(self):
        trials = [
            tried(1, 0.5, recipe=True), tried(2, 0.6, recipe=True),
            tried(3, None, state="failed"), tried(4, 0.6), tried(5, 0.59),
            tried(6, None, state="running"),
        ]  # fmt: skip
        self.assertEqual(criterion.best(trials).number, 2)
        self.assertIsNone(criterion.best(trials[2:3]))
        near = criterion.indistinguishable(trials, examples=1000)
        self.assertEqual([one.number for one in near], [4, 5])
        near = criterion.indistinguishable(trials, examples=100_000)
        self.assertEqual([one.number for one in near], [4])


if __name__ == "__main__":
    absltest.main()
