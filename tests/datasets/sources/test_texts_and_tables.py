"""Texts and tables, in files and in memory."""

import json
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, datasets
from lnl_sr_tf.config.column_kinds import columns_in_order, parse_columns
from lnl_sr_tf.datasets.fingerprint import fingerprint
from lnl_sr_tf.errors import InputError

WORDS = ("good film", "bad film", "very good indeed", "very bad, alas")
TEXTS = [f"{WORDS[i % 4]} number {i}" for i in range(40)]
LABELS = ["np"[i % 2] for i in range(40)]
AGES = [str(20 + 7 * i % 13) for i in range(40)]
SIZES = ["sml"[i % 3] for i in range(40)]


def quiet(line):
    pass


class Files(tf.test.TestCase):
    def file(self, name, content):
        path = pathlib.Path(self.get_temp_dir(), name)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def text_csv(self, header="text,label", cells=()):
        rows = zip(TEXTS, LABELS, *cells, strict=True)
        lines = [f'"{text}",{",".join(rest)}' for text, *rest in rows]
        return self.file("t.csv", "\n".join([header, *lines]))

    def table_csv(self):
        lines = [",".join(row) for row in zip(AGES, SIZES, LABELS, strict=True)]
        return self.file("rows.csv", "\n".join(["age,size,label", *lines]))


class TextsTest(Files):
    def test_csv_and_jsonl_and_arrays_are_the_same(self):
        told = []
        data = datasets.load(self.text_csv(), tell=told.append)
        objects = [
            json.dumps({"label": label, "text": text})
            for text, label in zip(TEXTS, LABELS, strict=True)
        ]
        others = (
            datasets.load(self.file("t.jsonl", "\n".join(objects)), tell=quiet),
            datasets.from_arrays(TEXTS, LABELS, tell=quiet),
            datasets.from_arrays(np.array(TEXTS), np.array(LABELS), tell=quiet),
        )
        for other in others:
            self.assertAllEqual(other.train_images, data.train_images)
            self.assertAllEqual(other.given_labels, data.given_labels)
            self.assertEqual(other.encoder, data.encoder)
        self.assertEqual(others[1].fingerprint, others[2].fingerprint)
        self.assertRegex("\n".join(told), "8 of 40 texts are held out")
        self.assertRegex("\n".join(told), "[0-9]+ terms, words and pairs of words")
        self.assertEqual([TEXTS[i] for i in data.index], list(data.originals))
        self.assertEqual(data.test_originals.shape, (8,))
        self.assertFalse(data.of_images)

    def test_terms_are_those_of_the_texts_to_train_on(self):
        splits = ["test" if i >= 30 else "train" for i in range(40)]
        path = self.text_csv("text,label,split,clean_label", (splits, LABELS))
        data = datasets.load(path, tell=quiet)
        self.assertIn("29", data.encoder.terms)
        self.assertNotIn("31", data.encoder.terms)
        self.assertEqual(data.test_labels_are, "clean")
        self.assertLen(data.test_labels, 10)

    def test_rows_have_one_deviation_and_mean_zero(self):
        data = datasets.load(self.text_csv(), tell=quiet)
        self.assertEqual({*data.mean}, {0.0})
        (deviation,) = {*data.std}
        root = np.sqrt(np.mean(np.square(data.train_images.astype(float))))
        self.assertAllClose(deviation, root, rtol=1e-3)

    def test_parts_keep_their_texts(self):
        data = datasets.load(self.text_csv(), tell=quiet).with_validation(0.25, seed=1)
        self.assertEqual([TEXTS[i] for i in data.index], list(data.originals))
        validation = data.validation
        self.assertAllEqual(
            data.encoder.encode(list(validation.originals)), validation.images
        )

    def test_empty_texts_are_told(self):
        told = []
        texts = ["", *TEXTS[1:-1], "  "]
        datasets.from_arrays(texts, LABELS, tell=told.append)
        self.assertEqual(
            told[0],
            "from_arrays: 2 of 40 texts are empty, the first in x[0]; their features "
            "are zeros",
        )
        path = self.text_csv()
        content = pathlib.Path(path).read_text().replace(TEXTS[3], "")
        told.clear()
        datasets.load(self.file("t.csv", content), tell=told.append)
        self.assertRegex(told[0], "1 of 40 texts are empty, the first in line 5;")

    def test_a_text_may_be_long(self):
        long = "word " * 40_000
        content = "\n".join(
            f'"{long}{t}",{n}' for t, n in zip(TEXTS, LABELS, strict=True)
        )
        path = self.file("long.csv", "text,label\n" + content)
        self.assertLen(datasets.load(path, tell=quiet).originals[0], len(long) + 18)

    def test_fingerprint_is_that_of_the_file(self):
        path = self.text_csv()
        data = datasets.load(path, tell=quiet)
        self.assertEqual(fingerprint(path).fingerprint, data.fingerprint)
        self.file("t.csv", pathlib.Path(path).read_text() + "\none more,p")
        self.assertNotEqual(fingerprint(path).fingerprint, data.fingerprint)


