"""The schedules against their formulas."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import schedules


class SchedulesTest(tf.test.TestCase, parameterized.TestCase):
    def test_mnist_recipe(self):
        weights = [schedules.regularization_weight(t, 4, 2, 5) for t in range(50)]
        self.assertEqual(weights[:6], [4, 4, 4, 4, 4, 8])
        self.assertEqual(weights[49], 4 * 2**9)

    def test_paper_rho(self):
        """50^(1/120) over CIFAR-10's 120 epochs multiplies λ by 50."""
        last = schedules.regularization_weight(120, 1.2, 50 ** (1 / 120), 1)
        self.assertAllClose(last, 1.2 * 50)

    def test_temperature(self):
        values = [schedules.temperature(t, 0.5, 0.5, 2, 0.2) for t in range(6)]
        self.assertEqual(values, [0.5, 0.5, 0.25, 0.25, 0.2, 0.2])
        self.assertEqual(schedules.temperature(99, 0.5, 1.0), 0.5)

    def test_cosine(self):
        rates = [schedules.cosine_learning_rate(t, 0.1, 10) for t in range(11)]
        self.assertAllClose(rates[0], 0.1)
        self.assertAllClose(rates[5], 0.05)
        self.assertAllClose(rates[10], 0.0)
        self.assertTrue(np.all(np.diff(rates) < 0))

    def test_exponential(self):
        self.assertAllClose(
            schedules.exponential_learning_rate(250, 0.4, 0.97), 0.4 * 0.97**250
        )

    def test_linear(self):
        """Constant to epoch 80 of 200, then straight to 0."""
        rates = [schedules.linear_learning_rate(t, 1e-3, 200, 0.4) for t in range(201)]
        self.assertAllClose(rates[:81], np.full(81, 1e-3))
        self.assertAllClose(rates[140], 0.5e-3)
        self.assertAllClose(rates[200], 0.0)
        self.assertAllClose(np.diff(rates[80:]), np.full(120, -1e-3 / 120))

    def test_forget_rate(self):
        rates = [schedules.forget_rate(t, 0.5, 10) for t in range(13)]
        self.assertAllClose(rates, [*np.arange(0, 0.5, 0.05), 0.5, 0.5, 0.5])

    @parameterized.parameters(
        ({"a": 1, "b": 1, "c": 1}, 9, "aaabbbccc"),
        ({"a": 2, "b": 0, "c": 1}, 9, "aaaaaaccc"),
        ({"a": 0.1, "b": 0.1, "c": 0.1}, 3, "abc"),
        ({"a": 1, "b": 1, "c": 1}, 2, "ac"),
        ({"a": 1, "b": 0}, 4, "aaaa"),
    )
    def test_stage(self, shares, epochs, expected):
        spans = [schedules.stage(t, epochs, shares) for t in range(epochs)]
        self.assertEqual("".join(name for name, _, _ in spans), expected)
        for epoch, (name, start, end) in enumerate(spans):
            self.assertBetween(epoch, start, end - 1)
            self.assertEqual(expected[start:end], name * (end - start))
        self.assertEqual(schedules.stage(99, epochs, shares)[0], expected[-1])


if __name__ == "__main__":
    tf.test.main()
