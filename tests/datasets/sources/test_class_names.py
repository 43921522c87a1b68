"""Names of classes: their order, and which of them are one class."""

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.sources.class_names import (
    check_classes,
    one_name_each,
    sorted_names,
)
from lnl_sr_tf.errors import InputError

NFC, NFD = "caf\xe9", "cafe\u0301"


class OrderTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ("10 9 1", "1 9 10"),
        ("-2 3 -10 12 0", "-10 -2 0 3 12"),
        ("-2 b -10 a 3", "-10 -2 3 a b"),
        ("1.5 1.25 -0.5 10", "-0.5 1.25 1.5 10"),
        ("a10 a2 a-10 a-2", "a2 a10 a-2 a-10"),
        ("9a 10 9", "9 9a 10"),
        ("9" * 5000 + " -" + "9" * 5000 + " 0", "-" + "9" * 5000 + " 0 " + "9" * 5000),
    )
    def test_sorted(self, names, expected):
        self.assertEqual(sorted_names(names.split()), tuple(expected.split()))
        self.assertEqual(sorted_names(names.split()[::-1]), tuple(expected.split()))


class OneNameEachTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        ((NFC, NFD), NFC, r"'cafe\u0301' and 'caf\xe9'"),
        (("cat", "cat ", "\tcat"), "cat", "'cat' and 'cat '"),
        (("1", "1.0", "1.00"), "1", "'1' and '1.0' and '1.00'"),
        (("-1.0", "-1"), "-1", "'-1' and '-1.0'"),
    )
    def test_one_class(self, spellings, name, said):
        told = []
        found = one_name_each("x.csv", [*spellings, "other"], told.append)
        self.assertEqual({found[spelling] for spelling in spellings}, {name})
        self.assertEqual(found["other"], "other")
        self.assertLen(told, 1)
        self.assertStartsWith(told[0], "x.csv: taken as one class: ")
        self.assertIn(said, told[0])

    @parameterized.parameters(
        ("1", "01"), ("1.0", "1.5"), ("a b", "ab"), ("v1", "v1.0"), ("1", "-1"),
    )  # fmt: skip
    def test_different_classes(self, *spellings):
        told = []
        found = one_name_each("x.csv", spellings, told.append)
        self.assertEqual(found, {text: text for text in spellings})
        self.assertEmpty(told)

    def test_upper_and_lower_case_are_told_and_kept_apart(self):
        told = []
        found = one_name_each("x.csv", ["Cat", "cat", "dog"], told.append)
        self.assertLen(set(found.values()), 3)
        self.assertIn("alone: 'Cat' and 'cat'", told[0])

    def test_many_are_counted(self):
        told = []
        one_name_each("x.csv", [f"{i}{e}" for i in range(9) for e in ("", ".0")],
                      told.append)  # fmt: skip
        self.assertEndsWith(told[0], "'2' and '2.0'; and 6 more")


class CheckTest(tf.test.TestCase):
    def test_two_of_one_name(self):
        with self.assertRaisesRegex(InputError, "x: 2 classes have the name 'a'"):
            check_classes("x", ("a", "b", "a"))


if __name__ == "__main__":
    tf.test.main()
