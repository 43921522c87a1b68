"""Files of votes, right ones and wrong ones."""

import pathlib
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest, parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.errors import InputError

LONG = "example,annotator,label\n"
# What each right file says, as a table with -1 for no vote.
TABLE = [[0, 1], [1, -1], [1, 1]]

RIGHT_CSV = {
    "long": LONG + "x,Ann,cat\nx,Bob,dog\ny,Ann,dog\nz,Ann,dog\nz,Bob,dog\n",
    "any order of columns": (
        "label,Worker ID,time,item\ncat,Ann,3,x\ndog,Bob,4,x\ndog,Ann,5,y\n"
        "dog,Ann,1,z\ndog,Bob,1,z\n"
    ),
    "no label": (
        LONG + "x,Ann,cat\nx,Bob,dog\ny,Ann,dog\ny,Bob,\nz,Ann,dog\nz,Bob, dog\n"
    ),
    "the same vote twice": (
        LONG + "x,Ann,cat\nx,Bob,dog\ny,Ann,dog\nz,Ann,dog\nz,Bob,dog\nx,Bob,dog\n"
    ),
    "wide": "example,Ann,Bob\nx,cat,dog\ny,dog,\nz,dog,dog\n",
    "wide, in another order": "Ann,file,Bob\ncat,x,dog\ndog,y,\ndog,z,dog\n",
    "wide, as pandas writes it": ",Ann,Bob\nx,cat,dog\ny,dog,\nz,dog,dog\n",
    "wide, with clean labels": (
        "example,true_label,Ann,Bob,split\nx,cat,cat,dog,train\n"
        "y,cat,dog,,train\nz,cat,dog,dog,test\n"
    ),
    "a byte-order mark and Windows's ends of lines": (
        "\ufeffexample,Ann,Bob\r\nx,cat,dog\r\ny,dog,\r\n\r\nz,dog,dog\r\n"
    ),
    "spaces and quotes": 'example, Ann ,Bob\nx,"cat",dog \ny,dog,\nz, dog,dog\n',
}

WRONG_CSV = (
    ("empty", "", "is empty; expected a header, example,annotator,label or"),
    ("blank", "\n\n", "is empty; expected a header"),
    ("header alone", LONG, "at least 2 classes; found none"),
    ("one class", LONG + "x,a,cat\nx,b,cat\n", "2 classes; found one class, 'cat'"),
    ("wide of one class", "example,a,b\nx,1,1\n", "found one class, '1'"),
    (
        "two votes of one",
        LONG + "x,a,cat\ny,a,dog\nx,a,dog\n",
        "line 4: annotator 'a' says 'dog' of example 'x', and 'cat' in line 2",
    ),
    (
        "an example on two lines",
        "example,a,b\nx,cat,dog\ny,cat,\nx,,dog\n",
        "line 4: example 'x' is in line 2, too; expected one line an example",
    ),
    ("no column", LONG + "x,a\n", "line 2: expected 3 columns; received 2 in 'x,a'"),
    ("a column more", "example,a,b\nx,1,2,3\n", "line 2: expected 3 columns; received"),
    ("no example", LONG + "x,a,cat\n,a,dog\n", "line 3: the example is empty"),
    ("no annotator", LONG + "x,a,cat\ny, ,dog\n", "line 3: the annotator is empty"),
    ("wide, no example", "example,a,b\n,1,2\n", "line 2: the example is empty"),
    ("nan", LONG + "x,a,cat\nx,b,NaN\n", "line 3: expected a label, or an .*'NaN'"),
    ("wide nan", "example,a,b\nx,1,2\ny,nan,1\n", "line 3: expected a label.*'nan'"),
    ("no header", "0,1\n1,1\n", "line 1: expected a header, .*; received '0,1'"),
    ("label alone", "file,label\nx,cat\n", "line 1: expected a column annotator bes"),
    ("no item", "annotator,label\na,cat\n", "line 1: expected a column example bes"),
    (
        "annotator alone",
        "file,annotator,words\nx,a,cat\n",
        "line 1: expected a column label beside example and annotator; the header is",
    ),
    (
        "two labels",
        "example,annotator,label,class\nx,a,cat,dog\n",
        "line 1: the columns label and class could all be label; expected one",
    ),
    ("two examples", "id,item,a\n1,2,3\n", "columns id and item could all be example"),
    ("same names", "example,a,a\nx,1,2\n", "2 columns have the name 'a'"),
    ("no name", "example,a,\nx,1,2\n", "a different name of each annotator; one has n"),
    ("no annotators", "example,split\nx,train\n", "expected a header, .*the header"),
    ("semicolons", "example;a;b\nx;1;2\n", "line 1: expected commas .* semicolons"),
    ("latin-1", LONG.encode() + "x,a,café\n".encode("latin-1"), r"UTF-8 \(line 2 is"),
    ("UTF-16", (LONG + "x,a,cat\n").encode("utf-16"), r"not UTF-8 .*\(line 1 is not"),
    ("open quote", LONG + 'x,a,"cat\n', r"unexpected end of data \(line 2\)"),
)  # fmt: skip