class TablesTest(Files):
    def test_file_and_arrays_are_the_same(self):
        path = self.table_csv()
        data = datasets.load(path, tell=quiet, columns="size:skip")
        columns = {"age": [int(age) for age in AGES], "size": SIZES}
        other = datasets.from_arrays(
            columns, LABELS, columns={"size": "skip"}, tell=quiet
        )
        framed = datasets.from_arrays(
            Frame(columns), LABELS, columns="size:skip", tell=quiet
        )
        for one in (other, framed):
            self.assertAllEqual(one.train_images, data.train_images)
            self.assertEqual(one.encoder, data.encoder)
            self.assertAllEqual(one.originals, data.originals)
        self.assertEqual(data.image_shape, (1,))
        self.assertEqual(data.columns, ("age", "size"))
        place = int(data.index[5])
        self.assertEqual(list(data.originals[5]), [AGES[place], SIZES[place]])
        self.assertEqual(fingerprint(path).fingerprint, data.fingerprint)

    def test_what_is_missing_in_a_data_frame(self):
        ages = [None, float("nan"), *map(float, AGES[2:])]
        told = []
        data = datasets.from_arrays(
            Frame({"age": ages, "size": SIZES}), LABELS, tell=told.append
        )
        self.assertIn("from_arrays: missing values: 2 of age", told)
        self.assertIn(
            "", data.originals[:, 0].tolist() + data.test_originals[:, 0].tolist()
        )

    def test_categories_of_a_data_frame_are_categories(self):
        ages = Categories(map(int, AGES))
        for kinds, kind in ((None, "category"), ({"age": "number"}, "number")):
            data = datasets.from_arrays(
                {"age": ages}, LABELS, columns=kinds, tell=quiet
            )
            self.assertEqual(data.encoder.columns[0].kind, kind)

    def test_a_test_set_of_its_own(self):
        columns = {"age": AGES, "size": SIZES}
        other = {"size": ["huge", "s"], "age": ["3", ""]}
        data = datasets.from_arrays(
            columns, LABELS, other, ["n", "p"], y_test_clean=["n", "n"], tell=quiet
        )
        self.assertAllEqual(data.test_originals, [["3", "huge"], ["", "s"]])
        self.assertAllEqual(data.test_images[0], [3, 0, 0, 0])
        self.assertAllEqual(data.test_labels, [0, 0])
        self.assertEqual(data.test_labels_are, "clean")

    def test_columns_are_of_the_run(self):
        path = self.table_csv()
        one = config.resolve({"dataset": path, "columns": "size:skip,age:number"})
        two = config.resolve({"dataset": path, "columns": "age:number, size:skip"})
        plain = config.resolve({"dataset": path})
        self.assertEqual(one.run_name, two.run_name)
        self.assertNotEqual(one.run_name, plain.run_name)
        self.assertNotIn("columns", plain.identity())

    def test_columns_are_for_tables(self):
        images = self.file("i.csv", "file,label\na.png,x\nb.png,y\n")
        for dataset in (self.text_csv(), images, "digits"):
            with self.assertRaisesRegex(InputError, "--columns=a:skip .*tables?"):
                config.resolve({"dataset": dataset, "columns": "a:skip"})


class Frame:
    """As much of a data frame as is used."""

    def __init__(self, columns):
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name):
        return np.array(self._columns[name], object)


class Categories(list):
    """A column of a data frame whose type is that of categories."""

    dtype = "category"


class ColumnKindsTest(tf.test.TestCase, parameterized.TestCase):
    def test_names_may_have_commas_and_colons(self):
        text = "a, b:number,c:d:skip , e : category"
        kinds = {"a, b": "number", "c:d": "skip", "e": "category"}
        self.assertEqual(parse_columns(text), kinds)
        self.assertEqual(parse_columns(columns_in_order(text)), kinds)

    @parameterized.parameters("a", "a:float", "a:skip,b", ":skip", "a:skip,,b:skip")
    def test_malformed(self, text):
        with self.assertRaisesRegex(InputError, "expected NAME:KIND,NAME:KIND with"):
            parse_columns(text)

    def test_twice(self):
        with self.assertRaisesRegex(InputError, "'a' is named twice"):
            parse_columns("a:skip,a:number")


ROW = '{"text": "a b", "label": "p"}\n{"text": "a c", "label": "n"}\n'


