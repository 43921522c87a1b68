"""The audit of arrays: what it imports, large ones, many classes."""

import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized
from sklearn.isotonic import IsotonicRegression

from lnl_sr_tf import noise
from lnl_sr_tf.auditing import agreement as agreements
from lnl_sr_tf.auditing import audit, reading
from lnl_sr_tf.auditing.rising import rising
from lnl_sr_tf.errors import InputError

ALONE = """
import sys
import numpy as np
import lnl_sr_tf as lnl

assert not {m for m in sys.modules if m.startswith("lnl_sr_tf.")}
given = np.arange(300) % 3
given[:20] = 0
found = lnl.audit(given, np.eye(3)[np.arange(300) % 3] * 0.9 + 0.1 / 3)
found.words, found.suspects, found.matrix, found.class_rates, found.estimate.posterior
slow = {"keras", "tensorflow", "pandas", "sklearn", "matplotlib", "PIL", "tornado"}
assert not slow & {*sys.modules}, slow & {*sys.modules}
assert lnl.auditing.audit_arrays
assert not slow & {*sys.modules}, slow & {*sys.modules}
"""


def outputs_of(said, classes, kind=np.float32):
    outputs = np.full((len(said), classes), 0.1 / classes, kind)
    outputs[np.arange(len(said)), said] += 0.9
    return outputs


