"""The model against loops, and against numbers worked out by hand."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.votes.dawid_skene import dawid_skene
from lnl_sr_tf.votes.vote_list import Votes

PLAIN = 1e-9  # a smoothing that changes nothing where every cell was seen


def made(examples=300, annotators=4, classes=3, missing=0.2, seed=0):
    """A table of votes: the truth in most places, anything in the others."""
    rng = np.random.default_rng(seed)
    true = rng.integers(classes, size=(examples, 1))
    table = rng.integers(classes, size=(examples, annotators))
    right = rng.random(table.shape) < np.linspace(0.8, 0.3, annotators)
    table = np.where(right, true, table)
    table[rng.random(table.shape) < missing] = -1
    return table


def by_loops(table, classes, iterations):
    """(probabilities, prior, confusion matrices) by the formulas, loop by loop."""
    examples, annotators = table.shape
    voted = (table >= 0).any(axis=1)
    q = np.zeros((examples, classes))
    for i in range(examples):
        for a in range(annotators):
            if table[i, a] >= 0:
                q[i, table[i, a]] += 1
        if q[i].sum():
            q[i] /= q[i].sum()
    prior, confusion = m_step(q, table, voted)
    for _ in range(iterations):
        q = np.tile(prior, (examples, 1))
        for i in range(examples):
            for a in range(annotators):
                if table[i, a] >= 0:
                    q[i] *= confusion[a, :, table[i, a]]
            q[i] /= q[i].sum()
        prior, confusion = m_step(q, table, voted)
    q[~voted] = prior
    return q, prior, confusion


def m_step(q, table, voted):
    """(prior, confusion matrices) of given probabilities."""
    said = np.zeros((table.shape[1], q.shape[1], q.shape[1]))
    for i in range(table.shape[0]):
        for a in range(table.shape[1]):
            if table[i, a] >= 0:
                said[a, :, table[i, a]] += q[i]
    return q[voted].mean(axis=0), said / said.sum(axis=2, keepdims=True)


class DawidSkeneTest(parameterized.TestCase):
    @parameterized.parameters((3, 1, 0.0), (3, 25, 0.2), (2, 10, 0.5), (5, 10, 0.1))
    def test_equals_loops(self, classes, iterations, missing):
        table = made(classes=classes, missing=missing, seed=classes)
        q, prior, confusion = by_loops(table, classes, iterations)
        fit = dawid_skene(Votes.from_table(table, classes), PLAIN, iterations, 1e-300)
        self.assertEqual(fit.iterations, iterations)
        np.testing.assert_allclose(np.exp(fit.log_posterior), q, atol=1e-6)
        np.testing.assert_allclose(fit.prior, prior, atol=1e-6)
        for a in range(table.shape[1]):
            np.testing.assert_allclose(fit.confusions.of(a), confusion[a], atol=1e-6)

    def test_a_step_by_hand(self):
        """Shares (1, 0), (2/3, 1/3), (0, 1), (1/3, 2/3), thus π_kk 5/6, 5/6, 2/3."""
        table = [[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0]]
        fit = dawid_skene(Votes.from_table(table), PLAIN, max_iterations=1)
        q = np.exp(fit.log_posterior[:, 0])
        np.testing.assert_allclose(q, [50 / 51, 25 / 27, 1 / 51, 2 / 27], atol=1e-6)
        both, third = (50 / 51 + 25 / 27) / 2, (50 / 51 + 2 / 27) / 2
        for a, right in enumerate((both, both, third)):
            np.testing.assert_allclose(
                fit.confusions.of(a),
                [[right, 1 - right], [1 - right, right]],
                atol=1e-6,
            )
        np.testing.assert_allclose(fit.prior, [0.5, 0.5], atol=1e-6)
        self.assertFalse(fit.converged)

    def test_smoothing_by_the_formula(self):
        """π = (said + s·b) / (seen + s), with b from all votes and the annotator's."""
        table, classes, s = made(examples=60), 3, 10.0
        fit = dawid_skene(Votes.from_table(table, classes), s, 1)
        q = np.exp(fit.log_posterior)
        said = np.array([
            [[q[table[:, a] == j, k].sum() for j in range(classes)]
             for k in range(classes)] for a in range(table.shape[1])
        ])  # fmt: skip
        typical = said.sum(axis=0) + 1 / classes
        typical /= typical.sum(axis=1, keepdims=True)
        hits, given = np.trace(said, axis1=1, axis2=2), said.sum(axis=(1, 2))
        mean = (hits.sum() + 1) / (given.sum() + 2)

        def logit(p):
            return np.log(p / (1 - p))

        for a in range(table.shape[1]):
            ability = logit((hits[a] + s * mean) / (given[a] + s)) - logit(mean)
            guess = np.empty((classes, classes))
            for k in range(classes):
                right = 1 / (1 + np.exp(-logit(typical[k, k]) - ability))
                guess[k] = typical[k] * (1 - right) / (1 - typical[k, k])
                guess[k, k] = right
            wanted = (said[a] + s * guess) / (said[a].sum(axis=1, keepdims=True) + s)
            np.testing.assert_allclose(fit.confusions.of(a), wanted, rtol=1e-9)

    def test_ends_when_the_bound_hardly_rises(self):
        """The bound by its formula, after each iteration."""
        table = made(missing=0.1)
        votes = Votes.from_table(table, 3)
        bounds = []
        for iterations in range(1, 40):
            fit = dawid_skene(votes, PLAIN, iterations, 1e-300)
            q, p = np.exp(fit.log_posterior), fit.prior
            confusion = np.stack([fit.confusions.of(a) for a in range(4)])
            terms = (q * (np.log(p) - fit.log_posterior)).sum(axis=1)
            bound = terms[(table >= 0).any(axis=1)].sum()
            for i, a in np.argwhere(table >= 0):
                bound += q[i] @ np.log(confusion[a, :, table[i, a]])
            bounds.append(bound / len(votes))
        rises = np.diff(bounds)
        self.assertGreater(rises.min(), -1e-9)
        for tolerance in (1e-4, 1e-5):
            wanted = 2 + np.flatnonzero(rises < tolerance)[0]
            fit = dawid_skene(votes, PLAIN, tolerance=tolerance)
            self.assertTrue(fit.converged)
            self.assertEqual(fit.iterations, wanted)

    def test_thousands_of_votes_do_not_underflow(self):
        """A product of thousands of probabilities is 0 in float64."""
        table = np.tile([[0], [1]], (20, 3000))
        table[:, 500:] = np.random.default_rng(0).integers(2, size=(40, 2500))
        fit = dawid_skene(Votes.from_table(table))
        self.assertTrue(np.isfinite(fit.log_posterior).all())
        np.testing.assert_array_equal(
            fit.log_posterior.argmax(axis=1), np.tile([0, 1], 20)
        )

    def test_steadier_where_annotators_gave_few(self):
        """Four votes of each example and forty of each annotator, of ten classes."""
        rng = np.random.default_rng(0)
        true = rng.integers(10, size=2000)
        example = np.repeat(np.arange(2000), 4)
        annotator = np.concatenate([rng.choice(200, 4, replace=False) for _ in true])
        right = rng.random(8000) < rng.uniform(0.4, 0.95, 200)[annotator]
        label = np.where(right, true[example], rng.integers(10, size=8000))
        names = [tuple(map(str, range(n))) for n in (2000, 200, 10)]
        votes = Votes(example, annotator, label, *names)
        hits = [
            (dawid_skene(votes, s).log_posterior.argmax(axis=1) == true).mean()
            for s in (0.01, 10.0)
        ]
        self.assertGreater(hits[1], hits[0] + 0.01)


if __name__ == "__main__":
    absltest.main()
