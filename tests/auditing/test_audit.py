"""An audit of labels and outputs that are known."""

import csv
import json
import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.auditing import audit, audit_files
from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.errors import InputError, RunError


def observed(rate, count=3000, classes=5, seed=1):
    """Outputs of a network that is right on 99 % and less sure where it is not."""
    rng = np.random.default_rng(seed)
    clean = rng.integers(0, classes, count)
    given = noise.corrupt(clean, noise.symmetric_matrix(classes, rate), seed)
    right = rng.random(count) < 0.993
    says = np.where(right, clean, rng.integers(0, classes, count))
    outputs = rng.dirichlet(np.ones(classes), count)
    outputs *= np.where(right, 0.2, 0.7)[:, None]
    outputs[np.arange(count), says] += np.where(right, 0.8, 0.3)
    return outputs, clean, given


class AuditTest(parameterized.TestCase):
    @parameterized.parameters(0.05, 0.3, 0.6)
    def test_finds_wrong_labels(self, rate):
        outputs, clean, given = observed(rate)
        found = audit(given, outputs, clean=clean)
        wrong = np.mean(given != clean)
        self.assertAlmostEqual(found.noise_rate, wrong, delta=0.02)
        low, high = found.noise_rate_interval
        self.assertBetween(found.noise_rate, low, high)
        self.assertLess(high - low, 0.05)
        self.assertFalse(found.no_sign)
        self.assertIn(f"noise rate {found.noise_rate:.3f} (", found.words)
        known = against_clean(found)
        self.assertGreater(known["auroc"], 0.97)
        self.assertGreater(known["precision"], 0.9)
        self.assertLess(known["calibration_error"], 0.02)
        self.assertGreater(known["suggested_right"], 0.97)
        self.assertAlmostEqual(known["noise_rate"], wrong)

    def test_clean_labels(self):
        outputs, clean, _ = observed(0.0)
        found = audit(clean, outputs)
        self.assertTrue(found.no_sign)
        self.assertStartsWith(found.words, "no sign of label noise")
        self.assertLessEqual(len(found.suspects), 0.01 * len(clean))

    def test_unsure_outputs_are_no_sign_of_clean_labels(self):
        found = audit(np.arange(200) % 2, np.full((200, 2), 0.5))
        self.assertEmpty(found.suspects)
        self.assertFalse(found.no_sign)
        self.assertStartsWith(found.words, "no evidence")

    def test_labels_in_other_forms(self):
        outputs, clean, given = observed(0.3, 500)
        first = audit(given, outputs, clean=clean)
        for form in (
            lambda labels: labels[:, None],
            lambda labels: labels.astype(float),
        ):
            found = audit(form(given), outputs, clean=form(clean))
            np.testing.assert_array_equal(found.probability, first.probability)
            np.testing.assert_array_equal(found.given, given)
            np.testing.assert_array_equal(found.clean, clean)

    def test_two_classes_of_one_name(self):
        outputs, _, given = observed(0.3)
        with self.assertRaisesRegex(InputError, "class_names: expected different"):
            audit(given, outputs, class_names=list("abccd"))

    def test_class_without_examples(self):
        outputs, clean, given = observed(0.3)
        given = np.where(given == 2, 3, given)
        found = audit(given, outputs, clean=clean, class_names=list("abcde"))
        np.testing.assert_array_equal(found.classes_without_evidence, [2])
        self.assertAlmostEqual(found.noise_rate, np.mean(given != clean), delta=0.02)
        matrix, low, high = found.matrix
        others = [0, 1, 3, 4]
        # Nobody gives that label; what becomes of its examples is not known.
        np.testing.assert_allclose(matrix[others, 2], 0, atol=1e-5)
        self.assertLess(high[others, 2].max(), 0.02)
        np.testing.assert_allclose(matrix[others].sum(axis=1), 1)
        self.assertTrue(np.isnan(matrix[2]).all() and np.isnan(low[2]).all())
        for values in found.class_rates:
            np.testing.assert_array_equal(np.isnan(values), np.arange(5) == 2)
        self.assertNotIn(2, found.suggested)

    def test_arguments_of_labels_beside_a_run(self):
        with self.assertRaisesRegex(InputError, "takes folds, data_dir; received log"):
            audit("runs/x", logits=[[0.0, 1.0]])
        with self.assertRaisesRegex(InputError, "received probabilities"):
            audit("runs/x", [[0.0, 1.0]])

    def test_logits_are_the_same(self):
        outputs, _, given = observed(0.3)
        found = audit(given, outputs)
        again = audit(given, logits=np.log(outputs) + 7.0)
        np.testing.assert_allclose(again.score, found.score, atol=1e-9)
        np.testing.assert_array_equal(again.suggested, found.suggested)

    def test_order(self):
        outputs, _, given = observed(0.3)
        found = audit(given, outputs)
        self.assertTrue(np.all(np.diff(found.score[found.order]) <= 0))
        self.assertTrue(np.all(np.diff(found.probability[found.order]) <= 0))
        np.testing.assert_array_equal(np.sort(found.rank), np.arange(1, 3001))
        self.assertEqual(found.rank[found.order[0]], 1)
        suspect = found.probability > 0.5
        np.testing.assert_array_equal(np.sort(found.suspects), np.flatnonzero(suspect))
        np.testing.assert_array_equal(found.suggested != given, suspect)

    def test_class_rates_and_matrix(self):
        outputs, clean, given = observed(0.3)
        found = audit(given, outputs)
        shares, low, high = found.class_rates
        for label in range(5):
            of_class = given == label
            actual = np.mean(clean[of_class] != label)
            self.assertBetween(actual, low[label] - 0.02, high[label] + 0.02)
            self.assertBetween(shares[label], low[label], high[label])
        matrix, low, high = found.matrix
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        self.assertTrue(np.all((low <= matrix + 1e-4) & (matrix - 1e-4 <= high)))

    @parameterized.parameters(
        ({}, "expected labels with either probabilities or logits"),
        ({"probabilities": [[1.0, 0]] * 2, "logits": [[1.0, 0]] * 2}, "either"),
        ({"logits": [[np.nan, 0], [1, 0]]}, "NaN or infinity in row 0"),
        ({"logits": [1.0, 2.0]}, r"received the shape \(2,\)"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": [0]}, "clean: expected 2"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": [0, -2]}, "clean: .*received -2"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": [0, 2]}, "clean: .*received 2 at"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": [[0, 1]]}, r"received \(1, 2\)"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": [0.5, 1]}, "clean: .*received 0.5"),
        ({"probabilities": [[1.0, 0]] * 2, "clean": {0: 0, 1: 1}}, "clean: .*a dict"),
        ({"probabilities": {0: [1.0, 0], 1: [1.0, 0]}}, "probabilities: .*a dict"),
        (
            {"probabilities": [[1.0, 0]] * 2, "index": [3, 3]},
            "once; received 3 in 2 places",
        ),
        ({"probabilities": [[1.0, 0]] * 2, "index": [0.5, 1]}, "index: .*received 0.5"),
        ({"probabilities": [[1.0, 0]] * 2, "names": {"a": 0, "b": 1}}, "names: .*dict"),
        (
            {"probabilities": [[1.0, 0]] * 2, "class_names": {"a", "b"}},
            "received a set",
        ),
        ({"probabilities": [[1.0, 0], [1.0]]}, "rows of the same length"),
        ({"logits": [["a", "b"]] * 2}, "logits: expected numbers"),
        ({"logits": np.zeros((2, 0))}, "two classes, .* shape"),
        ({"probabilities": [[1.0, 0]] * 2, "data_dir": "x"}, "labels takes .*data_dir"),
        (
            {"probabilities": [[1.0, 0]] * 2, "class_names": ["a", "b", "c"]},
            "class_names: expected 2; received 3",
        ),
        # Two letters are no two names.
        (
            {"probabilities": [[1.0, 0]] * 2, "class_names": "ab"},
            "class_names: expected 2 texts in their order; received a str",
        ),
    )
    def test_wrong(self, arguments, message):
        with self.assertRaisesRegex(InputError, message):
            audit(np.array([0, 1]), **arguments)


class FilesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(held)

    def test_round_trip(self):
        outputs, clean, given = observed(0.3, 200)
        clean[0] = -1
        names = [f"a,{i}.png" for i in range(200)]
        names[3] = "caf\udce9.png"  # as a name of other bytes than UTF-8 is read
        classes = ['x,"y"', "b\nc", "λ", "d", "e"]
        found = audit(
            given, outputs, clean=clean, names=names, class_names=classes,
            index=np.arange(200) * 3,
        )  # fmt: skip
        table, whole = audit_files.write(found, self.folder, {"run": "there"})
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["rank"]) for row in rows], list(range(1, 201)))
        for row in rows:
            place = int(row["index"]) // 3
            name = r"caf\udce9.png" if place == 3 else names[place]
            self.assertEqual(row["file"], name)
            self.assertEqual(row["given"], classes[given[place]])
            self.assertEqual(row["suggested"], classes[found.suggested[place]])
            self.assertAlmostEqual(
                float(row["probability"]), found.probability[place], places=5
            )
            known = "none of them" if place == 0 else classes[clean[place]]
            self.assertEqual(row["clean"], known)
        held = json.loads(whole.read_text("utf-8"))
        self.assertEqual(held["noise_rate"], found.noise_rate)
        self.assertEqual(held["run"], "there")
        self.assertEqual(sum(one["given"] for one in held["class_rates"]), 200)

    def test_cannot_be_written(self):
        outputs, _, given = observed(0.3, 200)
        (self.folder / "audit.csv").mkdir()
        with self.assertRaisesRegex(RunError, "cannot write .*audit.csv: Is a dir"):
            audit_files.write(audit(given, outputs), self.folder)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["audit.csv"])


if __name__ == "__main__":
    absltest.main()
