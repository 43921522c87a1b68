"""Consensus, quality, agreement and order of `lnl.crowd`."""

import dataclasses
import math
import subprocess
import sys

import numpy as np
from absl.testing import absltest, parameterized
from scipy import stats
from sklearn.datasets import load_digits

import lnl_sr_tf as lnl
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.votes import Votes, krippendorff_alpha
from lnl_sr_tf.votes.majority import majority
from lnl_sr_tf.votes.next_vote import information

ACCURACIES = (0.9, 0.8, 0.7, 0.6, 0.4)
DIGITS = load_digits().target


def digits_votes(seed, missing=0.0):
    """Votes of five annotators of known accuracy on the digits."""
    rng = np.random.default_rng(seed)
    shape = len(DIGITS), len(ACCURACIES)
    other = (DIGITS[:, None] + rng.integers(1, 10, shape)) % 10
    table = np.where(rng.random(shape) < ACCURACIES, DIGITS[:, None], other)
    table[rng.random(shape) < missing] = -1
    return table


class DigitsTest(parameterized.TestCase):
    @parameterized.product(seed=(1, 2, 3), missing=(0.0, 0.3))
    def test_above_majority_and_quality_is_found(self, seed, missing):
        found = lnl.crowd(digits_votes(seed, missing))
        self.assertTrue(found.converged)
        self.assertGreater(
            (found.consensus == DIGITS).mean(),
            (found.majority == DIGITS).mean() + 0.005,
        )
        np.testing.assert_allclose(found.annotators.accuracy, ACCURACIES, atol=0.03)
        self.assertEqual(list(found.annotators.order), [0, 1, 2, 3, 4])

    def test_intervals_hold_the_truth(self):
        """Of 95 %: at least 85 of 100, where one is missed by chance now and then."""
        hits = []
        for seed in range(20):
            low, high = lnl.crowd(digits_votes(seed, 0.5)).annotators.interval.T
            hits += list((low < ACCURACIES) & (high > ACCURACIES))
        self.assertGreaterEqual(np.mean(hits), 0.85)
        self.assertLess(np.mean(high - low), 0.15)

    def test_fields(self):
        table = digits_votes(1, 0.3)
        found = lnl.crowd(table, class_names=[f"c{i}" for i in range(10)])
        self.assertEqual(found.consensus.shape, (1797,))
        self.assertEqual(found.probabilities.shape, (1797, 10))
        np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
        self.assertAlmostEqual(found.prior.sum(), 1)
        one = found.annotators[-1]
        self.assertEqual((one.name, one.votes), ("4", (table[:, 4] >= 0).sum()))
        np.testing.assert_allclose(one.confusion.sum(axis=1), 1)
        self.assertAlmostEqual(np.diag(one.confusion).mean(), 0.4, delta=0.06)
        self.assertLen(found.annotators[1:3], 2)
        self.assertEqual(found.class_names[3], "c3")
        self.assertCountEqual(found.order, range(1797))
        self.assertEmpty(lnl.crowd(digits_votes(1)).notes)
        # Votes as a list give the same.
        listed = lnl.crowd(Votes.from_table(table, 10))
        np.testing.assert_array_equal(listed.probabilities, found.probabilities)


class AnnotatorTest(parameterized.TestCase):
    def test_beta_where_the_others_leave_no_doubt(self):
        """Eight perfect annotators judge one: Beta(right + 1, wrong + 1)."""
        rng = np.random.default_rng(0)
        table = np.repeat(rng.integers(3, size=(120, 1)), 9, axis=1)
        wrong = rng.choice(120, 30, replace=False)
        table[wrong, 8] = (table[wrong, 8] + rng.integers(1, 3, 30)) % 3
        one = lnl.crowd(table).annotators[8]
        beta = stats.beta(90 + 1, 30 + 1)
        self.assertAlmostEqual(one.accuracy, beta.mean(), places=3)
        np.testing.assert_allclose(one.interval, beta.ppf([0.025, 0.975]), atol=2e-3)

    def test_nobody_judges_by_an_own_vote(self):
        """Accuracies by loops, each vote judged by those of the others alone."""
        table = digits_votes(1, 0.4)[:150]
        found = lnl.crowd(table, 10, smoothing=1.0)
        accuracies = (np.arange(1000) + 0.5) / 1000
        confusions = [one.confusion for one in found.annotators]
        for a, one in enumerate(found.annotators):
            log = np.zeros(1000)
            wrong = confusions[a] / (1 - np.diag(confusions[a]))[:, None]
            np.fill_diagonal(wrong, 0)
            for row in table[(table[:, a] >= 0) & ((table >= 0).sum(axis=1) > 1)]:
                q = found.prior.copy()
                for b in range(5):
                    if b != a and row[b] >= 0:
                        q *= confusions[b][:, row[b]]
                q /= q.sum()
                right = q[row[a]]
                log += np.log(
                    accuracies * right + (1 - accuracies) * (q @ wrong[:, row[a]])
                )
            density = np.exp(log - log.max())
            density /= density.sum()
            with self.subTest(one.name):
                self.assertAlmostEqual(one.accuracy, density @ accuracies, delta=0.005)
                ends = np.searchsorted(density.cumsum(), (0.025, 0.975)) / 1000
                np.testing.assert_allclose(one.interval, ends, atol=0.01)

    def test_votes_that_nobody_shares_are_not_judged(self):
        found = lnl.crowd([[0, 0, -1], [1, 1, -1], [0, -1, 1], [-1, -1, 1]])
        np.testing.assert_array_equal(found.annotators.judged, [3, 2, 1])
        found = lnl.crowd([[0, 0, -1], [1, 1, -1], [-1, -1, 1]])
        self.assertTrue(math.isnan(found.annotators[2].accuracy))
        self.assertEqual(found.annotators.order[-1], 2)


