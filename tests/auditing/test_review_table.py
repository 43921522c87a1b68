"""The plain table of an audit, and the same filled in as decisions."""

import csv
import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized

from lnl_sr_tf.auditing import audit, label_changes, review_table
from lnl_sr_tf.auditing.audit_files import AuditTable
from lnl_sr_tf.errors import InputError

NAMES = ("cat", "=SUM(A1)", "'=SUM(A1)", "-3")
LABELS = np.arange(80) % 4


class ReviewTableTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.path = pathlib.Path(held) / "review.csv"
        self.given = LABELS.copy()
        self.given[:8] = (self.given[:8] + 1) % 4

    def table(self, number=0, names=None, **more):
        outputs = np.full((80, 4), 0.02)
        outputs[np.arange(80), LABELS] = 0.94
        audit(self.given, outputs, class_names=NAMES, names=names).to_csv(
            self.path, number=number, **more
        )
        return self.rows()

    def rows(self):
        with open(self.path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_columns(self):
        rows = self.table(texts=[f"text {i}\nmore, \udcff" for i in range(80)])
        self.assertEqual(
            list(rows[0]),
            ["index", "text", "given", "suggested", "probability", "score", "rank",
             "decision", "label"],
        )  # fmt: skip
        self.assertLen(rows, 80)
        self.assertEqual({int(row["index"]) for row in rows[:8]}, set(range(8)))
        self.assertEqual([int(row["rank"]) for row in rows], list(range(1, 81)))
        for row in rows:
            self.assertEqual(row["text"], f"text {row['index']}\nmore, \\udcff")
            self.assertEqual(row["decision"] + row["label"], "")
            self.assertGreaterEqual(float(row["score"]), 0)
        self.assertGreater(float(rows[0]["probability"]), 0.9)
        self.assertLen(self.table(number=3), 3)

    def test_files_and_rows(self):
        rows = self.table(
            names=["a.png", *["/b.png"] * 78, ""],
            rows=[{"given": i, "x": "@x"} for i in range(80)],
        )
        by_index = {row["index"]: row for row in rows}
        self.assertEqual(by_index["0"]["file"], str(pathlib.Path("a.png").absolute()))
        self.assertEqual(
            (by_index["1"]["file"], by_index["79"]["file"]), ("/b.png", "")
        )
        self.assertEqual(by_index["7"]["data.given"], "7")
        self.assertEqual(by_index["7"]["data.x"], "'@x")

    @parameterized.parameters(
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("\rx", "'\rx"),
        ("'=1", "''=1"), ("-3", "-3"), ("+1.5e-3", "+1.5e-3"), ("cat", "cat"), ("", ""),
        ("-1\n=2", "'-1\n=2"),
    )  # fmt: skip
    def test_no_cell_is_computed(self, text, cell):
        self.assertEqual(review_table.as_cell(text), cell)

    def fill_in(self, *filled):
        rows = self.table()
        for row in rows:
            for index, decision, label in filled:
                if row["index"] == str(index):
                    row |= {"decision": decision, "label": label}
        with open(self.path, "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        table = AuditTable(np.arange(80), self.given, LABELS, np.zeros(80))
        return label_changes.by_decisions(table, self.path, NAMES, "relabel")

    def test_filled_in_it_is_decisions(self):
        changes = self.fill_in(
            (0, "wrong", "cat"), (1, "wrong", "'=SUM(A1)"), (2, "wrong", "''=SUM(A1)"),
            (3, "wrong", ""), (5, "wrong", "=SUM(A1)"), (6, "right", ""),
            (7, "unsure", ""),
        )  # fmt: skip
        self.assertEqual(
            dict(zip(changes.index.tolist(), changes.label.tolist(), strict=True)),
            {0: 0, 1: 1, 2: 2, 3: -1, 5: 1},
        )

    @parameterized.parameters(
        ("", "cat", "decision ''; expected one of wrong, right"),
        ("yes", "", "decision 'yes'; expected one of"),
        ("wrong", "ca", "label 'ca' is not one of the classes; did you mean 'cat'"),
    )
    def test_filled_in_wrongly(self, decision, label, message):
        with self.assertRaisesRegex(InputError, f"review.csv, decision .*{message}"):
            self.fill_in((1, decision, label))

    @parameterized.parameters(
        ({"texts": ["x"]}, "texts: expected 80; received 1"),
        ({"texts": ["x"] * 80, "rows": [{}] * 80}, "received texts and rows"),
    )
    def test_wrong(self, more, message):
        with self.assertRaisesRegex(InputError, message):
            self.table(**more)


if __name__ == "__main__":
    absltest.main()
