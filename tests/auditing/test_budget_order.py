"""An order that is drawn by the probability of being wrong."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.auditing import audit
from lnl_sr_tf.auditing.budget_order import budget_order


class BudgetOrderTest(parameterized.TestCase):
    def test_first_is_drawn_by_its_probability(self):
        probability = np.array([0.1, 0.2, 0.7, np.nan, 0.0])
        orders = np.array([budget_order(probability, seed) for seed in range(2000)])
        share = np.bincount(orders[:, 0], minlength=5) / 2000
        np.testing.assert_allclose(share, [0.1, 0.2, 0.7, 0, 0], atol=0.04)
        np.testing.assert_array_equal(np.sort(orders[0]), np.arange(5))
        self.assertTrue(np.all(orders[:, 4] == 3))
        self.assertTrue(np.all(orders[:, 3] == 4))

    def test_of_an_audit(self):
        rng = np.random.default_rng(0)
        clean = rng.integers(0, 3, 900)
        given = np.where(rng.random(900) < 0.3, (clean + 1) % 3, clean)
        found = audit(given, 0.7 * np.eye(3)[clean] + 0.1)
        order = found.budget_order(seed=1)
        np.testing.assert_array_equal(order, found.budget_order(seed=1))
        self.assertFalse(np.array_equal(order, found.order))
        # Wrong labels first, as in the order of the score, but in no order of theirs.
        wrong = (given != clean)[order[:200]]
        self.assertGreater(wrong.mean(), 0.95)


if __name__ == "__main__":
    absltest.main()
