"""ProMix: its selection and division by hand, and what is said on the average."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.dividing import (
    CLASSES,
    MOMENTUM,
    PART,
    batch,
    made,
    said,
    softmax,
    to_divide,
)

from lnl_sr_tf.training.dividemix import plans
from lnl_sr_tf.training.dividemix.division import divide
from lnl_sr_tf.training.dividemix.selection import small_losses, sure_of


def chosen(losses, labels, classes, share):
    """Of each class, one after the other the smallest, until there are enough."""
    found = np.zeros(len(losses), bool)
    for label in range(classes):
        left = [i for i in range(len(losses)) if labels[i] == label]
        while left and found[labels == label].sum() < share * len(losses) / classes:
            best = min(left, key=lambda i: losses[i])
            found[best] = True
            left.remove(best)
    return found


class SelectionTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(0.01, 0.2, 0.5, 0.7, 1.0)
    def test_small_losses_of_each_class(self, share):
        rng = np.random.default_rng(4)
        labels = rng.choice(5, 203, p=[0.4, 0.3, 0.2, 0.1, 0.0])
        losses = rng.exponential(1.0 + labels, 203)
        found = small_losses(losses, labels, 5, share)
        self.assertAllEqual(found, chosen(losses, labels, 5, share))

    def test_a_whole_number_is_not_the_next_one(self):
        """0.07 · 100 is 7.000000000000001."""
        self.assertEqual(small_losses(np.arange(100), np.zeros(100), 1, 0.07).sum(), 7)

    def test_sure_of_the_label(self):
        u = np.array([0.5, 0.9899, 0.9901, 1.0])
        self.assertAllEqual(sure_of(-np.log(u), 0.99), u > 0.99)


class SaidTest(tf.test.TestCase):
    """π, which the labels are guessed and the losses taken with."""

    def setUp(self):
        super().setUp()
        rng = np.random.default_rng(0)
        self.x, self.y = batch(rng)
        self.model = made("promix", rng)
        self.said = np.array(self.model.said)

    def test_of_each_network_and_part(self):
        """Of the images as they are."""
        means = [
            softmax(said(network, self.x[start : start + PART // 2])).mean(axis=0)
            for network, start in (
                (self.model.first, 0),
                (self.model.first, PART // 2),
                (self.model.second, PART),
                (self.model.second, PART + PART // 2),
            )
        ]
        means = np.array(means).reshape(2, 2, CLASSES)
        self.model.train_on_batch(self.x, self.y)
        expected = MOMENTUM * self.said + (1 - MOMENTUM) * means
        self.assertAllClose(self.model.said, expected, rtol=1e-5)

    def test_not_in_the_warm_up_nor_in_evaluation(self):
        self.model.train_on_batch(self.x, self.y["label"])
        self.model.evaluate(self.x, self.y["label"], verbose=0)
        self.assertAllClose(self.model.said, self.said)


class DivideTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.model, self.data, self.config = to_divide(
            "promix", np.random.default_rng(0)
        )

    def test_by_hand(self):
        divide(self.model, self.data, self.config, 6)
        labels = self.data.given_labels
        for found, network in zip(
            np.array(self.model.clean),
            (self.model.first, self.model.second),
            strict=True,
        ):
            u = softmax(said(network, self.data.train_images))[np.arange(40), labels]
            small = chosen(-np.log(u), labels, CLASSES, 0.1)
            self.assertTrue(np.any((u > 0.6) & ~small))
            self.assertAllEqual(found, small | (u > 0.6))

    def test_each_learns_from_its_own_division(self):
        clean = np.zeros((2, 20), "float32")
        clean[0, :5] = clean[1, 5:15] = 1.0
        plan = plans.plan(self.config, 20, 0, 2, clean)
        order = plan.of(2)[0].reshape(-1, 2, 2, 2, self.config.batch_size // 2)
        for network, trusted in ((0, range(5)), (1, range(5, 15))):
            found = set(order[:, network, 0].ravel().tolist())
            self.assertEqual(found, set(trusted))


if __name__ == "__main__":
    tf.test.main()
