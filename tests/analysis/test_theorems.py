"""What the paper proves holds for the functions that compute it."""

import itertools
import pathlib
import re

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import losses
from lnl_sr_tf.analysis import robustness

THEORY = pathlib.Path(__file__).resolve().parents[2] / "docs" / "theory.md"
LOSSES = ("ce", "fl", "gce", "mae", "nce", "gce_sr")
# Of each loss; thirty times as many take minutes, and hold too.
CASES = 200
VECTORS = ((1, 0, 0), (0.8, 0.1, 0.1), (0.6, 0.3, 0.1), (0.5, 0.5, 0))


def clipped(name, **params):
    """A loss of probabilities that clips at 1e-7."""
    return losses.get(name, from_logits=False, epsilon=1e-7, **params)


def assignments(vector, count):
    """Every way to give each of `count` inputs a permutation of a vector."""
    permutations = np.array(sorted(set(itertools.permutations(vector))), "float64")
    return [np.array(rows) for rows in itertools.product(permutations, repeat=count)]


def minimisers(risks):
    """Positions of the least, up to rounding."""
    return set(np.flatnonzero(np.array(risks) < min(risks) + 1e-9))


def asymmetric_risk(loss, outputs, labels, matrix):
    values = robustness.class_losses(loss, outputs)
    return np.mean(np.sum(matrix[labels] * values, axis=-1))


