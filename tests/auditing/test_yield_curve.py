"""How many wrong labels the first m hold."""

import dataclasses
import json
import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.auditing import audit, audit_files
from lnl_sr_tf.auditing.memorisation import Memorisation
from lnl_sr_tf.auditing.yield_curve import yield_curve


class YieldCurveTest(parameterized.TestCase):
    def test_adds_up(self):
        probability = np.sort(np.random.default_rng(0).beta(0.3, 0.6, 5000))[::-1]
        rate = probability.mean()
        curve = yield_curve(probability, rate - 0.02, rate + 0.03)
        total = np.cumsum(probability)
        np.testing.assert_allclose(curve.wrong, total[curve.looked_at - 1])
        self.assertEqual((curve.looked_at[0], curve.looked_at[-1]), (1, 5000))
        self.assertIn(curve.worth_it, curve.looked_at)
        self.assertLess(len(curve.looked_at), 202)
        self.assertGreater(probability[curve.worth_it - 1], 0.5)
        self.assertLessEqual(probability[curve.worth_it], 0.5)
        for values in (curve.looked_at, curve.wrong):
            self.assertTrue(np.all(np.diff(values) > 0))
        self.assertTrue(np.all((curve.low <= curve.wrong) & (curve.low >= 0)))
        self.assertTrue(np.all(curve.wrong <= curve.high))
        self.assertTrue(np.all(curve.high <= curve.looked_at))
        # At the end it is the rate's interval, and what sampling adds.
        reach = 1.96 * np.sqrt((probability * (1 - probability)).sum())
        self.assertAlmostEqual(curve.low[-1], 5000 * (rate - 0.02) - reach, delta=5)
        self.assertAlmostEqual(curve.high[-1], 5000 * (rate + 0.03) + reach, delta=5)

    def test_interval_holds(self):
        """Of labels that are wrong with these probabilities, 95 in 100 times."""
        rng = np.random.default_rng(1)
        probability = np.sort(rng.beta(0.5, 1.0, 1000))[::-1]
        curve = yield_curve(probability, probability.mean(), probability.mean())
        wrong = np.cumsum(rng.random((500, 1000)) < probability, axis=1)
        for place in (50, 90, 120, -1):
            found = wrong[:, curve.looked_at[place] - 1]
            held = (curve.low[place] <= found) & (found <= curve.high[place])
            self.assertBetween(held.mean(), 0.92, 1.0)

    @parameterized.parameters(([0.2, 0.1], 0), ([0.9, 0.8], 2), ([1.0, 0.5, 0.0], 1))
    def test_how_many_are_worth_it(self, probability, expected):
        probability = np.array(probability)
        curve = yield_curve(probability, 0.0, 1.0)
        self.assertEqual(curve.worth_it, expected)

    def test_no_label(self):
        curve = yield_curve(np.zeros(0), np.nan, np.nan)
        self.assertEmpty(curve.looked_at)
        self.assertEqual(curve.worth_it, 0)


def observed():
    """Outputs of a network that knows the classes, and labels of which 1 in 5 err."""
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 3, 600)
    given = np.where(rng.random(600) < 0.2, (clean + 1) % 3, clean)
    outputs = 0.7 * np.eye(3)[clean] + 0.3 * rng.dirichlet(np.ones(3), 600)
    return given, outputs, clean


class AuditTest(parameterized.TestCase):
    def test_of_an_audit(self):
        given, outputs, clean = observed()
        found = audit(given, outputs)
        curve = found.yield_curve
        wrong = np.cumsum((given != clean)[found.order])[curve.looked_at - 1]
        self.assertTrue(np.all((curve.low <= wrong) & (wrong <= curve.high)))
        self.assertEqual(curve.worth_it, len(found.suspects))

    def test_in_the_file(self):
        given, outputs, _ = observed()
        found = audit(given, outputs)
        learned = Memorisation(0.99, 0.8, 0.9, True)
        by_heart = dataclasses.replace(found, memorisation=learned)
        self.assertIn("the rate is a lower bound", by_heart.words)
        self.assertNotIn("lower bound", found.words)
        with tempfile.TemporaryDirectory() as folder:
            for one in (found, by_heart):
                _, whole = audit_files.write(one, folder)
                held = json.loads(pathlib.Path(whole).read_text("utf-8"))
                self.assertEqual(held["noise_rate_is_a_lower_bound"], one is by_heart)
        self.assertEqual(held["memorisation"]["trained"], 0.99)
        curve = held["yield_curve"]
        self.assertEqual(curve["worth_it"], len(found.suspects))
        self.assertEqual(curve["looked_at"][-1], 600)
        self.assertAlmostEqual(curve["wrong"][-1], 600 * found.noise_rate)
        self.assertAlmostEqual(held["information"]["total"], found.information.total)
        self.assertIs(held["outputs"]["sharp"], found.kind.sharp)

    def test_without_evidence(self):
        given, outputs, _ = observed()
        found = audit(given, np.full_like(outputs, 1 / 3))
        self.assertEmpty(found.yield_curve.looked_at)
        self.assertIsNone(audit_files.summary(found)["yield_curve"])


if __name__ == "__main__":
    absltest.main()
