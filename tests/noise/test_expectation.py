"""The fit over the few classes that matter, against that over all of them."""

from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import noise
from lnl_sr_tf.noise import expectation
from lnl_sr_tf.noise.few_classes import few_classes


def made(classes, count, rate, spread, seed=1):
    """Outputs that are sure or not, labels of which some are wrong."""
    rng = np.random.default_rng(seed)
    clean = rng.integers(0, classes, count)
    given = noise.corrupt(clean, noise.symmetric_matrix(classes, rate), seed)
    logits = rng.normal(size=(count, classes)) * 0.7
    logits[np.arange(count), clean] += np.log(classes) + spread * rng.random(count)
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), given


def over_all_classes(outputs, labels):
    """(T, counts, posterior) by the formulas, all classes of all examples."""
    k = outputs.shape[1]
    sharp = (outputs / outputs.max(axis=1, keepdims=True)) ** 10
    sharp = np.maximum(sharp / sharp.sum(axis=1, keepdims=True), 1e-6)
    matrix = np.full((k, k), 0.5 / (k - 1))
    np.fill_diagonal(matrix, 0.5)
    given = np.eye(k)[labels]
    for _ in range(200):
        joint = sharp * matrix.T[labels]
        joint /= joint.sum(axis=1, keepdims=True)
        better = joint.T @ given + 1e-3 / k
        better /= better.sum(axis=1, keepdims=True)
        moved, matrix = np.abs(better - matrix).max(), better
        if moved < 1e-6:
            break
    joint = sharp * matrix.T[labels]
    joint /= joint.sum(axis=1, keepdims=True)
    return matrix, joint.T @ given, joint


class FitTest(parameterized.TestCase):
    @parameterized.product(
        case=((2, 400, 0.2, 3.0), (8, 900, 0.5, 1.0), (40, 800, 0.3, 3.0)),
        all_pairs=(True, False),
    )
    def test_is_that_over_all_classes(self, case, all_pairs):
        outputs, labels = made(*case)
        matrix, counts, posterior = over_all_classes(outputs, labels)
        kept, labels = few_classes(outputs, labels)
        self.assertNotEmpty(kept.unsure)
        with mock.patch.object(expectation, "_ALL_PAIRS", 2**18 if all_pairs else 0):
            found = expectation.fit(kept, labels)
        # What pairs without a near example share is a millionth part.
        near = 1e-6 if all_pairs else 1e-4
        np.testing.assert_allclose(found.matrix, matrix, atol=near)
        np.testing.assert_allclose(found.counts, counts, atol=30 * near)
        right = 1.0 - posterior[np.arange(len(labels)), labels]
        np.testing.assert_allclose(found.wrong, right, atol=10 * near)
        self.assertAlmostEqual(found.counts.sum(), len(labels), places=6)
        np.testing.assert_allclose(found.matrix.sum(axis=1), 1.0)
        whole = expectation.posterior(
            kept, labels, found.matrix, np.ones(len(labels), bool)
        )
        np.testing.assert_allclose(whole, posterior, atol=10 * near)

    @parameterized.parameters(True, False)
    def test_labels_that_do_not_occur(self, all_pairs):
        outputs, labels = made(12, 1500, 0.3, 3.0)
        labels = np.where(labels >= 9, labels - 9, labels)
        kept, labels = few_classes(outputs, labels)
        with mock.patch.object(expectation, "_ALL_PAIRS", 2**18 if all_pairs else 0):
            found = expectation.fit(kept, labels)
        np.testing.assert_allclose(found.matrix[:, 9:], 0, atol=1e-5)
        np.testing.assert_allclose(found.counts[:, 9:], 0, atol=1e-9)
        np.testing.assert_allclose(found.matrix.sum(axis=1), 1.0)
        self.assertAlmostEqual(found.counts.sum(), len(labels), places=6)

    def test_every_example_counts_as_one(self):
        """Also by the classes that are not near it."""
        kept, labels = few_classes(*made(40, 800, 0.3, 3.0))
        with mock.patch.object(expectation, "_ALL_PAIRS", 0):
            model = expectation._Model(kept, labels)
        values, rest = model.first()
        for _ in range(3):
            counts, rest_counts, _ = model._counts(values, rest)
            self.assertGreater(rest_counts.sum(), 0)
            self.assertAlmostEqual(counts.sum() + rest_counts.sum(), 800, places=9)
            values, rest = model.step(values, rest)

    @parameterized.parameters((3, 300, 0.3, 2.0), (40, 800, 0.4, 2.0))
    def test_likeliest_others(self, *case):
        kept, labels = few_classes(*made(*case))
        matrix = expectation.fit(kept, labels).matrix
        every = expectation.posterior(kept, labels, matrix, np.ones(len(labels), bool))
        every[np.arange(len(labels)), labels] = -1.0
        found = expectation.likeliest_others(kept, labels, matrix)
        np.testing.assert_array_equal(found, every.argmax(axis=1))

    def test_posterior_of_a_part(self):
        kept, labels = few_classes(*made(4, 60, 0.2, 2.0))
        matrix = expectation.fit(kept, labels).matrix
        told = labels != 2
        whole = expectation.posterior(kept.part(told), labels[told], matrix, told)
        np.testing.assert_array_equal(np.isnan(whole), ~told[:, None].repeat(4, 1))
        np.testing.assert_allclose(whole[told].sum(axis=1), 1.0)


if __name__ == "__main__":
    absltest.main()
