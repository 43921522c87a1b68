"""What a page shows of examples that are no images."""

import dataclasses

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf import datasets
from lnl_sr_tf.auditing.shown_texts import ShownTexts, shown_texts
from lnl_sr_tf.datasets.features.mapped_rows import MappedRows

ROWS = np.arange(60, dtype=np.float32).reshape(4, 15) / 8


class ShownTextsTest(parameterized.TestCase):
    def test_texts_in_the_order_of_the_page(self):
        shown = ShownTexts(np.array(["a", "b\udcff", "c" * 1234], object))
        self.assertLen(shown, 3)
        self.assertIsNone(shown.columns)
        cut = "c" * 500 + " … (1,234 characters)"
        self.assertEqual(shown.of(np.array([2, 1])), [cut, r"b\udcff"])

    def test_rows(self):
        rows = np.array([["39", "", "x"], ["40", "y" * 490, "z"]], object)
        shown = ShownTexts(rows, ("age", "sex\udcff", "work"))
        self.assertEqual(shown.columns, ["age", r"sex\udcff", "work"])
        self.assertEqual(shown.of(np.array([0, 1])), rows.tolist())

    def test_rows_of_many_columns_are_cut(self):
        shown = ShownTexts(np.full((1, 1000), "12345"), tuple(map(str, range(1000))))
        self.assertEqual(shown.of(np.array([0])), [["12345"] * 100])
        long = ShownTexts(np.array([["a" * 900, "b"]]), ("one", "two"))
        self.assertEqual(long.of(np.array([0])), [["a" * 500 + " … (900 characters)"]])

    @parameterized.parameters(np.asarray, MappedRows)
    def test_features(self, kind):
        shown = ShownTexts(kind(ROWS))
        first = "1.875, 2, 2.125, 2.25, 2.375, 2.5, 2.625, 2.75, … (15 numbers)"
        self.assertEqual(shown.of(np.array([1])), [first])
        self.assertLen(shown.of(np.arange(4)), 4)

    def test_of_a_dataset(self):
        labels = np.array([0, 1, 0, 1])
        data = datasets.Dataset(
            "made", ROWS, labels, None, ROWS, labels, "ab", (0.0,) * 15, (1.0,) * 15
        )
        some = np.array([3])
        self.assertStartsWith(shown_texts(data).of(some)[0], "5.625, 5.75, ")
        texts = dataclasses.replace(data, originals=np.array(["a", "b", "c", "d"]))
        self.assertEqual(shown_texts(texts).of(some), ["d"])
        rows = dataclasses.replace(
            data, originals=np.array([["a"], ["b"], ["c"], ["d"]]), columns=("x",)
        )
        self.assertEqual(shown_texts(rows).of(some), [["d"]])
        self.assertEqual(shown_texts(rows).columns, ["x"])


if __name__ == "__main__":
    absltest.main()
