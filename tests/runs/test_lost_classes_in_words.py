"""Lost classes in words."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.runs import lost_classes


class LostClassesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (["cat"], "1 class never predicted: cat"),
        (["cat", "dog"], "2 classes never predicted: cat, dog"),
        (list("abc"), "3 classes never predicted: a, b, c"),
        (list("abcdefg"), "7 classes never predicted: a, b, c and 4 more"),
        # No name fills the line.
        (["n" * 24, "m" * 25], f"2 classes never predicted: {'n' * 24}, {'m' * 23}…"),
    )
    def test_counted(self, lost, words):
        self.assertEqual(lost_classes.counted(lost), words)
        self.assertStartsWith(lost_classes.advice(lost), f"{words}: in the last epoch")
        self.assertNotIn("\n", lost_classes.advice(lost))
        self.assertEndsWith(
            lost_classes.advice(lost), "; --prior_weight=10 asks for every class"
        )
        self.assertEndsWith(lost_classes.advice(lost, True), "it has given them up")

    def test_names(self):
        row = {"lost_classes": 2, lost_classes.LOST: [0, 2]}
        self.assertEqual(lost_classes.names(row, "abc"), ["a", "c"])
        self.assertIsNone(lost_classes.names({"lost_classes": 2}, "abc"))


if __name__ == "__main__":
    tf.test.main()
