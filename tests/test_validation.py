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

    def test_an_array_is_told_of_in_one_line(self):
        with self.assertRaises(InputError) as caught:
            validation.numbers("x", np.full((40, 3), "1"))
        self.assertNotIn("\n", str(caught.exception))

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


class ProbabilitiesTest(tf.test.TestCase, parameterized.TestCase):
    def test_taken(self):
        found = validation.probabilities("u", np.float32([[0.25, 0.75]]))
        self.assertEqual(found.dtype, np.float64)
        # bfloat16 keeps eight bits, float16 eleven.
        for dtype in (tf.bfloat16, tf.float16):
            rows = tf.nn.softmax(tf.random.stateless_normal((500, 100), (1, 2)))
            rounded = tf.cast(tf.cast(rows, dtype), tf.float32).numpy()
            self.assertAllEqual(validation.probabilities("u", rounded), rounded)

    @parameterized.parameters(
        ([0.5, 0.5], r"of 2 dimensions; received the shape \(2,\)"),
        ([[1.0], [1.0]], r"two classes, .*received the shape \(2, 1\)"),
        (np.zeros((0, 3)), r"at least one example .*the shape \(0, 3\)"),
        ([[1, 0], [0.5, 0.6], [0, 2]], "row 1: .* 0.5, 0.6, sum 1.1 and 1 more such$"),
        ([[2.0, -1.0]], "row 0: expected probabilities, at least 0, .*received 2, -1"),
        ([[0.5, np.nan]], "row 0: .*logits want a softmax first.*received 0.5, nan"),
        ([[np.inf, -np.inf]], "received inf, -inf"),
        ([[1.0] * 9], "received 1, 1, 1, 1, 1, 1, …, sum 9"),
        ([["0.5", "0.5"]], "expected numbers"),
    )
    def test_refused(self, values, words):
        with self.assertRaisesRegex(InputError, f"^u.*{words}"):
            validation.probabilities("u", values)

    def test_with_labels(self):
        found = validation.probabilities_and_labels([[0.5, 0.5]], [[1]])
        self.assertAllEqual(found[1], [1])
        for labels, words in (([0, 1], "expected 1 labels"), ([2], r"in \[0, 2\)")):
            with self.assertRaisesRegex(InputError, f"labels: .*{words}"):
                validation.probabilities_and_labels([[0.5, 0.5]], labels)


class TransitionMatrixTest(tf.test.TestCase, parameterized.TestCase):
    def test_taken(self):
        # As it stands, typed with three digits.
        rows = [[0.3333, 0.3333, 0.3333], [0, 1, 0], [0, 0, 1]]
        found = validation.transition_matrix("T", rows, 3)
        self.assertAllEqual(found, rows)
        self.assertEqual(found.dtype, np.float64)
        self.assertAllEqual(validation.transition_matrix("T", [[1]]), [[1.0]])

    @parameterized.parameters(
        (3, None, r"a square matrix, one a class; received the shape \(\)"),
        ([], None, r"a square matrix, .*the shape \(0,\)"),
        ([[0.5, 0.5]], None, r"a square matrix, .*the shape \(1, 2\)"),
        (np.eye(3), 2, r"a matrix of 2 rows and columns, .*the shape \(3, 3\)"),
        ([[0.998, 0], [0, 1]], 2, r"row 0: .*\(within 0.001\); .* sum 0.998"),
        ([[1, 0], [1.5, -0.5]], None, "row 1: .*at least 0, .*received 1.5, -0.5"),
        ([[np.nan, 1], [0, 1]], None, "row 0: .*received nan, 1"),
        ({0: [1, 0], 1: [0, 1]}, None, "received a dict"),
    )
    def test_refused(self, values, num_classes, words):
        with self.assertRaisesRegex(InputError, f"^T.*{words}"):
            validation.transition_matrix("T", values, num_classes)

    def test_rows_of_a_file_count_from_one(self):
        with self.assertRaisesRegex(InputError, "t.csv, row 2: .*received 0, 2"):
            validation.transition_matrix("t.csv", [[1, 0], [0, 2]], first_row=1)


class SoftmaxTest(tf.test.TestCase, parameterized.TestCase):
    def test_by_hand(self):
        found = validation.softmax(np.log([[1.0, 3.0], [2.0, 2.0]]))
        self.assertAllClose(found, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-15)

    def test_far_logits(self):
        self.assertAllEqual(validation.softmax([[1e5, -1e5]]), [[1.0, 0.0]])
        self.assertEqual(validation.softmax(np.zeros((2, 0))).shape, (2, 0))

    @parameterized.parameters(np.nan, np.inf, -np.inf)
    def test_refused(self, value):
        with self.assertRaisesRegex(InputError, "NaN or infinity in row 1"):
            validation.softmax([[0.0, 1.0], [value, 0.0]])


if __name__ == "__main__":
    tf.test.main()