class BadInputTest(Files, parameterized.TestCase):
    """Each with its line."""

    @parameterized.named_parameters(
        ("text_in_numbers", "r.csv", "age,label\n3,a\nold,b\n3,a\n1,b", "age:number",
         "r.csv: age, line 3: expected a number; 'old' is no number"),
        ("encodings", "r.csv", b"age,label\n3,\xe4\n4,\xc3\xa4\n", None,
         "not UTF-8 text; save it as UTF-8"),
        ("nan_in_every_row", "r.csv", "age,label\nnan,a\nnan,b\n", None,
         "expected a column to learn from .*age .empty."),
        ("widths", "r.csv", "age,label\n3,a\n4,b,c\n", None,
         "line 3: expected 2 columns; received 3 in '4,b,c'"),
        ("constant", "r.csv", "age,label\n3,a\n3,b\n", None,
         "expected a column to learn from .*age .one value."),
        ("label_alone", "r.csv", "label\na\nb\n", None, "besides label and split"),
        ("two_of_one_name", "r.csv", "age,age,label\n3,3,a\n", None,
         "line 1: the header has two columns 'age'"),
        ("no_name", "r.csv", ",age,label\n0,3,a\n", None, "has column 1 no name"),
        ("two_labels", "r.csv", "age,class,label\n3,a,b\n", None,
         "class and label could all be label"),
        ("label_empty", "r.csv", "age,label\n3,a\n4,\n5,b\n", None,
         "line 3: the label is empty"),
        ("one_class", "r.csv", "age,label\n3,a\n4,a\n", None, "at least 2 classes"),
        ("no_rows", "r.csv", "age,label\n", None, "expected lines below the header"),
        ("quote", "r.csv", 'age,label\n"3,a\n4,b\n', None, "unexpected end of data"),
        ("unknown_column", "r.csv", "age,label\n3,a\n4,b\n", "agee:skip",
         "names 'agee'.*did you mean 'age'"),
        ("no_kind", "r.csv", "age,label\n3,a\n4,b\n", "age:int", "NAME:KIND"),
        ("all_empty", "t.csv", 'text,label\n"",p\n" ",n\n', None,
         "all 2 texts are empty"),
        ("no_words", "t.csv", "text,label\n!,p\n?,n\n-,n\n:,p", None,
         "t.csv: expected words in the texts; there is none"),
        ("no_json", "t.jsonl", ROW + "{", None, "line 3: not JSON"),
        ("half", "t.jsonl", ROW + '{"text": "a \\ud800 b", "label": "a"}', None,
         "line 3: text holds half of a character"),
        ("no_object", "t.jsonl", ROW + "[1, 2]", None,
         "line 3: expected an object with text and label; received '.1, 2.'"),
        ("nested", "t.jsonl", '{"text": ["a"], "label": 1}', None,
         "line 1: text is a list; expected a text or a number"),
        ("no_label", "t.jsonl", '{"text": "a"}', None,
         "expected a column label; found text"),
        ("label_missing", "t.jsonl", ROW + '{"text": "a"}', None,
         "line 3: the label is empty"),
        ("no_text", "t.jsonl", '{"body": "a", "label": "p"}', None,
         "expected a column text; found body, label"),
        ("utf16", "t.jsonl", ROW.encode("utf-16"), None, "not UTF-8 text"),
        ("nothing", "t.jsonl", "", None, "is empty; expected lines such as"),
    )  # fmt: skip
    def test_files(self, name, content, columns, message):
        with self.assertRaisesRegex(InputError, message):
            datasets.load(self.file(name, content), tell=quiet, columns=columns)

    @parameterized.named_parameters(
        ("lengths", {"a": [1, 2], "b": [1]}, [0, 1], {},
         "columns of the same length; received .'a': 2, 'b': 1."),
        ("labels", {"a": [1, 2, 3]}, [0, 1], {}, "has 3 rows and y_train 2 labels"),
        ("no_columns", {}, [0, 1], {}, "columns of the same length; received none"),
        ("lists", {"a": [[1], [2]]}, [0, 1], {}, r"a\[0\] is a list"),
        ("same_name", Frame({"a": [1], 1: [1], "1": [2]}), [0], {},
         "two columns '1'"),
        ("lists_in_texts", ["a", []], [0, 1], {}, "rows of differing lengths"),
        ("test_of_another_kind", TEXTS, LABELS,
         {"x_test": {"a": [1]}, "y_test": ["n"]}, "x_test: expected a list of texts"),
        ("test_without_a_column", {"a": [1, 2, 2], "b": [3, 4, 5]}, [0, 1, 1],
         {"x_test": {"a": [1]}, "y_test": [1]}, "x and x_test differ in the columns b"),
        ("columns_of_an_array", np.eye(3), [0, 1, 1], {"columns": "a:skip"},
         "columns is for tables"),
    )  # fmt: skip
    def test_arrays(self, x, y, more, message):
        with self.assertRaisesRegex(InputError, message):
            datasets.from_arrays(x, y, tell=quiet, **more)


if __name__ == "__main__":
    tf.test.main()
