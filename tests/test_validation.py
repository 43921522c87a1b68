"""Arrays from outside are taken rightly, or refused."""

from collections import Counter

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import validation
from lnl_sr_tf.errors import InputError


class NumbersTest(tf.test.TestCase, parameterized.TestCase):
    def test_numbers(self):
        self.assertAllEqual(validation.numbers("x", [1, 2.5]), [1.0, 2.5])
        self.assertEqual(validation.numbers("x", np.float32([[1]]), 2).dtype, "float64")
        self.assertEqual(validation.numbers("x", []).shape, (0,))

    @parameterized.parameters(
        (Counter([0, 0, 1]), "in their order; received a Counter"),
        ({2: 3}, "received a dict"),
        ({2, 3}, "received a set"),
        ({2: 3}.keys(), "received a dict_keys"),
        (["1", "2"], "expected numbers"),
        ([1j], "expected numbers"),
        ([[1], [1, 2]], "rows of the same length"),
        ([None], "expected numbers"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "some are masked"),
    )
    def test_refused(self, values, words):
        with self.assertRaisesRegex(InputError, words):
            validation.numbers("x", values)

    def test_dimensions(self):
        with self.assertRaisesRegex(InputError, r"2 dimensions; received .* \(3,\)"):
            validation.numbers("x", [1, 2, 3], 2)


class LabelsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ([0, 2, 1],),
        ([[0], [2], [1]],),
        ([0.0, 2.0, 1.0],),
        (np.uint8([0, 2, 1]),),
        (np.uint64([0, 2, 1]),),
    )
    def test_taken(self, values):
        found = validation.labels("y", values, 3, count=3)
        self.assertAllEqual(found, [0, 2, 1])
        self.assertEqual(found.dtype, np.int64)

    @parameterized.parameters(
        ([0, 3], r"in \[0, 3\); received 3 at place 1"),
        ([-1, 0, -2], "received -1 at place 0 and 1 more such"),
        ([0.5], "whole numbers; received 0.5 at place 0"),
        ([np.nan], "whole numbers; received nan"),
        ([np.inf], "whole numbers; received inf"),
        ([[0, 1, 0]], r"\(n,\); received \(1, 3\); for one-hot"),
        (3, r"received \(\)"),
        (["a"], "whole numbers; received <U1"),
        ([True], "whole numbers; received bool"),
        (Counter([1]), "received a Counter"),
        ([[0], [1, 2]], r"shape \(n,\)"),
        (np.ma.array([0, 1], mask=[0, 1]), "some are masked"),
    )
    def test_refused(self, values, words):
        with self.assertRaisesRegex(InputError, f"^y: .*{words}"):
            validation.labels("y", values, 3)

    def test_none_of_them(self):
        found = validation.labels("y", [-1, 2], 3, none_of_them=True)
        self.assertAllEqual(found, [-1, 2])
        with self.assertRaisesRegex(InputError, "or -1 for none of the classes"):
            validation.labels("y", [-2, 2], 3, none_of_them=True)

    def test_count(self):
        with self.assertRaisesRegex(InputError, "expected 2 labels, one an example"):
            validation.labels("y", [1], 3, count=2)

    def test_classes_not_known(self):
        self.assertAllEqual(validation.labels("y", [700], None), [700])
        with self.assertRaisesRegex(InputError, "from 0 on; received -1"):
            validation.labels("y", [-1], None)


if __name__ == "__main__":
    tf.test.main()
