"""The draws of published code: how many of each class, and what they become."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import config as configs
from lnl_sr_tf import noise
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment import label_noise


def drawn(labels, dataset, kind, rate, seed=1):
    """(given labels, how many of each class became which)."""
    given = noise.published_noise(labels, dataset, kind, rate, seed)
    classes = {"cifar100": 100}.get(dataset, 10)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, given), 1)
    return given, counts


class PublishedNoiseTest(parameterized.TestCase):
    @parameterized.parameters(
        # 5003 labels a class: cut down, where `exact` rounds.
        ("cifar10", 5003, 0.4, int(0.4 * 50030) // 10),
        ("cifar10", 503, 0.7, 352),
        ("cifar100", 501, 0.6, 300),
    )
    def test_symmetric_cifar(self, dataset, each, rate, expected):
        classes = 100 if dataset == "cifar100" else 10
        labels = np.repeat(np.arange(classes), each)
        _, counts = drawn(labels, dataset, "sym", rate)
        moved = counts.sum(axis=1) - np.diag(counts)
        self.assertEqual(set(moved.tolist()), {expected})
        # To any other class, all alike.
        others = counts[~np.eye(classes, dtype=bool)]
        mean = expected / (classes - 1)
        self.assertLess(np.abs(others - mean).max(), 6 * np.sqrt(mean))

    def test_asymmetric_cifar10_goes_in_turn(self):
        labels = np.repeat(np.arange(10), 5003)
        _, counts = drawn(labels, "cifar10", "asym", 0.4)
        for source, target in ((9, 1), (2, 0), (4, 7)):
            self.assertEqual(counts[source, target], 2001)
            self.assertEqual(counts[source].sum() - counts[source, source], 2001)
        # 2001 cats become dogs; of these and the dogs, 40 % become cats.
        self.assertEqual(counts[3, 5] + counts[5, 5], 7004 - int(0.4 * 7004))
        self.assertAlmostEqual(counts[3, 5] / 5003, 0.24, delta=0.02)
        self.assertAlmostEqual(counts[5, 3] / 5003, 0.40, delta=0.02)

    @parameterized.parameters(
        ("mnist", "sym"), ("mnist", "asym"), ("cifar100", "asym"),
        ("mnist", "pairflip"), ("cifar10", "pairflip"), ("cifar100", "pairflip"),
    )  # fmt: skip
    def test_label_by_label(self, dataset, kind):
        classes = 100 if dataset == "cifar100" else 10
        labels = np.repeat(np.arange(classes), 500)
        shares = set()
        for seed in range(3):
            _, counts = drawn(labels, dataset, kind, 0.4, seed)
            shares |= set(np.diag(counts).tolist())
        self.assertGreater(len(shares - {500}), 2)  # they vary by chance

    @parameterized.product(
        dataset=("mnist", "cifar10", "cifar100"), kind=("sym", "asym", "pairflip")
    )
    def test_matrix_is_what_is_drawn(self, dataset, kind):
        matrix = noise.published_matrix(dataset, kind, 0.3)
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        labels = np.repeat(np.arange(len(matrix)), 2000)
        _, counts = drawn(labels, dataset, kind, 0.3)
        error = 5.5 * np.sqrt(matrix * (1 - matrix) / 2000) + 1e-3
        self.assertTrue((np.abs(counts / 2000 - matrix) <= error).all())

    def test_cats_are_less_often_wrong_than_dogs(self):
        matrix = noise.published_matrix("cifar10", "asym", 0.4)
        np.testing.assert_allclose(matrix[3, [3, 5]], [0.76, 0.24])
        np.testing.assert_allclose(matrix[5, [3, 5]], [0.4, 0.6])
        plain = noise.asymmetric_matrix("cifar10", 0.4)
        same = [i for i in range(10) if i != 3]
        np.testing.assert_allclose(matrix[same], plain[same])

    @parameterized.parameters("sym", "asym", "pairflip")
    def test_seeded_and_without_noise(self, kind):
        labels = np.repeat(np.arange(10), 100)
        first, again, other = (
            noise.published_noise(labels, "cifar10", kind, 0.4, seed)
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))
        none = noise.published_noise(labels[:, None], "cifar10", kind, 0.0, 1)
        np.testing.assert_array_equal(none, labels)

    @parameterized.parameters(
        (("digits", "sym", 0.4), "'sym' of 'digits'; expected sym, asym or pairflip"),
        (("mnist", "odd", 0.4), "'odd' of 'mnist'"),
        (("cifar10", "sym", 1.0), r"must be in \[0, 1\); received 1"),
        (("cifar10", "asym", -0.1), r"must be in \[0, 1\); received -0.1"),
        (("cifar10", "sym", 0.4), "moves 40 labels of each class, and class 1 has 1;"),
    )
    def test_refused(self, arguments, message):
        labels = np.append(np.zeros(999, int), 1)
        for call in (
            lambda: noise.published_noise(labels, *arguments, seed=1),
            *([lambda: noise.published_matrix(*arguments)] * ("moves" not in message)),
        ):
            with self.assertRaisesRegex(InputError, message):
                call()


class ConfigTest(parameterized.TestCase):
    def resolved(self, **settings):
        return configs.resolve({"loss": "ce", "noise_draw": "published"} | settings)

    @parameterized.parameters(
        ({"dataset": "mnist", "noise": "sym"},),
        ({"dataset": "cifar10", "noise": "asym"},),
        ({"dataset": "tfds:cifar100", "noise": "pairflip"},),
        ({"dataset": "digits", "noise": "instance"},),
        ({"dataset": "digits", "noise": "none"},),
        ({"dataset": "cifar10_n", "noise": "worse"},),
    )
    def test_taken(self, settings):
        label_noise.check(self.resolved(**settings))

    @parameterized.parameters(
        ({"dataset": "digits", "noise": "sym"}, "'sym' of 'digits'"),
        ({"dataset": "fashion_mnist", "noise": "sym"}, "'sym' of 'fashion_mnist'"),
        ({"dataset": "./mnist.npz", "noise": "sym"}, "'sym' of 'mnist.npz'"),
        (
            {"dataset": "mnist", "noise": "asym", "asym_map": "1>2"},
            "published contradicts --asym_map",
        ),
        ({"dataset": "mnist", "noise": "t.csv"}, "contradicts --noise=t.csv"),
    )
    def test_refused(self, settings, message):
        with self.assertRaisesRegex(InputError, message):
            label_noise.check(self.resolved(**settings))

    def test_names_of_runs(self):
        """Where nothing is drawn in another way, the name stays as it was."""
        names = {
            rate: {
                configs.resolve(
                    {"loss": "ce", "noise": "instance", "rate": rate} | more
                ).run_name
                for more in (
                    {}, {"instance_rate": "mean"}, {"instance_rate": "mode"},
                    {"noise_draw": "published"},
                )
            }
            for rate in (0.1, 0.3, 0.5, 0.7, 0.8)
        }  # fmt: skip
        self.assertEqual(
            {rate: len(found) for rate, found in names.items()},
            {0.1: 3, 0.3: 2, 0.5: 2, 0.7: 2, 0.8: 3},
        )

    @parameterized.parameters((0.1, "mean"), (0.4, None), (0.0, None))
    def test_instance_rate(self, rate, expected):
        made = configs.resolve({"loss": "ce", "noise": "instance", "rate": rate})
        self.assertEqual(made.instance_rate, expected)

    def test_contradiction(self):
        with self.assertRaisesRegex(InputError, "contradicts --noise_draw=published"):
            self.resolved(noise="instance", rate=0.1, instance_rate="mean")


if __name__ == "__main__":
    absltest.main()
