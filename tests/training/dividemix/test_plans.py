"""What is drawn for an epoch: for each network, by the other's division."""

import numpy as np
import tensorflow as tf

from lnl_sr_tf.training.dividemix.plans import DividedPlan, WarmUpPlan, divided


class DividedTest(tf.test.TestCase):
    def test_neither_part_is_empty(self):
        for clean, expected in (
            ([0.9, 0.5, 0.7], ([0, 2], [1])),
            ([0.1, 0.4, 0.4], ([1, 2], [0])),
            ([0.9, 0.6, 0.7], ([0, 1, 2], [1])),
            ([0.2, 0.2], ([0, 1], [0, 1])),
        ):
            found = divided(np.array(clean), 0.5)
            for part, right in zip(found, expected, strict=True):
                self.assertAllEqual(part, right)


class WarmUpPlanTest(tf.test.TestCase):
    def test_each_network_has_all_examples(self):
        plan = WarmUpPlan(2 * 10, seed=1, columns=3, batch_size=4)
        order, numbers = plan.of(0)
        self.assertEqual(numbers.shape, (20, 3))
        steps = np.split(order, [8, 16])
        orders = [
            np.concatenate([np.split(step, 2)[network] for step in steps])
            for network in (0, 1)
        ]
        for one in orders:
            self.assertAllEqual(np.sort(one), np.arange(10))
        self.assertNotAllEqual(*orders)
        self.assertAllEqual(order, plan.of(0)[0])
        self.assertNotAllEqual(order, plan.of(1)[0])


class DividedPlanTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        clean = np.full((2, 20), 0.1, "float32")
        clean[0, :5] = clean[1, 5:15] = 0.9
        # The first network trusts 0 to 4, the second 5 to 14.
        self.plan = DividedPlan(
            6 * 32, seed=1, columns=2, mixup_alpha=4.0, clean=clean, steps=6,
            batch_size=8,
        )  # fmt: skip

    def parts(self, values):
        """By step, network, part, view and example."""
        return values.reshape(6, 2, 2, 2, 4, *values.shape[1:])

    def test_each_learns_from_the_division_of_the_other(self):
        self.assertEqual(self.plan.rows, 32)
        order, _ = self.plan.of(0)
        parts = self.parts(order)
        for network, trusted in ((0, range(5, 15)), (1, range(5))):
            others = set(range(20)) - set(trusted)
            self.assertEqual(set(parts[:, network, 0].ravel().tolist()), set(trusted))
            self.assertEqual(set(parts[:, network, 1].ravel().tolist()), others)

    def test_views_are_of_the_same_examples_and_varied_otherwise(self):
        order, numbers = map(self.parts, self.plan.of(0))
        self.assertAllEqual(order[:, :, :, 0], order[:, :, :, 1])
        self.assertNotAllClose(numbers[:, :, :, 0, :, :2], numbers[:, :, :, 1, :, :2])

    def test_a_part_is_gone_through_before_it_comes_again(self):
        """24 examples of 5 are each drawn 4 or 5 times."""
        order, _ = self.plan.of(0)
        drawn = self.parts(order)[:, 1, 0, 0].ravel()
        counts = np.bincount(drawn, minlength=5)[:5]
        self.assertEqual(set(counts.tolist()), {4, 5})
        self.assertAllEqual(np.sort(drawn[:5]), np.arange(5))

    def test_share_of_mixup(self):
        """One for each network and step, never below a half."""
        _, numbers = self.plan.of(0)
        shares = numbers[:, -1].reshape(12, 16)
        self.assertAllEqual(shares, np.repeat(shares[:, :1], 16, axis=1))
        self.assertLen(set(shares[:, 0].tolist()), 12)
        self.assertTrue(np.all((shares >= 0.5) & (shares < 1)))

    def test_depends_on_seed_and_epoch(self):
        again, later = self.plan.of(3), self.plan.of(4)
        for ours, same, other in zip(self.plan.of(3), again, later, strict=True):
            self.assertAllEqual(ours, same)
            self.assertNotAllEqual(ours, other)


if __name__ == "__main__":
    tf.test.main()
