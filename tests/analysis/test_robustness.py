"""Losses of classes, their gaps and risks, by hand and against the losses."""

import itertools
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl.testing import parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf import losses
from lnl_sr_tf.analysis import robustness

LOSSES = ("ce", "fl", "gce", "mae", "nce", "gce_sr")
SYMMETRIC = ("mae", "nmae", "rce", "nrce", "nce", "nfl", "ngce", "nce_rce", "anl_ce")
# Neither fixed functions of the probabilities nor formulas for each class.
REFUSED = (
    "nlnl", "elr", "ce_logitclip", "ldr_kl", "bi_tempered", "ogc_ce", "ogc_fl",
    "ogc_gce", "mda_ce", "rrm_ce", "sop",
)  # fmt: skip
VECTORS = ((1, 0, 0), (0.8, 0.1, 0.1), (0.6, 0.3, 0.1), (0.5, 0.5, 0))


def clipped(name, **params):
    """A loss of probabilities that clips at 1e-7."""
    return losses.get(name, from_logits=False, epsilon=1e-7, **params)


class ClassLossesTest(tf.test.TestCase, parameterized.TestCase):
    def test_values(self):
        values = robustness.class_losses(losses.CrossEntropy(), [[0.5, 0.25, 0.25]])
        self.assertAllClose(values, np.log([[2.0, 4.0, 4.0]]), rtol=1e-12)
        self.assertEqual(values.dtype, np.float64)
        regularized = losses.get("ce_sr", p=0.5, weight=3.0)
        values = robustness.class_losses(regularized, [[0.25, 0.75]])
        norm = 0.5 + np.sqrt(0.75)
        self.assertAllClose(values, [-np.log([0.25, 0.75]) + 3 * norm], rtol=1e-6)

    @parameterized.parameters(
        *(n for n in losses.names() if not n.endswith("_sr") and n not in REFUSED),
        "ce_sr",
        "gce_sr",
    )
    def test_is_the_loss_of_each_label(self, name):
        outputs = np.random.default_rng(1).dirichlet(np.full(4, 0.3), size=6)
        for from_logits in (True, False):
            loss = losses.get(name, from_logits=from_logits)
            given = np.log(outputs) if from_logits else outputs
            expected = [loss.call(np.full(6, i), given) for i in range(4)]
            values = robustness.class_losses(loss, outputs)
            self.assertAllClose(values, np.stack(expected, axis=-1), rtol=1e-6)

    def test_zeros(self):
        """A loss of probabilities clips them; one of logits gets the floor."""
        one_hot = [[1.0, 0.0]]
        values = robustness.class_losses(clipped("ce"), one_hot)
        self.assertAllClose(values, [[0.0, 7 * np.log(10)]])
        values = robustness.class_losses(losses.CrossEntropy(), one_hot)
        self.assertAllClose(values, [[0.0, 126 * np.log(2)]])  # float32: 2^-126

    def test_chunks(self):
        outputs = np.random.default_rng(2).dirichlet(np.ones(5), size=103)
        loss = losses.get("fl_sr")
        whole = robustness.class_losses(loss, outputs)
        for size in (1, 12, 500):
            with mock.patch.object(robustness, "_CHUNK", size):
                parts = robustness.class_losses(loss, outputs)
            self.assertAllClose(parts, whole, rtol=1e-12)

    @parameterized.parameters(*REFUSED)
    def test_refuses(self, name):
        with self.assertRaisesRegex(ValueError, "`loss` (must be a fixed|cannot be)"):
            robustness.class_losses(losses.get(name), [[0.5, 0.5]])

    def test_refuses_what_hides_in_another(self):
        inner = losses.LogitClip(losses.CrossEntropy())
        for loss in (
            losses.ClassBalanced(inner, counts=[1, 2]),
            losses.SparseRegularization(losses.NegativeLearning()),
            losses.ActivePassiveLoss(losses.NegativeLearning(), losses.FocalLoss()),
            losses.SparseRegularization(losses.ClassPrior(losses.CrossEntropy())),
        ):
            with self.assertRaisesRegex(ValueError, "must be a fixed function"):
                robustness.class_losses(loss, [[0.5, 0.5]])
        foreign = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        for loss in (foreign, losses.SparseRegularization(foreign), "ce"):
            with self.assertRaisesRegex(ValueError, "must be a loss of this library"):
                robustness.class_losses(loss, [[0.5, 0.5]])

    @parameterized.parameters(
        ([0.5, 0.5], r"2 dimensions; received the shape \(2,\)"),
        ([[1.0]], r"two classes, .*received the shape \(1, 1\)"),
        (np.zeros((0, 3)), r"one example .*received the shape \(0, 3\)"),
        ([[2.0, -1.0]], "at least 0, .*received 2, -1, sum 1"),
        ([[0.5, 0.5], [0.5, 0.7]], "row 1: .*received 0.5, 0.7, sum 1.2"),
        ([[0.5, np.nan]], "received 0.5, nan"),
    )
    def test_refuses_what_is_no_distribution(self, outputs, message):
        with self.assertRaisesRegex(ValueError, message):
            robustness.class_losses(losses.CrossEntropy(), outputs)


class SymmetryAndDistanceTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(*SYMMETRIC)
    def test_symmetric_losses(self, name):
        outputs = np.random.default_rng(3).dirichlet(np.ones(7), size=200)
        gap = robustness.symmetry_gap(losses.get(name), outputs)
        self.assertLess(gap.relative_spread, 1e-6)
        self.assertTrue(losses.get(name).symmetric)

    @parameterized.parameters("ce", "fl", "gce", "sce", "ls", "nce_agce", "ce_sr")
    def test_others_have_a_gap(self, name):
        outputs = np.random.default_rng(3).dirichlet(np.ones(7), size=200)
        gap = robustness.symmetry_gap(losses.get(name), outputs)
        self.assertGreater(gap.relative_spread, 1e-3)

    def test_gap_by_hand(self):
        outputs = [[0.5, 0.5], [0.8, 0.2], [1.0, 0.0]]
        gap = robustness.symmetry_gap(losses.get("gce", q=0.5), outputs)
        sums = 4 - 2 * np.array(
            [np.sqrt(2), np.sqrt(0.8) + np.sqrt(0.2), 1 + np.sqrt(1e-7)]
        )
        expected = (sums.mean(), sums.min(), sums.max(), sums[2] - sums[0])
        expected += (expected[3] / expected[0],)
        self.assertAllClose(tuple(gap), expected, rtol=1e-6)

    @parameterized.product(name=("ce", "fl", "gce", "ce_sr"), vector=VECTORS)
    def test_lemma_1(self, name, vector):
        """Permutations of one vector have one sum."""
        outputs = list(itertools.permutations(vector))
        self.assertLess(robustness.symmetry_gap(losses.get(name), outputs).spread, 1e-9)

    @parameterized.parameters(2, 3, 4, 5)
    def test_distance_is_that_of_the_nearest(self, classes):
        random = np.random.default_rng(classes)
        outputs = random.dirichlet(np.full(classes, 0.5), size=50)
        for v in (random.dirichlet(np.ones(classes)), np.eye(classes)[1]):
            nearest = np.min(
                [
                    np.linalg.norm(outputs - v[list(order)], axis=-1)
                    for order in itertools.permutations(range(classes))
                ],
                axis=0,
            )
            measured = robustness.distance_to_permutations(outputs, v)
            self.assertAllClose(measured, nearest, rtol=1e-12)
        closed = np.sqrt(np.sum(outputs**2, -1) - 2 * outputs.max(-1) + 1)
        measured = robustness.distance_to_one_hot(outputs)
        self.assertAllClose(measured, closed, rtol=1e-6)
        self.assertAllClose(measured, nearest, rtol=1e-12)

    def test_distances_by_hand(self):
        outputs = [[0.0, 1.0, 0.0], [0.3, 0.4, 0.3], [1e-12, 0, 1 - 1e-12]]
        expected = [0.0, np.sqrt(0.09 + 0.36 + 0.09), 1e-12 * np.sqrt(2)]
        measured = robustness.distance_to_one_hot(outputs)
        self.assertAllClose(measured, expected, rtol=1e-3, atol=0)
        uniform = robustness.distance_to_one_hot(np.full((1, 4), 0.25))
        self.assertAllClose(uniform, [np.sqrt(1 - 1 / 4)])

    def test_refuses_other_vectors(self):
        for v, message in (
            ([0.5, 0.5], r"`v` must have shape \(3,\). Received: shape \(2,\)"),
            ([0.5, 0.6, 0.2], "v, row 0: expected probabilities, .* sum 1.3"),
        ):
            with self.assertRaisesRegex(ValueError, message):
                robustness.distance_to_permutations([[0.2, 0.2, 0.6]], v)
            with self.assertRaisesRegex(ValueError, message):
                robustness.delta(losses.CrossEntropy(), [[0.2, 0.2, 0.6]], v)