class AgreementTest(parameterized.TestCase):
    def test_published_examples(self):
        """Krippendorff's own; . is no vote."""
        four = (
            "1 2 3 3 2 1 4 1 2 . . .",
            "1 2 3 3 2 2 4 1 2 5 . 3",
            ". 3 3 3 2 3 4 2 2 5 1 .",
            "1 2 3 3 2 4 4 1 2 5 1 .",
        )
        three = (
            ". . . . . 3 4 1 2 1 1 3 3 . 3",
            "1 . 2 1 3 3 4 3 . . . . . . .",
            ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
        )
        for rows, alpha in ((four, 0.743), (three, 0.691)):
            said = [row.replace(".", "-1").split() for row in rows]
            table = np.array(said, int).T
            table[table > 0] -= 1
            with self.subTest(alpha):
                self.assertAlmostEqual(lnl.crowd(table).alpha, alpha, delta=0.0005)

    @parameterized.parameters(
        ([[2, 0], [0, 3]], 1.0),
        ([[1, 0], [0, 1]], math.nan),  # no pairs
        ([[2, 0], [3, 0]], math.nan),  # nobody could have disagreed
        ([[1, 1], [1, 1]], -0.5),
    )
    def test_ends(self, counts, alpha):
        np.testing.assert_allclose(krippendorff_alpha(np.array(counts)), alpha)


class MajorityTest(absltest.TestCase):
    def test_ties(self):
        counts = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0], [0, 2, 0], [1, 0, 1]])
        np.testing.assert_array_equal(majority(counts), [1, 1, 1, 1, 0])

    def test_ties_of_the_model(self):
        """The first of several, whatever rounding makes of them."""
        for rows in ([[0, 1], [1, 0]], [[2, 1], [1, 2]] * 7, [[2, 1, 0]] * 3):
            found = lnl.crowd(rows)
            level = found.probabilities.max(axis=1, keepdims=True) - 1e-9
            first = (found.probabilities >= level).argmax(axis=1)
            np.testing.assert_array_equal(found.consensus, first)
        found = dataclasses.replace(found, probabilities=np.array([[0.5 - 1e-15, 0.5]]))
        np.testing.assert_array_equal(found.consensus, [0])


class NextVoteTest(absltest.TestCase):
    def test_expected_fall_of_entropy(self):
        """Against the posteriors after each possible vote."""
        rng = np.random.default_rng(0)
        q = rng.dirichlet(np.ones(4), 50)
        confusion = rng.dirichlet(np.ones(4), 4)

        def entropy(p):
            return -(p * np.log2(p)).sum(axis=-1)

        wanted = entropy(q)
        for label in range(4):
            after = q * confusion[:, label]
            chance = after.sum(axis=1)
            wanted -= chance * entropy(after / chance[:, None])
        np.testing.assert_allclose(information(q, confusion), wanted, atol=1e-12)

    def test_order(self):
        """Those without a vote before those in dispute, before those all agree on."""
        rows = [[0, 0, 0], [1, 1, 1]] * 10 + [[0, 1, -1], [-1, -1, -1], [0, 1, 1]]
        found = lnl.crowd(rows)
        np.testing.assert_array_equal(found.order[:2], [21, 20])
        # All alike are in the order of the file.
        same = [i for i in found.order if i < 20]
        self.assertEqual(same, [*range(20)])