VOTES = np.array(TABLE)
WRONG_NPZ = (
    ("text", {"votes": VOTES.astype(str)}, "votes: expected whole numbers, -1 for"),
    ("halves", {"votes": VOTES + 0.5}, r"received 0.5 at place \(0, 0\) and"),
    ("nan", {"votes": np.where(VOTES < 0, np.nan, VOTES)}, r"received nan at .*\(1, 1"),
    ("below", {"votes": VOTES - 1}, r"or -1 for no vote; received -2 at place \(1, 1"),
    (
        "out of range",
        {"votes": VOTES + 1, "class_names": ["cat", "dog"]},
        r"in \[0, 2\), or -1 for no vote; received 2 at place \(0, 1\) and 3 more",
    ),
    ("one row", {"votes": VOTES[0]}, r"shape \(examples, annotators\); received \(2,"),
    ("one class", {"votes": np.ones((3, 2), int)}, "2 classes; found one class, '1'"),
    ("no votes", {"votes": -np.ones((3, 2), int)}, "2 classes; found none"),
    ("nothing", {}, "expected an array votes of shape .*; it holds none"),
    ("lengths", {"a": [0, 1], "b": [0]}, "a has 2 votes and b 1; expected as many"),
    ("table", {"a": VOTES, "b": VOTES}, r"one of shape .*; a has the shape \(3, 2\)"),
    ("texts", {"a": ["x", "y"], "b": [0, 1]}, "a: expected whole numbers, .*'x'"),
    ("names", {"votes": VOTES, "examples": ["x"]}, "examples: expected 3; received 1"),
    ("same", {"votes": VOTES, "annotators": ["x", "x"]}, "annotators: expected diff"),
    ("no name", {"votes": VOTES, "class_names": ["x", ""]}, "class_names: expected"),
    ("huge", {"votes": np.where(VOTES > 0, 10**9, VOTES)}, "a vote is 1000000000, an"),
    ("pickled", {"votes": np.array([[0], [None]])}, "holds pickled objects"),
)  # fmt: skip


class VotesTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, content, name="votes.csv"):
        path = self.folder / name
        if isinstance(content, dict):
            np.savez(path, **content)
        else:
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        return path

    def table(self, votes):
        table = np.full((len(votes.examples), len(votes.annotators)), -1)
        table[votes.example, votes.annotator] = votes.label
        return table

    @parameterized.named_parameters(*RIGHT_CSV.items())
    def test_csv(self, content):
        votes = lnl.datasets.read_votes(self.file(content), lambda line: None)
        np.testing.assert_array_equal(self.table(votes), TABLE)
        self.assertEqual(votes.examples, ("x", "y", "z"))
        self.assertEqual(votes.annotators, ("Ann", "Bob"))
        self.assertEqual(votes.class_names, ("cat", "dog"))
        self.assertLen(votes, 5)

    @parameterized.parameters(
        ("no label", "lines without a label, which are no votes: 1"),
        ("the same vote twice", "votes that are there twice count once: 1"),
        ("any order of columns", "columns that are not used: 'time'"),
        ("wide, with clean labels", "not used: 'true_label', 'split'"),
    )
    def test_what_is_told(self, name, line):
        told = []
        lnl.datasets.read_votes(self.file(RIGHT_CSV[name]), told.append)
        self.assertLen(told, 1)
        self.assertIn(line, told[0])

    def test_classes_by_their_names(self):
        """Numbers by their value, 1.0 as 1, and -1 is one where people write it."""
        told = []
        content = "a,b\n10,9\n9.0,-1\n0,\n"
        votes = lnl.datasets.votes_from_csv(self.file(content), told.append)
        self.assertEqual(votes.class_names, ("-1", "0", "9", "10"))
        self.assertEqual(votes.examples, ("0", "1", "2"))
        np.testing.assert_array_equal(self.table(votes), [[3, 2], [2, 0], [1, -1]])
        self.assertIn("taken as one class: '9' and '9.0'", told[0])
        self.assertIn("'-1' is taken as a class; where there is no vote", told[1])

    @parameterized.parameters(
        (LONG + "x,a,1\nx,b,2\ny,a,?\n", "such as '?' in line 4, which are classes"),
        ("a,b\n1,2\n,cat\n", "such as 'cat' in line 3, which are classes"),
        ("a,b\n1,2\n,1.0\n", "taken as one class"),
    )
    def test_texts_among_numbers_are_told(self, content, line):
        told = []
        lnl.datasets.read_votes(self.file(content), told.append)
        self.assertLen([said for said in told if line in said], 1)
        self.assertLen([s for s in told if "texts" in s], int("classes" in line))

    def test_an_example_without_votes_stays(self):
        votes = lnl.datasets.votes_from_csv(self.file("a,b\n1,2\n,\n2,2\n"))
        np.testing.assert_array_equal(self.table(votes), [[0, 1], [-1, -1], [1, 1]])

    @parameterized.named_parameters(
        ("table", {"votes": VOTES}),
        ("floats", {"votes": VOTES.astype(float)}),
        ("bytes", {"votes": VOTES.astype(np.int8)}),
        ("arrays", {"0": VOTES[:, 0], "1": VOTES[:, 1]}),
        ("clean", {"0": VOTES[:, 0], "clean_label": VOTES[:, 0], "1": VOTES[:, 1]}),
    )
    def test_npz(self, arrays):
        path = self.file(arrays, "votes.npz")
        votes = lnl.datasets.read_votes(path, lambda line: None)
        np.testing.assert_array_equal(self.table(votes), TABLE)
        self.assertEqual(votes.annotators, ("0", "1"))
        self.assertEqual(votes.class_names, ("0", "1"))

    def test_npz_with_names(self):
        names = {"class_names": ["cat", "dog", "fox"], "examples": [7, 8, 9]}
        arrays = {"Ann": VOTES[:, 0], "Bob": VOTES[:, 1], **names}
        votes = lnl.datasets.votes_from_npz(self.file(arrays, "votes.npz"))
        self.assertEqual(votes.annotators, ("Ann", "Bob"))
        self.assertEqual(votes.class_names, ("cat", "dog", "fox"))
        self.assertEqual(votes.examples, ("7", "8", "9"))

    @parameterized.named_parameters(*WRONG_CSV)
    def test_wrong_csv(self, content, message):
        self.refused(self.file(content), message)

    @parameterized.named_parameters(*WRONG_NPZ)
    def test_wrong_npz(self, arrays, message):
        self.refused(self.file(arrays, "votes.npz"), message)

    def test_a_class_each(self):
        """Names of examples in the place of labels would fill any memory."""
        content = "a,b\n" + "".join(f"u{i},v{i}\n" for i in range(200))
        message = "200 examples and 400 classes take .* are the labels names of classes"
        with mock.patch("os.sysconf", return_value=1000):
            self.refused(self.file(content), message)

    def test_wrong_files(self):
        self.refused(self.folder / "votes.csv", "votes.csv: there is no such file")
        self.refused(self.folder, "expected a file of votes, .csv or .npz; this is a f")
        self.refused(self.file(LONG, "votes.txt"), "expected a file of votes")
        self.refused(self.file(b"PK\x03\x04", "votes.npz"), "cannot be read as an .npz")

    def refused(self, path, message):
        with self.assertRaisesRegex(InputError, message) as raised:
            lnl.datasets.read_votes(path, lambda line: None)
        self.assertNotIn("\n", str(raised.exception))
        self.assertIn(str(path), str(raised.exception))


if __name__ == "__main__":
    absltest.main()
