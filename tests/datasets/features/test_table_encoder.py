"""Features of the rows of a table."""

import json
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.features import table_encoder
from lnl_sr_tf.datasets.features.column_kinds import columns_by_kind
from lnl_sr_tf.datasets.features.encoder_from_dict import encoder_from_dict
from lnl_sr_tf.datasets.features.table_cells import NotNumbers, numbers_in
from lnl_sr_tf.datasets.features.table_encoder import (
    MOST_VALUES,
    fit_table_encoder,
    input_names,
)
from lnl_sr_tf.errors import InputError

TABLE = {
    "age": ["20", "NA", "40", "31.5", "?"],
    "price, net": ["1,5", "2", "3,25", "-1e3", "0"],
    "größe": ["s", "m", "", "m", "xxl"],
}
TRAIN = np.arange(4)


def fitted(columns=TABLE, train=TRAIN, **kinds):
    lines = range(2, 2 + len(next(iter(columns.values()))))
    told = []
    by_kind = columns_by_kind("x.csv", columns, kinds, lines, told.append)
    return fit_table_encoder(by_kind, train, told.append), by_kind, told


class TableEncoderTest(tf.test.TestCase, parameterized.TestCase):
    def test_numbers_and_categories(self):
        encoder, columns, told = fitted()
        mean = np.float32((20 + 40 + 31.5) / 3)
        self.assertAllEqual(
            encoder.encode(columns),
            np.float32([
                # age, whether it is missing; price; m, s, missing
                [20, 0, 1.5, 0, 1, 0],
                [mean, 1, 2, 1, 0, 0],
                [40, 0, 3.25, 0, 0, 1],
                [31.5, 0, -1000, 1, 0, 0],
                # A value that is not among those to train on.
                [mean, 1, 0, 0, 0, 0],
            ]),
        )  # fmt: skip
        self.assertEqual(told, [
            "x.csv: numbers: age, price, net; categories: größe (3 values) (--columns "
            "says otherwise)",
            "x.csv: missing values: 2 of age, 1 of größe",
            "x.csv: numbers with a decimal comma: 2 of price, net",
        ])  # fmt: skip

    @parameterized.parameters({}, {"age": "category"}, {"größe": "skip"})
    def test_tensorflow_does_the_same_after_a_file(self, **kinds):
        encoder, columns, _ = fitted(**kinds)
        again = encoder_from_dict(json.loads(json.dumps(encoder.as_dict())))
        self.assertEqual(again, encoder)
        names = input_names(columns.order)
        raw = columns.numbers | columns.categories
        raw = {names[name]: tf.constant(values) for name, values in raw.items()}
        self.assertEqual(again.signature().keys(), raw.keys())
        for name, spec in again.signature().items():
            self.assertTrue(spec.is_compatible_with(raw[name]))
        self.assertAllEqual(again.encoded(**raw), encoder.encode(columns))
        self.assertLen(again.tracked(), len(columns.categories))

    def test_missing_values_are_so_in_any_spelling(self):
        encoder, _, _ = fitted()
        size = encoder.columns[-1]
        cells = ["", " NULL ", "None", "nan", "n/a", "?", "m"]
        missing = [[0, 0, 1]] * 6 + [[1, 0, 0]]
        self.assertAllEqual(size.encode(cells), missing)
        self.assertAllEqual(size.encoded(tf.constant(cells)), missing)

    def test_a_category_without_any_value(self):
        columns = {"a": ["1", "2", "3", "7"], "b": ["", "", "", "x"]}
        encoder, by_kind, _ = fitted(columns, np.arange(3))
        self.assertAllEqual(encoder.encode(by_kind)[:, 1], [1, 1, 1, 0])
        of_text = encoder.columns[1].encoded(tf.constant(columns["b"]))
        self.assertAllEqual(of_text, [[1], [1], [1], [0]])

    def test_a_million_values(self):
        count = 10**6
        values = [f"v{i // 2}" for i in range(count)] + ["common"] * 3
        encoder, by_kind, told = fitted({"v": values}, np.arange(len(values)))
        (column,) = encoder.columns
        self.assertEqual(column.values[:3], ("common", "v0", "v1"))
        self.assertLen(column.values, MOST_VALUES)
        self.assertEqual(column.width, MOST_VALUES + 1)
        self.assertIn("500001 values", told[0])
        self.assertRegex(told[1], "of v the 100 commonest values count, all others as")
        self.assertAllEqual(
            np.flatnonzero(column.encode(["common", "unseen"])),
            [0, 2 * MOST_VALUES + 1],
        )
        self.assertAllEqual(
            column.encoded(tf.constant(["common", "unseen"])),
            column.encode(["common", "unseen"]),
        )
        self.assertLen(by_kind.categories["v"], len(values))

    def test_rare_values_are_not_blown_up(self):
        encoder, columns, _ = fitted()
        rows = encoder.encode(columns)[TRAIN]
        mean, std = encoder.statistics(rows)
        self.assertAllClose(mean, rows.mean(axis=0))
        self.assertAllClose(std, [rows[:, 0].std(), 0.5, rows[:, 2].std()] + [0.5] * 3)

    @parameterized.named_parameters(
        ("numbers", ["3", "1.5"], {}, "numbers: c"),
        ("few_integers", ["3", "1", "3"], {}, "numbers: c"),
        ("text", ["a", "b", "a"], {}, "categories: c .2 values"),
        ("number_as_category", ["3", "1"], {"c": "category"}, "categories: c"),
        ("id", ["a", "b", "c"], {}, "left out: c .a text of its own in each row"),
        ("id_kept", ["a", "b"], {"c": "category"}, "categories: c"),
        ("constant", ["5", "5"], {}, "left out: c .one value"),
        ("empty", ["", "NaN"], {}, "left out: c .empty"),
        ("index", [*map(str, range(3, 14))], {}, "left out: c .the number of the row"),
        ("index_kept", [*map(str, range(11))], {"c": "number"}, "numbers: c"),
        ("skipped", ["3", "1"], {"c": "skip"}, "left out: c .as asked for"),
        ("constant_and_missing", ["5", ""], {}, "numbers: c"),
    )
    def test_recognises(self, cells, kinds, line):
        columns = {"c": cells, "z": [str(i % 2) for i in range(len(cells))]}
        _, _, told = fitted(columns, np.arange(len(cells)), **kinds)
        self.assertRegex(told[0], line)

    @parameterized.named_parameters(
        ("text_in_numbers", {"c": ["3", "x"]}, {"c": "number"},
         "x.csv: c, line 3: expected a number; 'x' is no number"),
        ("too_large", {"c": ["3", "1e40"]}, {"c": "number"},
         "line 3: expected a number; '1e40' is beyond what float32 holds"),
        ("infinite", {"c": ["3", "inf"]}, {"c": "number"}, "'inf' is no number"),
        ("thousands", {"c": ["3", "1,234"]}, {"c": "number"},
         "'1,234' may be a thousand or a decimal comma"),
        ("no_such_column", {"colour": ["a", "b"]}, {"color": "skip"},
         "--columns names 'color'.*did you mean 'colour'"),
        ("no_kind", {"c": ["3", "4"]}, {"c": "int"},
         "columns: 'c' is to be 'int'; expected one of number, category, skip"),
        ("nan_in_every_row", {"c": ["nan", "NaN"]}, {},
         "expected a column to learn from .*; left out are c .empty."),
        ("constant", {"c": ["1", "1"]}, {}, "left out are c .one value."),
        ("none", {}, {}, "besides label and split; there is none"),
    )  # fmt: skip
    def test_refuses(self, columns, kinds, message):
        with self.assertRaisesRegex(InputError, message):
            columns_by_kind("x.csv", columns, kinds, [2, 3], lambda line: None)

    @parameterized.parameters("1_000", "0x10", "١", "1e", "--1", "1.2.3", "1,2,3", "e5")
    def test_is_no_number(self, cell):
        self.assertIsInstance(numbers_in([cell]), NotNumbers)

    def test_more_than_memory(self):
        encoder, columns, _ = fitted()
        with (
            self.assertRaisesRegex(InputError, "rows of 6 features take.*=NAME:skip"),
            mock.patch.object(table_encoder, "check_memory", _small_memory),
        ):
            encoder.encode(columns)

    def test_names_of_inputs(self):
        names = ["größe", "grosse", "1st", "_", "a b", "a-b", "a_b_2", "€"]
        found = list(input_names(names).values())
        self.assertLen({*found}, len(names))
        for name in found:
            self.assertRegex(name, "^[A-Za-z][A-Za-z0-9_]*$")


def _small_memory(size, what, advice):
    raise InputError(f"{what} {size} bytes; {advice}")


if __name__ == "__main__":
    tf.test.main()
