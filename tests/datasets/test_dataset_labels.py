"""Every array of labels of a dataset goes through one check."""

import dataclasses

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.dataset import Dataset
from lnl_sr_tf.datasets.describe import in_a_line
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.errors import InputError

IMAGES = np.zeros((6, 4, 4, 1), np.uint8)
RIGHT = np.array([0, 1, 2, 0, 1, 2])


def made(**changed):
    settings = {
        "name": "mine",
        "train_images": IMAGES,
        "given_labels": RIGHT,
        "clean_labels": RIGHT,
        "test_images": IMAGES,
        "test_labels": RIGHT,
        "class_names": ("a", "b", "c"),
        "mean": (0.5,),
        "std": (0.5,),
    }
    return Dataset(**settings | changed)


# Where labels may stand, and what they are called.
FIELDS = {
    "given_labels": (lambda y: {"given_labels": y}, "given_labels"),
    "clean_labels": (lambda y: {"clean_labels": y}, "clean_labels"),
    "test_labels": (lambda y: {"test_labels": y}, "test_labels"),
    "human_labels": (lambda y: {"human_labels": {"worse": y}}, "human labels worse"),
    "more_tests": (lambda y: {"more_tests": {"t": TestSet(IMAGES, y)}}, "labels of t"),
    "validation": (
        lambda y: {"validation": TestSet(IMAGES, y)},
        "labels of the validation part",
    ),
}
WRONG = {
    "beyond": (RIGHT + 1, r"whole numbers in \[0, 3\).*; received 3 at place 2 and 1"),
    "negative": (np.where(RIGHT > 1, -2, RIGHT), "received -2 at place 2 and 1 more"),
    "fractional": (RIGHT / 2, "expected whole numbers; received 0.5 at place 1"),
    "missing": (np.where(RIGHT > 1, np.nan, RIGHT), "received nan at place 2 and 1 mo"),
    "texts": (np.array(list("abcabc")), "expected whole numbers; received <U1"),
    "length": (RIGHT[:5], "expected 6 labels, one an example; received 5"),
    "one_hot": (np.eye(3)[RIGHT], r"expected labels of shape \(n,\); received \(6, 3"),
    "by_key": ({0: 6}, "expected labels in the order of the examples; received a dict"),
}


class LabelsTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.product(field=tuple(FIELDS), wrong=tuple(WRONG))
    def test_refused(self, field, wrong):
        change, name = FIELDS[field]
        labels, message = WRONG[wrong]
        with self.assertRaisesRegex(InputError, f"^dataset mine: {name}.*{message}"):
            made(**change(labels))

    @parameterized.parameters(*(name for name in FIELDS if name != "clean_labels"))
    def test_none_of_the_classes_is_for_clean_labels_alone(self, field):
        labels = np.where(RIGHT == 2, -1, RIGHT)
        self.assertAllEqual(made(clean_labels=labels).clean_labels, labels)
        with self.assertRaisesRegex(InputError, "received -1 at place 2 and 1 more"):
            made(**FIELDS[field][0](labels))

    def test_other_forms_of_right_ones(self):
        for labels in (RIGHT.tolist(), RIGHT[:, None], RIGHT.astype(np.float32),
                       RIGHT.astype(np.uint8)):  # fmt: skip
            for change, _ in FIELDS.values():
                data = made(**change(labels))
            data = made(given_labels=labels)
            self.assertAllEqual(data.given_labels, RIGHT)
            self.assertEqual(data.given_labels.dtype, np.int64)

    def test_what_is_right_stays_as_it_is(self):
        test = TestSet(IMAGES, RIGHT)
        data = made(validation=test, more_tests={"t": test})
        again = dataclasses.replace(data, name="other")
        self.assertIs(again.given_labels, RIGHT)
        self.assertIs(again.validation, test)
        self.assertIs(again.more_tests["t"], test)

    def test_class_names(self):
        with self.assertRaisesRegex(InputError, "mine: 2 classes have the name 'a'"):
            made(class_names=("a", "b", "a"))
        with self.assertRaisesRegex(InputError, "mine: expected examples of at least"):
            made(class_names=("a",))


class LineTest(tf.test.TestCase):
    def test_line(self):
        self.assertEqual(
            in_a_line(made(given_labels=np.array([0, 0, 0, 1, 1, 1]))),
            "mine: 3 classes (a, b, c), 0 to 3 training examples a class",
        )

    def test_many_and_long_names_stay_one_line(self):
        names = ("x" * 200, "a\nb", "c\udcff", *map(str, range(9)))
        line = in_a_line(made(class_names=names))
        self.assertNotIn("\n", line)
        self.assertIn(f"12 classes ({'x' * 29}…, a?b, c?, 0, 1, …), 0 to 2", line)
        line.encode()


if __name__ == "__main__":
    tf.test.main()