class TheoremsTest(tf.test.TestCase, parameterized.TestCase):
    # Three inputs, two of them with labels that differ.
    inputs = np.array([0, 0, 0, 1, 1, 2])
    labels = np.array([0, 0, 1, 2, 1, 0])

    @parameterized.product(
        name=("ce", "fl", "gce", "mae", "nce", "ce_sr"), vector=VECTORS
    )
    def test_theorem_1_on_permutations(self, name, vector):
        loss = clipped(name)
        given = [
            (loss, outputs[self.inputs], self.labels)
            for outputs in assignments(vector, 3)
        ]
        clean = minimisers([robustness.risk(*each) for each in given])
        noisy = {
            rate: minimisers(
                [robustness.symmetric_noisy_risk(*each, rate) for each in given]
            )
            for rate in (0.65, 0.75)
        }
        self.assertEqual(noisy[0.65], clean)
        # Beyond 1 − 1/k the theorem says nothing, and it is not so.
        self.assertEmpty(noisy[0.75] & clean)

    def test_theorem_1_needs_the_permutations(self):
        """Free outputs follow the noise under CE: (1 − η, η/2, η/2) in place of e_0."""
        tenths = [
            (a, b, 10 - a - b) for a in range(11) for b in range(11) if a + b <= 10
        ]
        hypotheses = [np.array([u]) / 10 for u in tenths]
        measured = {
            name: robustness.measured_difference(clipped(name), hypotheses, [0], 0.4)
            for name in ("ce", "mae")
        }
        ce = measured["ce"]
        self.assertEqual(tenths[ce["clean_minimiser"]], (10, 0, 0))
        self.assertEqual(tenths[ce["noisy_minimiser"]], (6, 2, 2))
        self.assertAllClose(ce["difference"], -np.log(0.6), rtol=1e-5)
        self.assertLess(ce["difference"], ce["bound"])
        self.assertEqual(tenths[measured["mae"]["noisy_minimiser"]], (10, 0, 0))
        self.assertEqual(measured["mae"]["difference"], 0.0)

    @parameterized.parameters("ce", "fl", "gce", "mae", "nce")
    def test_theorem_2_on_one_hot(self, name):
        """Asymmetric noise; one-hot outputs, with which R(f*) = 0."""
        loss, labels = clipped(name), np.array([0, 1, 2, 0])
        hypotheses = assignments((1, 0, 0), 4)
        (right,) = minimisers([robustness.risk(loss, h, labels) for h in hypotheses])
        self.assertAllClose(hypotheses[right], np.eye(3)[labels])
        self.assertAllClose(robustness.risk(loss, hypotheses[right], labels), 0.0)
        values = robustness.class_losses(loss, np.eye(3))
        self.assertAllInRange(values, -1e-9, values[0].sum() / 2 + 1e-9)
        random = np.random.default_rng(6)
        for _ in range(5):
            matrix = random.dirichlet(np.ones(3), size=3)
            matrix = matrix * 0.6 + 0.4 * np.eye(3)
            # The probability to stay is made the largest of its row.
            most = np.argmax(matrix, axis=-1)
            rows = np.arange(3)
            matrix[rows, most], matrix[rows, rows] = (
                matrix[rows, rows].copy(),
                matrix[rows, most].copy(),
            )
            noisy = [asymmetric_risk(loss, h, labels, matrix) for h in hypotheses]
            self.assertEqual(minimisers(noisy), {right})
        # Class 0 becomes 1 more often than it stays: 1 is learned.
        matrix = np.array([[0.4, 0.6, 0.0], [0, 1, 0], [0, 0, 1]])
        noisy = [asymmetric_risk(loss, h, labels, matrix) for h in hypotheses]
        self.assertNotIn(right, minimisers(noisy))

    @parameterized.parameters(*LOSSES)
    def test_theorem_3_on_random_sets(self, name):
        """On random sets of hypotheses, near random vectors, at random rates."""
        random = np.random.default_rng(7)
        both = losses.get(name), clipped(name)
        differ = 0
        for case in range(CASES):
            classes, count = random.integers(2, 9), random.integers(1, 7)
            vectors = (np.eye(classes)[0], random.dirichlet(np.ones(classes)))
            v = vectors[case % 2]
            # ε, roughly: outputs are mixtures of a permutation and anything.
            share = 10 ** random.uniform(-4, 0)
            hypotheses = [
                (1 - share) * random.permuted(np.tile(v, (count, 1)), axis=1)
                + share * random.dirichlet(np.ones(classes), size=count)
                for _ in range(random.integers(2, 4))
            ]
            rate = (1 - 1 / classes) * random.uniform() ** 0.25
            loss = both[case // 2 % 2]
            labels = random.integers(classes, size=count)
            found = robustness.measured_difference(loss, hypotheses, labels, rate, v)
            self.assertGreaterEqual(found["difference"], 0.0)
            self.assertLessEqual(
                found["difference"], found["bound"] * (1 + 1e-9) + 1e-9
            )
            differ += found["clean_minimiser"] != found["noisy_minimiser"]
        if not losses.get(name.removesuffix("_sr")).symmetric:
            self.assertGreater(differ, 0)

    @parameterized.parameters("ce", "fl", "gce", "ce_sr")
    def test_theorem_3_is_tight(self, name):
        """Two hypotheses, between which the noise just changes the choice."""
        loss, labels = losses.get(name), [0]
        sharp, flat = np.array([[0.8, 0.15, 0.05]]), np.array([[0.6, 0.25, 0.15]])

        def total(outputs):
            return robustness.class_losses(loss, outputs).sum()

        cost = robustness.risk(loss, flat, labels) - robustness.risk(
            loss, sharp, labels
        )
        constant = cost / abs(total(sharp) - total(flat)) * (1 + 1e-6)
        rate = 2 * constant / (1 + 3 * constant)
        # v is where the sum is half-way.
        low, high = 0.0, 1.0
        target = (total(sharp) + total(flat)) / 2
        for _ in range(50):
            middle = (low + high) / 2
            v = (1 - middle) * sharp + middle * flat
            before = (total(v) > target) == (total(sharp) > target)
            low, high = (middle, high) if before else (low, middle)
        found = robustness.measured_difference(loss, [sharp, flat], labels, rate, v[0])
        self.assertEqual(found["noisy_minimiser"], 1)
        self.assertAllClose(found["difference"], cost)
        self.assertBetween(found["difference"] / found["bound"], 0.9999, 1.0)
        both = np.concatenate([sharp, flat])
        spread_bound = robustness.check(loss, both, [0, 0], rate)["spread_bound"]
        self.assertBetween(found["difference"] / spread_bound, 0.9999, 1.0)


class DocsTest(tf.test.TestCase):
    def test_example(self):
        """The page's code runs, and prints what the page says it prints."""
        text = THEORY.read_text("utf-8")
        (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        (output,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
        printed = []
        names = {"print": lambda *words: printed.append(" ".join(map(str, words)))}
        exec(compile(code, str(THEORY), "exec"), names)
        self.assertEqual("\n".join(printed) + "\n", output)


if __name__ == "__main__":
    tf.test.main()
