"""The interval of the noise rate has the true one, also where the network errs."""

import numpy as np
from absl.testing import absltest, parameterized
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from lnl_sr_tf import noise
from lnl_sr_tf.auditing import audit

KINDS = ("symmetric", "pairflip", "asymmetric", "instance")


def judged(number):
    """(audit, true noise rate, share that the network errs on) of a made data set."""
    kind, rate = KINDS[number % 4], (0.0, 0.1, 0.2, 0.3, 0.4)[number // 4]
    examples, labels = make_classification(
        600, 10, n_informative=8, n_classes=4, n_clusters_per_class=1, flip_y=0,
        class_sep=(1.0, 1.5)[number % 2], random_state=100 + number,
    )  # fmt: skip
    if kind == "instance":
        given = noise.instance_noise(
            examples.astype(np.float32), labels, rate, number, 4
        )
    else:
        matrix = {
            "symmetric": noise.symmetric_matrix(4, rate),
            "pairflip": noise.pairflip_matrix(4, rate),
            "asymmetric": noise.map_matrix(4, rate, {0: 1, 2: 3}),
        }[kind]
        given = noise.corrupt(labels, matrix, number)
    outputs = cross_val_predict(
        GaussianNB(), examples, given, cv=3, method="predict_proba"
    )
    errs = np.mean(outputs.argmax(axis=1) != labels)
    return audit(given, outputs), np.mean(given != labels), errs


class RateIntervalTest(parameterized.TestCase):
    def test_holds_where_the_network_errs(self):
        sets = [judged(number) for number in range(20)]
        self.assertGreater(np.mean([errs for _, _, errs in sets]), 0.1)

        def held(interval):
            return sum(low <= true <= high for (low, high), true in interval)

        ours = held((found.noise_rate_interval, true) for found, true, _ in sets)
        self.assertGreaterEqual(ours, 18)
        # For sampling alone it would not.
        sampling = held(
            (noise.share_interval(found.probability.sum(), len(found.given)), true)
            for found, true, _ in sets
        )
        self.assertLess(sampling, 14)
        widths = [np.diff(found.noise_rate_interval)[0] for found, _, _ in sets]
        self.assertLess(np.median(widths), 0.4)
        for found, _, _ in sets:
            low, high = found.noise_rate_interval
            self.assertBetween(found.noise_rate, low, high)

    @parameterized.parameters(0.5, 0.6)
    def test_a_second_label_that_may_be_right(self, rate):
        """Which of two labels of a class is right, nobody can tell from outputs."""
        rng = np.random.default_rng(0)
        clean = rng.integers(0, 4, 4000)
        given = noise.corrupt(clean, noise.pairflip_matrix(4, rate), 1)
        row = noise.pairflip_matrix(4, rate)[clean]
        outputs = 0.8 * row + 0.2 * rng.dirichlet(np.ones(4), 4000)
        low, high = audit(given, outputs).noise_rate_interval
        self.assertBetween(rate, low, high)

    def test_sharp_outputs_on_clean_labels(self):
        rng = np.random.default_rng(0)
        clean = rng.integers(0, 4, 3000)
        said = np.where(rng.random(3000) < 0.998, clean, rng.integers(0, 4, 3000))
        found = audit(clean, 0.9 * np.eye(4)[said] + 0.025)
        low, high = found.noise_rate_interval
        self.assertEqual(low, 0.0)
        self.assertLess(high, 0.01)


if __name__ == "__main__":
    absltest.main()