class QuantitiesTest(tf.test.TestCase, parameterized.TestCase):
    def test_delta(self):
        outputs = [[0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3]]
        against = 5 * np.log(2) - 3 * np.log(3)
        measured = robustness.delta(losses.CrossEntropy(), outputs, outputs[1])
        self.assertAllClose(measured, against, rtol=1e-9)
        measured = robustness.delta(losses.CrossEntropy(), outputs, outputs[0])
        self.assertAllClose(measured, against, rtol=1e-9)
        at_one_hot = 2 * 7 * np.log(10)
        measured = robustness.delta(clipped("ce"), outputs)
        self.assertAllClose(measured, at_one_hot - 3 * np.log(3), rtol=1e-6)

    def test_noise_constant(self):
        self.assertAllClose(robustness.noise_constant(0.4, 10), 0.08)
        self.assertAllClose(robustness.noise_constant(0.25, 3), 0.2)
        self.assertEqual(robustness.noise_constant(0, 2), 0.0)

    @parameterized.parameters(
        (0.9, 10, r"below 1 − 1/k = 0.9 for 10 classes. Received: rate=0.9"),
        (2 / 3, 3, "below 1 − 1/k = 0.666667"),
        (0.95, 10, "rate=0.95"),
        (-0.1, 10, r"`rate` must be a number in \[0, 1\]"),
        (float("nan"), 10, "`rate` must be"),
        (0.1, 1, r"`num_classes` must be a number in \[2, inf\)"),
    )
    def test_noise_constant_refuses(self, rate, classes, message):
        with self.assertRaisesRegex(ValueError, message):
            robustness.noise_constant(rate, classes)

    def test_risks_by_hand(self):
        outputs, labels = [[0.5, 0.25, 0.25]] * 2, [0, 2]
        loss = losses.CrossEntropy()
        log2 = np.log(2)
        self.assertAllClose(robustness.risk(loss, outputs, labels), 1.5 * log2)
        noisy = robustness.symmetric_noisy_risk(loss, outputs, labels, 0.25)
        # 3/4 · 1 + 1/8 · 4, and 3/4 · 2 + 1/8 · 3, in units of log 2.
        self.assertAllClose(noisy, (1.25 + 1.875) / 2 * log2)
        against = 5 * log2 - 3 * np.log(3)
        bound = robustness.risk_bound(loss, outputs, 0.25, [1 / 3, 1 / 3, 1 / 3])
        self.assertAllClose(bound, 2 * 0.2 * against)

    @parameterized.parameters(*LOSSES)
    def test_risks_are_those_of_the_loss(self, name):
        """The loss itself, of labels and of the noise's label distributions."""
        random = np.random.default_rng(4)
        outputs, labels = (
            random.dirichlet(np.ones(5), size=40),
            random.integers(5, size=40),
        )
        loss = losses.get(name)
        clean = robustness.risk(loss, outputs, labels)
        self.assertAllClose(clean, loss(labels, np.log(outputs)), rtol=1e-5)
        for rate in (0.0, 0.3, 0.79):
            expected = lnl.noise.symmetric_matrix(5, rate)[labels]
            noisy = robustness.symmetric_noisy_risk(loss, outputs, labels, rate)
            self.assertAllClose(noisy, loss(expected, np.log(outputs)), rtol=1e-5)

    @parameterized.parameters(
        ([0.5, 1.0], "labels: expected whole numbers; received 0.5"),
        ([0], "expected 2 labels, one an example; received 1"),
        ([[0, 1], [1, 0]], r"shape \(n,\); received \(2, 2\)"),
        ([0, 2], r"in \[0, 2\); received 2 at place 1"),
        ([-1, 0], "received -1 at place 0"),
    )
    def test_refuses_labels(self, labels, message):
        outputs = [[0.5, 0.5], [0.5, 0.5]]
        with self.assertRaisesRegex(ValueError, message):
            robustness.risk(losses.CrossEntropy(), outputs, labels)

    def test_refuses_rates_and_hypotheses(self):
        loss, outputs = losses.CrossEntropy(), np.full((3, 2), 0.5)
        labels = [0, 1, 1]
        with self.assertRaisesRegex(ValueError, "rate=1.5"):
            robustness.symmetric_noisy_risk(loss, outputs, labels, 1.5)
        with self.assertRaisesRegex(ValueError, "below 1 − 1/k = 0.5"):
            robustness.check(loss, outputs, labels, 0.5)
        for hypotheses in ([], [outputs, np.full((3, 4), 0.25)]):
            with self.assertRaisesRegex(ValueError, "`hypotheses` must have one shape"):
                robustness.measured_difference(loss, hypotheses, labels, 0.1)

    def test_check(self):
        random = np.random.default_rng(5)
        outputs, labels = random.dirichlet(np.ones(4), size=30), np.arange(30) % 4
        loss = clipped("fl")
        for v in (None, [0.7, 0.1, 0.1, 0.1]):
            row = robustness.check(loss, outputs, labels, 0.3, v)
            gap = robustness.symmetry_gap(loss, outputs)
            one_hot = [1, 0, 0, 0]
            distance = robustness.distance_to_permutations(outputs, v or one_hot)
            constant = 0.3 / (0.7 * 4 - 1)
            expected = {
                "symmetry_spread": gap.maximum - gap.minimum,
                "relative_spread": (gap.maximum - gap.minimum) / gap.mean,
                "mean_distance": np.mean(distance),
                "distance_95": np.percentile(distance, 95),
                "max_distance": np.max(distance),
                "delta": robustness.delta(loss, outputs, v),
                "constant": constant,
                "bound": robustness.risk_bound(loss, outputs, 0.3, v),
                "spread_bound": constant * (gap.maximum - gap.minimum),
                "clean_risk": robustness.risk(loss, outputs, labels),
                "noisy_risk": robustness.symmetric_noisy_risk(
                    loss, outputs, labels, 0.3
                ),
            }
            self.assertAllClose(row, expected)
            self.assertLessEqual(row["spread_bound"], row["bound"])
            self.assertTrue(all(type(value) is float for value in row.values()))


if __name__ == "__main__":
    tf.test.main()
