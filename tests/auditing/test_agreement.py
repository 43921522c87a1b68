"""Outputs that tell nothing of labels, or of one class, and those that tell a bit."""

import json
import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized
from scipy import stats
from sklearn.datasets import load_digits

from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.auditing import audit, audit_files, audit_table, label_changes
from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.auditing.agreement import agreement
from lnl_sr_tf.errors import InputError


def outputs_of(said, classes, rng, sure=0.7):
    """Outputs whose largest is that of the class that is said."""
    outputs = rng.dirichlet(np.ones(classes), len(said)) * (1 - sure)
    outputs[np.arange(len(said)), said] += sure
    return outputs


def observed(matrix, count, accuracy, seed=1):
    """(outputs of a network that is often right, clean labels, given ones)."""
    rng = np.random.default_rng(seed)
    classes = len(matrix)
    clean = rng.integers(0, classes, count)
    given = noise.corrupt(clean, matrix, seed)
    right = rng.random(count) < accuracy
    said = np.where(right, clean, rng.integers(0, classes, count))
    return outputs_of(said, classes, rng), clean, given


# Outputs of a network that knows nothing of 600 labels of three classes.
def same(row):
    return lambda rng: np.tile(row, (600, 1))


NOTHING = (
    ("sure of one class", same([0.98, 0.01, 0.01])),
    ("unsure", same([1 / 3] * 3)),
    ("all but unsure", same([0.334, 0.333, 0.333])),
    ("at random", lambda rng: rng.dirichlet(np.ones(3), 600)),
    ("at random and sure", lambda rng: np.eye(3)[rng.integers(0, 3, 600)]),
    ("one class, as sure as it happens", lambda rng: outputs_of([1] * 600, 3, rng)),
)


