"""When an exported network says the same as the SavedModel."""

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.export.comparison import TOLERANCE, compare

BEFORE = np.array([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5]])
LABELS = np.array([0, 0, 1])


class ComparisonTest(parameterized.TestCase):
    @parameterized.parameters(
        (0.0, True), (TOLERANCE / 2, True), (2 * TOLERANCE, False), (np.nan, False)
    )
    def test_same(self, off, same):
        found = BEFORE.copy()
        found[1, 0] += off
        compared = compare(found, BEFORE, LABELS)
        self.assertEqual(compared.same, same)
        np.testing.assert_allclose(compared.largest, off, atol=1e-12)

    def test_labels(self):
        compared = compare(BEFORE[:, ::-1], BEFORE, LABELS)
        self.assertEqual(compared.examples, 3)
        self.assertEqual(compared.otherwise, 2)  # of a tie the first
        self.assertAlmostEqual(compared.before, 1 / 3)
        self.assertAlmostEqual(compared.accuracy, 1 / 3)
        self.assertAlmostEqual(compared.largest, 0.4)


if __name__ == "__main__":
    absltest.main()