class AloneTest(absltest.TestCase):
    def test_imports_what_it_computes_with(self):
        done = subprocess.run(
            [sys.executable, "-c", ALONE], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_name_that_is_not_there(self):
        import lnl_sr_tf.auditing as module

        with self.assertRaisesRegex(AttributeError, "has no attribute 'audit_x'"):
            module.audit_x  # noqa: B018


class LargeTest(parameterized.TestCase):
    def test_a_memory_map(self):
        rng = np.random.default_rng(0)
        clean = rng.integers(0, 300, 4000)
        given = noise.corrupt(clean, noise.symmetric_matrix(300, 0.2), 1)
        outputs = outputs_of(clean, 300, np.float16)
        with tempfile.TemporaryDirectory() as folder:
            np.save(pathlib.Path(folder, "u.npy"), outputs)
            mapped = np.load(pathlib.Path(folder, "u.npy"), mmap_mode="r")
            found = audit(given, mapped)
        again = audit(given, outputs.astype(float))
        np.testing.assert_allclose(found.probability, again.probability, atol=1e-6)
        np.testing.assert_array_equal(found.suggested, again.suggested)

    @parameterized.product(rate=(0.2, 0.4), accuracy=(1.0, 0.99))
    def test_many_classes_of_all_sizes(self, rate, accuracy):
        """3,900 classes by Zipf's law, of which most have a handful of examples."""
        rng = np.random.default_rng(1)
        shares = 1 / np.arange(1, 3901)
        shares /= shares.sum()
        clean = rng.choice(3900, 20_000, p=shares)
        wrong = rng.random(20_000) < rate
        given = np.where(wrong, rng.choice(3900, 20_000, p=shares), clean)
        right = rng.random(20_000) < accuracy
        said = np.where(right, clean, rng.choice(3900, 20_000, p=shares))
        found = audit(given, outputs_of(said, 3900, np.float16))
        known = ~np.isnan(found.probability)
        self.assertGreater(known.mean(), 0.93)
        wrong = given != clean
        self.assertAlmostEqual(found.noise_rate, wrong[known].mean(), delta=0.02)
        if rate < 0.4:
            # Where more labels are wrong, all those of many a rare class are, and such
            # a class is not told of.
            self.assertAlmostEqual(found.noise_rate, wrong.mean(), delta=0.02)

    def test_progress(self):
        outputs = outputs_of(np.arange(50) % 5, 5)
        for many, expected in ((10, 50), (10**6, 0)):
            with (
                mock.patch.object(reading, "_MANY", many),
                mock.patch("tqdm.tqdm") as bar,
            ):
                audit(np.arange(50) % 5, outputs)
            calls = bar.return_value.update.call_args_list
            self.assertEqual(sum(call.args[0] for call in calls), expected)


class RisingTest(parameterized.TestCase):
    @parameterized.parameters(1, 5, 400, 5000)
    def test_is_that_of_scikit_learn(self, different):
        rng = np.random.default_rng(different)
        score = rng.integers(0, different, 1000) / 7
        values = np.clip(score / (score.max() + 1) + rng.normal(size=1000), 0, 1)
        known = IsotonicRegression(y_min=0, y_max=1).fit_transform(score, values)
        np.testing.assert_allclose(rising(score, values), known, atol=1e-12)


class WithoutShufflesTest(parameterized.TestCase):
    @parameterized.parameters((2, 600, 0.9), (10, 500, 0.5), (50, 3000, 0.1))
    def test_the_p_value_is_that_of_the_shuffles(self, classes, count, share):
        rng = np.random.default_rng(0)
        given = rng.integers(0, classes, count)
        said = np.where(
            rng.random(count) < share, given, rng.integers(0, classes, count)
        )
        with mock.patch.object(np.random, "default_rng", side_effect=AssertionError):
            found = agreements.agreement_of(said, given, classes)
        with mock.patch.object(agreements, "_NO_DOUBT", np.inf):
            shuffled = agreements.agreement_of(said, given, classes)
        self.assertEqual(found.chance, shuffled.chance)
        self.assertEqual(found.chance, 1 / 200)

    def test_no_more_orders_than_the_bound_says(self):
        rng = np.random.default_rng(0)
        said, given = rng.integers(0, 4, (2, 60))
        hits = [np.sum(said == rng.permutation(given)) for _ in range(20_000)]
        mean = np.bincount(said, minlength=4) @ np.bincount(given, minlength=4) / 60
        self.assertAlmostEqual(np.mean(hits), mean, delta=0.1)
        for ahead in (5, 10, 15):
            share = np.mean(np.array(hits) >= mean + ahead)
            bound = 2 * np.exp(-(ahead**2) / (4 * mean + 2 * ahead))
            self.assertLessEqual(share, bound)

    def test_pairs_of_many_classes(self):
        """Counted in a table or sorted, they are the same."""
        rng = np.random.default_rng(0)
        said, given = rng.integers(0, 9, (2, 500))
        few = agreements.agreement_of(said, given, 9)
        many = agreements.agreement_of(said, given, 900)
        np.testing.assert_array_equal(few.outdone, many.outdone[:9])
        np.testing.assert_array_equal(few.class_chances, many.class_chances[:9])
        self.assertEqual(few.hits, many.hits)


class TextsTest(parameterized.TestCase):
    """Labels that are texts, as scikit-learn's classifiers take them."""

    def setUp(self):
        super().setUp()
        self.outputs = np.repeat(np.eye(3) * 0.94 + 0.02, 50, axis=0)
        self.labels = np.repeat(["cat", "cow", "dog"], 50)
        self.labels[[7, 60]] = "dog"

    @parameterized.parameters(list, np.array, lambda y: np.array(y, object))
    def test_in_sorted_order(self, kind):
        found = audit(kind(self.labels), self.outputs)
        np.testing.assert_array_equal(np.sort(found.suspects), [7, 60])
        self.assertEqual(found.class_names, ("cat", "cow", "dog"))
        self.assertEqual(found.class_names[found.suggested[7]], "cat")

    def test_by_the_names_of_the_columns(self):
        found = audit(
            self.labels, self.outputs[:, [2, 0, 1]], class_names=["dog", "cat", "cow"]
        )
        np.testing.assert_array_equal(np.sort(found.suspects), [7, 60])
        self.assertEqual(found.class_names[found.suggested[60]], "cow")

    def test_refused(self):
        with self.assertRaisesRegex(InputError, "texts 2, columns of outputs 3"):
            audit(np.where(self.labels == "cow", "cat", self.labels), self.outputs)
        with self.assertRaisesRegex(InputError, "class_names: 2, columns of outputs 3"):
            audit(self.labels, self.outputs, class_names=["cat", "dog"])
        with self.assertRaisesRegex(InputError, "some are masked"):
            audit(np.ma.masked_equal(self.labels, "cow"), self.outputs)
        with self.assertRaisesRegex(InputError, "class_names; received 'cow'"):
            audit(self.labels, self.outputs, class_names=["cat", "dog", "owl"])


if __name__ == "__main__":
    absltest.main()
