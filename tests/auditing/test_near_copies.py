"""Near copies, outliers, and what an audit says of both."""

import csv
import json
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from scipy import stats
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics import roc_auc_score

import lnl_sr_tf as lnl
from lnl_sr_tf.auditing import audit_files, audit_table
from lnl_sr_tf.auditing.false_discovery import discoveries
from lnl_sr_tf.auditing.from_features import examine
from lnl_sr_tf.auditing.near_copies import copies_among, near_copies
from lnl_sr_tf.auditing.neighbours import nearest
from lnl_sr_tf.auditing.outliers import agreement, outliers
from lnl_sr_tf.commands import audit as command
from lnl_sr_tf.errors import InputError


def blobs(seed, count=600, width=16, classes=4):
    """(features of tight classes, their labels), all different."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = 4 * rng.normal(size=(classes, width))
    return centres[labels] + rng.normal(size=(count, width)), labels


def with_copies(seed, count=30):
    """(features, labels, the pairs): some are nearly copied, under other labels."""
    rng = np.random.default_rng(seed)
    features, labels = blobs(seed)
    which = rng.choice(len(features), count, replace=False)
    slightly = features[which] + 0.05 * rng.normal(size=(count, features.shape[1]))
    pairs = np.stack([which, len(features) + np.arange(count)], axis=1)
    return (
        np.concatenate([features, slightly]),
        np.concatenate([labels, (labels[which] + 1) % 4]),
        pairs,
    )


class NeighboursTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1e-30, 1.0, 1e30)
    def test_are_the_nearest_at_any_scale(self, scale):
        points = np.random.default_rng(1).normal(size=(200, 5))
        found = nearest(scale * (points + 3), "euclidean", 7)
        scaled = points / points.std(axis=0)
        far = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
        np.fill_diagonal(far, np.inf)
        self.assertAllEqual(found.places, np.argsort(far, axis=1)[:, :7])
        self.assertAllClose(found.distances, np.sort(far, axis=1)[:, :7], 1e-6)

    def test_cosine_leaves_lengths_out(self):
        points = np.random.default_rng(1).normal(size=(50, 5))
        lengths = np.geomspace(1e-6, 1e6, 50)[:, None]
        found = nearest(lengths * points)
        self.assertAllEqual(found.places, nearest(points).places)

    def test_columns_of_any_units(self):
        points = np.random.default_rng(1).normal(size=(50, 3))
        units = [1e-9, 1.0, 1e9]
        one = nearest(points, "euclidean")
        self.assertAllEqual(one.places, nearest(units * points, "euclidean").places)

    @parameterized.parameters("cosine", "euclidean")
    def test_equal_examples(self, metric):
        found = nearest(np.ones((5, 2)), metric)
        self.assertAllEqual(found.distances, np.zeros((5, 4)))
        self.assertAllEqual(copies_among(found).of, np.full(5, -1))

    @parameterized.parameters(
        (np.ones((3, 2)), "cosine", r"at least 4 examples.*\(3, 2\)"),
        (np.ones((5, 0)), "cosine", r"\(5, 0\)"),
        (np.ones(5), "cosine", "2 dimensions"),
        ([[1.0], [np.nan], [1.0], [np.inf]], "cosine", "row 1 and 1 more"),
        ([["a"]] * 5, "cosine", "expected numbers"),
        (np.ones((5, 2)), "l1", "cosine or euclidean; received l1"),
    )
    def test_wrong(self, features, metric, message):
        with self.assertRaisesRegex(InputError, message):
            nearest(features, metric)


class DiscoveriesTest(tf.test.TestCase):
    def test_as_scipy_adjusts_them(self):
        p_values = np.random.default_rng(2).random(300) ** 3
        expected = stats.false_discovery_control(p_values) <= 0.1
        self.assertAllEqual(discoveries(p_values, 0.1), expected)
        self.assertBetween(expected.sum(), 1, 299)

    def test_none(self):
        self.assertFalse(discoveries(np.full(9, 0.9), 0.05).any())


class NearCopiesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(1, 2, 3)
    def test_all_and_no_others(self, seed):
        features, _, pairs = with_copies(seed)
        found = near_copies(features, "euclidean")
        copied = np.zeros(len(features), bool)
        copied[pairs] = True
        self.assertAllEqual(found.of >= 0, copied)
        self.assertAllEqual(found.of[pairs[:, 0]], pairs[:, 1])
        self.assertGreater(roc_auc_score(copied, found.score), 0.999)

    @parameterized.parameters(
        ("normal", 2), ("normal", 20), ("normal", 100), ("uniform", 5),
        ("exponential", 3),
    )  # fmt: skip
    def test_none_where_there_are_none(self, law, width):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            points = getattr(rng, law)(size=(1000, width))
            found = near_copies(points, "euclidean")
            self.assertAllEqual(found.of, np.full(1000, -1))

    def test_p_values_are_even(self):
        points = np.random.default_rng(4).random((4000, 5))
        p_values = np.exp(-near_copies(points, "euclidean").score)
        for share in (0.01, 0.1, 0.5):
            self.assertAllClose(np.mean(p_values <= share), share, rtol=0.35)

    def test_digits_have_none(self):
        self.assertAllEqual(near_copies(load_digits().data).of, np.full(1797, -1))

    def test_iris_has_one_twice(self):
        found = near_copies(load_iris().data, "euclidean")
        self.assertAllEqual(np.flatnonzero(found.of >= 0), [101, 142])

    def test_exact_copies_of_several(self):
        features, _ = blobs(1)
        features[[5, 90, 333]] = features[0]
        found = near_copies(features)
        self.assertAllEqual(np.flatnonzero(found.of >= 0), [0, 5, 90, 333])
        self.assertTrue(np.isfinite(found.score).all())

    def test_common_patterns_are_no_copies(self):
        rows = np.random.default_rng(5).integers(0, 2, (500, 3))
        self.assertAllEqual(near_copies(rows + 1.0, "euclidean").of, np.full(500, -1))


class OutliersTest(tf.test.TestCase, parameterized.TestCase):
    def mixed(self, seed):
        """(features, labels, which are of no class, which labels are wrong)."""
        rng = np.random.default_rng(seed)
        features, labels = blobs(seed)
        labels = np.where(rng.random(600) < 0.2, rng.integers(0, 4, 600), labels)
        wrong = labels != np.arange(600) % 4
        foreign = np.arange(600) >= 570
        features[foreign] = 5 * rng.normal(size=(30, 16))
        return features, labels, foreign, wrong & ~foreign

    @parameterized.parameters(1, 2, 3)
    def test_are_told_from_wrong_labels(self, seed):
        features, labels, foreign, wrong = self.mixed(seed)
        for given in (None, labels):
            found = outliers(features, given, "euclidean")
            self.assertGreater(roc_auc_score(foreign, found.score), 0.99)
            self.assertGreater(np.mean(found.told[foreign]), 0.5)
            self.assertLess(np.mean(found.told[wrong]), 0.02)

    @parameterized.parameters(2, 5, 20)
    def test_few_where_there_are_none(self, width):
        told = []
        for seed in range(10):
            points = np.random.default_rng(seed).normal(size=(1000, width))
            told.append(outliers(points, None, "euclidean").told.sum())
        # In one data set of five some are told of, as is said.
        self.assertLess(np.mean(told), 1.0)
        self.assertLessEqual(np.count_nonzero(told), 4)

    def test_agreement(self):
        neighbours = nearest(np.random.default_rng(6).normal(size=(40, 3)))
        labels = np.arange(40) % 3
        expected = [np.bincount(labels[near]).max() / 10 for near in neighbours.places]
        self.assertAllClose(agreement(neighbours, labels), expected)

    def test_equal_examples(self):
        found = outliers(np.ones((6, 2)), np.arange(6))
        self.assertFalse(found.told.any())
        self.assertTrue(np.isfinite(found.score).all())

    def test_as_many_labels(self):
        with self.assertRaisesRegex(InputError, "expected 5 labels"):
            outliers(np.ones((5, 2)), [0, 1])


class AuditTest(tf.test.TestCase, parameterized.TestCase):
    def test_of_arrays_with_features(self):
        features, labels, pairs = with_copies(1)
        outputs = np.full((len(labels), 4), 0.02)
        right = np.concatenate([np.arange(600), pairs[:, 0]]) % 4
        outputs[np.arange(len(labels)), right] = 0.94
        index = 1000 + np.arange(len(labels))
        found = lnl.audit(
            labels, outputs, index=index, features=features, metric="euclidean"
        )
        plain = lnl.audit(labels, outputs, index=index)
        self.assertIsNone(plain.features)
        self.assertAllEqual(found.order, plain.order)
        # The copy, whose label is wrong, is the more suspect one.
        told = sorted(found.features.conflicts.tolist())
        self.assertEqual(told, sorted(pairs[:, ::-1].tolist()))
        folder = pathlib.Path(self.get_temp_dir())
        table, whole = audit_files.write(found, folder)
        with open(table, newline="", encoding="utf-8") as file:
            rows = {row["index"]: row for row in csv.DictReader(file)}
        one, other = pairs[0]
        self.assertEqual(rows[str(index[one])]["copy_of"], str(index[other]))
        self.assertEqual(rows[str(index[one])]["copy_given"], str(labels[other]))
        self.assertEqual(sum(bool(row["copy_of"]) for row in rows.values()), 60)
        written = json.loads(whole.read_text("utf-8"))["from_features"]
        self.assertEqual(written["near_copies"], 30)
        self.assertIn([index[other], index[one]],
                      written["near_copies_with_differing_labels"])  # fmt: skip
        audit_table.read_audit(table, found.class_names)

    @parameterized.parameters(
        ({"features": np.ones((4, 2))}, "features: expected 5 rows, one a label; .* 4"),
        ({"features": [[1.0], [2.0]]}, "features: expected 5 rows"),
        ({"metric": "cosine"}, "metric=.cosine.: expected features beside it"),
        ({"features": np.ones((5, 2)), "metric": "miles"}, "expected cosine or eucli"),
    )
    def test_arguments_that_do_not_fit(self, more, message):
        with self.assertRaisesRegex(InputError, message):
            lnl.audit(np.arange(5) % 2, np.full((5, 2), 0.5), **more)

    @parameterized.parameters((1, "1 pair"), (2, "2 pairs"))
    def test_what_the_command_says(self, count, said):
        features, labels, pairs = with_copies(1)
        rest = np.sort(np.concatenate([np.arange(600), pairs[:count, 1]]))
        features, labels = features[rest], labels[rest]
        found = lnl.audit(
            labels, 0.92 * np.eye(4)[np.arange(len(rest)) % 4] + 0.02,
            features=features, metric="euclidean",
        )  # fmt: skip
        one, other = found.features.conflicts[0]
        self.assertEqual(
            next(command._of_features(found)),
            f"Near copies: {said}, {count} with differing labels, such as #{one} "
            f"({labels[one]}) and #{other} ({labels[other]})",
        )

    def test_copies_of_one_label_are_no_conflict(self):
        features, labels, pairs = with_copies(1)
        labels[pairs[:, 1]] = labels[pairs[:, 0]]
        found = examine(features, labels, metric="euclidean")
        self.assertEqual((found.pairs, len(found.conflicts)), (30, 0))


if __name__ == "__main__":
    tf.test.main()