class SmallTest(parameterized.TestCase):
    def test_one_annotator(self):
        found = lnl.crowd([[0], [1], [1]])
        np.testing.assert_array_equal(found.consensus, [0, 1, 1])
        self.assertTrue(math.isnan(found.annotators[0].accuracy))
        self.assertTrue(math.isnan(found.alpha))
        self.assertRegex(found.notes[0], "one annotator only, '0': .* nothing tells")

    def test_no_example_twice(self):
        found = lnl.crowd([[0, -1], [-1, 1]])
        self.assertRegex(found.notes[0], "no example has two votes")

    @parameterized.parameters(0, 1)
    def test_all_equal(self, label):
        found = lnl.crowd(np.full((5, 3), label))
        np.testing.assert_array_equal(found.consensus, np.full(5, label))
        np.testing.assert_allclose(found.probabilities[:, label], 1)
        np.testing.assert_allclose(found.information, 0)
        self.assertTrue(math.isnan(found.alpha))
        self.assertRegex("\n".join(found.notes), f"all votes are for '{label}'")

    def test_without_votes(self):
        found = lnl.crowd([[0, 0, -1], [1, 1, -1], [1, 1, -1], [-1, -1, -1]])
        np.testing.assert_allclose(found.probabilities[3], found.prior)
        np.testing.assert_allclose(found.prior, [1 / 3, 2 / 3], atol=1e-3)
        notes = "\n".join(found.notes)
        self.assertIn("annotators without a vote: 1", notes)
        self.assertIn("examples without a vote: 1; their probabilities are", notes)
        np.testing.assert_allclose(found.annotators[2].confusion.sum(axis=1), 1)

    def test_a_class_that_nobody_named(self):
        found = lnl.crowd([[0, 0], [2, 2], [0, 2]], num_classes=4)
        np.testing.assert_array_equal(found.probabilities[:, [1, 3]], 0)

    def test_not_converged(self):
        found = lnl.crowd(digits_votes(1), max_iterations=2)
        self.assertFalse(found.converged)
        self.assertIn("has not come to an end after 2 iterations", found.notes[-1])

    def test_no_agreement(self):
        table = np.random.default_rng(0).integers(4, size=(400, 5))
        self.assertRegex(lnl.crowd(table).notes[0], "agree hardly more than by chance")

    def test_few_votes(self):
        notes = lnl.crowd([[0, 0], [1, 1]]).notes
        self.assertRegex(notes[0], "annotators gave few votes, .* smoothing=10 is")
        self.assertEmpty(lnl.crowd([[0, 0], [1, 1]], smoothing=10).notes)

    @parameterized.parameters(
        ([["cat", "dog"]], {}, "whole numbers, -1 for no vote; received <U3 such as"),
        ([[0, math.nan]], {}, r"-1 for no vote; received nan at place \(0, 1\)"),
        ([[0, 0.5]], {}, r"received 0.5 at place \(0, 1\)"),
        ([[0, -2], [-3, 1]], {}, r"received -2 at place \(0, 1\) and 1 more such"),
        ([[0, 3]], {"num_classes": 3}, r"in \[0, 3\), or -1 .*; received 3 at"),
        ([[0, 2]], {"class_names": ["a", "b"]}, r"in \[0, 2\)"),
        ([[0, 1]], {"class_names": ["a", "a"]}, "different texts"),
        ([[0, 1]], {"class_names": "ab"}, "texts in their order; received 'ab'"),
        ([[0, 1]], {"class_names": ["a", "b"], "num_classes": 3}, "expected 3; re"),
        ([[0, 0]], {"num_classes": 1}, "at least 2 classes; received 1"),
        ([0, 1], {}, r"the shape \(examples, annotators\); received \(2,\)"),
        ([[0, 1], [0]], {}, "rows of the same length"),
        ([[0, 900]], {}, "a vote is 900, and there are fewer votes than that"),
        ([[-1, -1]], {}, "at least one vote; there are 1 examples without any"),
        (np.zeros((0, 3), int), {}, "at least one vote; there are 0 examples"),
        (np.ma.masked_equal([[0, 1]], 1), {}, "masked; -1 stands for no vote"),
        ([[0, 1]], {"smoothing": 0}, "smoothing: expected a number above 0"),
        ([[0, 1]], {"tolerance": 1}, r"tolerance: expected a number in \(0, 1\)"),
        ([[0, 1]], {"max_iterations": 0}, "max_iterations: expected a whole"),
        (Votes.from_table([[0, 1]]), {"num_classes": 2}, "the votes say them already"),
    )
    def test_mistakes(self, votes, more, message):
        with self.assertRaisesRegex(InputError, message) as raised:
            lnl.crowd(votes, **more)
        self.assertNotIn("\n", str(raised.exception))

    def test_needs_neither_keras_nor_tensorflow(self):
        code = (
            "import sys, lnl_sr_tf as lnl; lnl.crowd([[0, 1, 1], [0, 0, 1]]); "
            "assert not {'tensorflow', 'keras'} & {*sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    absltest.main()