class NoEvidenceTest(parameterized.TestCase):
    @parameterized.named_parameters(*NOTHING)
    def test_of_any_label(self, outputs):
        rng = np.random.default_rng(3)
        given = rng.integers(0, 3, 600)
        found = audit(given, outputs(rng), clean=given)
        self.assertTrue(found.no_evidence)
        self.assertFalse(found.no_sign)
        self.assertStartsWith(found.words, "no evidence: the outputs agree with ")
        self.assertTrue(np.isnan(found.noise_rate))
        self.assertTrue(np.isnan(found.noise_rate_interval).all())
        self.assertEmpty(found.suspects)
        np.testing.assert_array_equal(found.suggested, given)
        self.assertTrue(np.isnan(found.class_rates).all())
        self.assertTrue(np.isnan(found.matrix).all())
        np.testing.assert_array_equal(np.sort(found.rank), np.arange(1, 601))
        known = against_clean(found)
        self.assertIsNone(known["calibration_error"])
        self.assertEqual(known["suggested_right"], 1.0)

    @parameterized.parameters(*range(10))
    def test_a_network_that_was_not_trained(self, seed):
        """It sorts images, under names that mean nothing."""
        digits = load_digits()
        rng = np.random.default_rng(seed)
        hidden = np.maximum(digits.data / 16 @ rng.normal(size=(64, 32)), 0)
        found = audit(digits.target, logits=hidden @ rng.normal(size=(32, 10)))
        self.assertTrue(found.no_evidence)
        self.assertEmpty(found.suspects)

    def test_names_that_fit_by_luck(self):
        """Of two classes in five a network knows the names."""
        rng = np.random.default_rng(0)
        given = rng.integers(0, 5, 1000)
        found = audit(given, outputs_of(np.array([0, 1, 3, 4, 2])[given], 5, rng))
        self.assertTrue(found.no_evidence)
        self.assertIn("but not class by class", found.words)

    def test_a_prediction_that_goes_better_with_another_label(self):
        """Half of the zeros are seen, beside all ones."""
        rng = np.random.default_rng(0)
        given = rng.integers(0, 4, 2000)
        said = np.where(given == 1, 0, given)
        said = np.where((given == 0) & (rng.random(2000) < 0.5), 1, said)
        outputs = outputs_of(said, 4, rng)
        found = agreement(outputs, given)
        self.assertLess(found.class_chances[0], 1e-6)
        np.testing.assert_array_equal(found.classes, [False, False, True, True])

    def test_too_few_examples_are_no_evidence(self):
        given = np.arange(8) % 2
        found = agreement(np.eye(2)[given], given)
        np.testing.assert_allclose(found.class_chances, 1 / 70)
        self.assertFalse(found.classes.any())
        given = np.arange(16) % 2
        self.assertTrue(agreement(np.eye(2)[given], given).classes.all())

    def test_rare_classes_are_told_of(self):
        """Most of what is taken for a rare class is of a frequent one."""
        rng = np.random.default_rng(0)
        given = rng.choice(3, 3000, p=[0.98, 0.01, 0.01])
        said = np.where(rng.random(3000) < 0.1, rng.choice(3, 3000), given)
        found = audit(given, outputs_of(said, 3, rng))
        self.assertEmpty(found.classes_without_evidence)

    @parameterized.parameters(
        # Weak but real, few examples; much noise with a good network.
        (2, 0.0, 200, 0.5), (10, 0.0, 100, 0.4), (10, 0.8, 1437, 0.9),
        (10, 0.6, 400, 0.7), (3, 0.3, 60, 1.0), (100, 0.4, 1000, 0.8),
    )  # fmt: skip
    def test_little_evidence_is_some(self, classes, rate, count, accuracy):
        for seed in range(3):
            matrix = noise.symmetric_matrix(classes, rate)
            outputs, _, given = observed(matrix, count, accuracy, seed)
            found = audit(given, outputs)
            self.assertFalse(found.no_evidence)
            self.assertStartsWith(found.words, "no")  # a rate, or no sign of noise
            self.assertBetween(found.noise_rate, 0, 1)
            self.assertLessEqual(len(found.classes_without_evidence), classes // 2)

    def test_a_good_network_under_much_noise(self):
        outputs, _, given = observed(noise.symmetric_matrix(10, 0.8), 1437, 0.97)
        found = audit(given, outputs)
        self.assertAlmostEqual(found.noise_rate, 0.8, delta=0.03)
        self.assertEmpty(found.classes_without_evidence)
        self.assertNotIn("no evidence", found.words)

    @parameterized.parameters("never predicted", "predicted at random")
    def test_of_one_class(self, how):
        rng = np.random.default_rng(1)
        clean = rng.integers(0, 5, 3000)
        given = noise.corrupt(clean, noise.symmetric_matrix(5, 0.3), 1)
        said = np.where(clean == 4, 3, clean)
        if how == "predicted at random":
            said = np.where(rng.random(3000) < 0.1, 4, said)
        outputs = outputs_of(said, 5, rng)
        found = audit(given, outputs, clean=clean, class_names=[*"abcd", "cat"])
        np.testing.assert_array_equal(found.classes_without_evidence, [4])
        of_class = given == 4
        np.testing.assert_array_equal(np.isnan(found.probability), of_class)
        # What is known of the others is said; none is told to be of that class.
        np.testing.assert_array_equal(found.suggested[of_class], 4)
        self.assertNotIn(4, found.suggested[~of_class])
        shares, low, high = found.class_rates
        np.testing.assert_array_equal(np.isnan(shares), np.arange(5) == 4)
        self.assertTrue((low[:3] < 0.45).all() and (high[:3] > 0.3).all())
        matrix = found.matrix[0]
        np.testing.assert_array_equal(
            np.isnan(matrix), (np.arange(5) == 4) | (np.arange(5) == 4)[:, None]
        )
        self.assertEndsWith(
            found.words, f"; no evidence about the {of_class.sum()} labelled cat"
        )
        self.assertIn(
            f" of {3000 - of_class.sum()} labels are more likely", found.words
        )
        # They come last.
        self.assertTrue(of_class[found.order[-of_class.sum() :]].all())

    @parameterized.product(seed=tuple(range(12)), ratio=(1.05, 50.0))
    def test_no_class_is_to_be_emptied(self, seed, ratio):
        """Few examples, outputs that are often wrong, classes of all sizes."""
        rng = np.random.default_rng(seed)
        shares = rng.dirichlet(np.ones(6) * 0.6)
        given = rng.choice(6, 150, p=shares)
        said = np.where(rng.random(150) < 0.35, given, rng.choice(6, 150, p=shares))
        outputs = np.ones((150, 6))
        outputs[np.arange(150), said] *= ratio
        found = audit(given, outputs / outputs.sum(axis=1, keepdims=True))
        suspect = np.bincount(given[found.suspects], minlength=6)
        size = np.bincount(given, minlength=6)
        self.assertTrue((suspect[size > 0] < size[size > 0]).all())

    def test_says_the_same_each_time(self):
        outputs, _, given = observed(noise.symmetric_matrix(4, 0.2), 60, 0.2)
        first, again = agreement(outputs, given), agreement(outputs, given)
        self.assertEqual(first.chance, again.chance)


class PValueTest(parameterized.TestCase):
    def test_are_small_as_seldom_as_they_say(self):
        """Where outputs know nothing: over all, and of each class."""
        over_all, of_class = [], []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            outputs = rng.dirichlet(np.full(4, 0.5), 150)
            found = agreement(outputs, rng.integers(0, 4, 150), seed)
            over_all.append(found.chance)
            of_class.extend(found.class_chances)
        for level in (0.05, 0.2):
            # Four standard deviations; the four classes of one set are not apart.
            for values, spread in ((over_all, 200), (of_class, 200)):
                most = level + 4 * np.sqrt(level * (1 - level) / spread)
                self.assertLess(np.mean(np.array(values) <= level), most)

    def test_of_a_class_is_fishers(self):
        outputs, _, given = observed(noise.symmetric_matrix(3, 0.6), 90, 0.3)
        found = agreement(outputs, given)
        said = outputs.argmax(axis=1)
        for label in range(3):
            table = [
                [np.sum((said == label) == a) for a in (True, False)] for _ in range(2)
            ]
            for i, is_given in enumerate((True, False)):
                for j, is_said in enumerate((True, False)):
                    table[i][j] = np.sum(
                        ((given == label) == is_given) & ((said == label) == is_said)
                    )
            expected = stats.fisher_exact(table, alternative="greater").pvalue
            self.assertAlmostEqual(found.class_chances[label], expected)
        self.assertEqual(found.hits, np.sum(said == given))


class FilesTest(absltest.TestCase):
    """What commands and other runs make of an audit without evidence."""

    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(held)

    def written(self, told):
        """The audit.json of outputs that know all classes but the last, or none."""
        rng = np.random.default_rng(0)
        given = np.arange(300) % 3
        said = np.minimum(given, 1) if told else given * 0
        found = audit(
            given, outputs_of(said, 3, rng), clean=given, class_names=("x", "y", "z")
        )
        audit_files.write(found, self.folder)
        return json.loads((self.folder / "audit.json").read_text("utf-8"))

    def test_json(self):
        held = self.written(told=False)
        self.assertTrue(held["no_evidence"])
        self.assertIsNone(held["noise_rate"])
        self.assertEqual(held["noise_rate_interval"], [None, None])
        self.assertEqual(held["transition_matrix"], [[None] * 3] * 3)
        self.assertEqual(held["classes_without_evidence"], ["x", "y", "z"])
        self.assertEqual(held["agreement"]["p_value"], 1.0)
        self.assertIsNone(held["against_clean"]["calibration_error"])
        for one in held["class_rates"]:
            self.assertEqual((one["wrong"], one["interval"]), (None, [None, None]))
        held = self.written(told=True)
        self.assertFalse(held["no_evidence"])
        self.assertEqual(held["classes_without_evidence"], ["z"])
        self.assertAlmostEqual(held["noise_rate"], 0.0, places=4)
        self.assertEqual(
            [one["wrong"] is None for one in held["class_rates"]], [0, 0, 1]
        )

    def test_clean_does_not_act(self):
        self.written(told=False)
        judged = audit_table.read_audit(self.folder / "audit.csv", ("x", "y", "z"))
        self.assertTrue(np.isnan(judged.probability).all())
        for call in (
            lambda: label_changes.by_probability(judged, 0.5, "drop"),
            lambda: label_changes.by_number(judged, 1, "relabel"),
        ):
            with self.assertRaisesRegex(InputError, "no evidence about any label"):
                call()
        # People may know more.
        (self.folder / "decisions.csv").write_text(
            "index,given,decision,label\n5,z,wrong,x\n"
        )
        changes = label_changes.by_decisions(
            judged, self.folder / "decisions.csv", ("x", "y", "z"), "relabel"
        )
        self.assertEqual((changes.index.tolist(), changes.label.tolist()), ([5], [0]))

    def test_clean_leaves_a_class_without_evidence_alone(self):
        self.written(told=True)
        judged = audit_table.read_audit(self.folder / "audit.csv", ("x", "y", "z"))
        self.assertEmpty(label_changes.by_probability(judged, 0.01, "drop").index)
        self.assertLen(label_changes.by_number(judged, 200, "drop").index, 200)
        with self.assertRaisesRegex(InputError, "at most 200, .*with evidence"):
            label_changes.by_number(judged, 201, "drop")

    def test_rate_estimate(self):
        self.written(told=False)
        taken = {"rate_estimate": str(self.folder)}
        for method in ({"loss": "forward"}, {"loss": "ce", "method": "co_teaching"}):
            with self.assertRaisesRegex(InputError, "no evidence about any label"):
                configs.resolve(method | taken)
        self.written(told=True)
        with self.assertRaisesRegex(InputError, "about 1 of its classes, first z"):
            configs.resolve({"loss": "forward"} | taken)
        with self.assertRaisesRegex(InputError, "no evidence about z"):
            noise.read_matrix(self.folder / "audit.json", 3)
        made = configs.resolve({"loss": "ce", "method": "co_teaching"} | taken)
        self.assertAlmostEqual(made.forget_rate, 0.0, places=4)


if __name__ == "__main__":
    absltest.main()
