"""What objects hold, as text and as a table for notebooks."""

import pathlib
import tempfile
from html.parser import HTMLParser

import numpy as np
from absl.testing import absltest, parameterized

import lnl_sr_tf as lnl
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.shown import Shown

KEPT = pathlib.Path(__file__).resolve().parent / "data" / "kept_runs"
RUN = KEPT / "digits-ce_sr-sym0.6-seed1-4354164d"
LABELS = np.repeat([0, 1], 50)
OUTPUTS = np.where(LABELS[:, None] == [0, 1], 0.9, 0.1)
GIVEN = np.where(np.arange(100) == 3, 1, LABELS)


def dataset(**more):
    return lnl.datasets.from_arrays(
        *(np.arange(200.0).reshape(100, 2), LABELS),
        class_names=["<b>cat</b>", "dog"],
        name="rows",
        tell=lambda line: None,
        **more,
    )


class Cells(HTMLParser):
    """The texts of a table, and its tags."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.cells.append(data)


SHOWN = {
    "dataset": (
        lambda: dataset(y_clean=GIVEN),
        "Dataset: rows",
        ("features of 2", "80, 40 a class", "<b>cat</b>, dog", "labels clean"),
    ),
    "dataset_with_parts": (
        lambda: dataset().with_validation(0.1, seed=1),
        "Dataset: rows",
        ("8 as validation", "20, labels held out", "unknown"),
    ),
    "audit": (
        lambda: lnl.audit(GIVEN, OUTPUTS, class_names=["cat", "dog"]),
        "Audit",
        ("100 of 2 classes", "1, more likely wrong", "3 (dog, perhaps cat)"),
    ),
    "audit_without_evidence": (
        lambda: lnl.audit(LABELS, np.full((100, 2), 0.5)),
        "Audit",
        ("unknown", "0, more likely wrong"),
    ),
    "multi_label_audit": (
        lambda: lnl.audit(np.stack([GIVEN, LABELS], axis=1), OUTPUTS[:, [1, 1]]),
        "MultiLabelAudit",
        ("100 examples, 2 classes",),
    ),
    "crowd": (
        lambda: lnl.crowd(np.stack([LABELS, LABELS, GIVEN], axis=1)),
        "Crowd",
        ("300 of 3 annotators for 100 examples", "Krippendorff's α 0.9"),
    ),
    "run_folder": (
        lambda: RunFolder(RUN),
        f"RunFolder: {RUN}",
        ("ce_sr on digits, seed 1",),
    ),
    "no_run": (lambda: RunFolder("runs/none"), "RunFolder: runs/none", ("no run yet",)),
    "finished_run": (lambda: FinishedRun(RUN), "FinishedRun: digits", (str(RUN),)),
}


class ShownTest(parameterized.TestCase):
    @parameterized.named_parameters(*((key, *what) for key, what in SHOWN.items()))
    def test_says_what_it_holds(self, make, title, facts):
        shown = make()
        text, table = repr(shown), Cells(shown._repr_html_())
        first, *lines = text.split("\n")
        self.assertStartsWith(first, title)
        self.assertEqual(table.cells[0], first)
        for fact in facts:
            self.assertIn(fact, text)
            self.assertTrue(any(fact in cell for cell in table.cells), fact)
        self.assertLen(table.cells, 1 + 2 * len(lines))
        self.assertContainsSubset(
            table.tags, {"table", "caption", "tbody", "tr", "th", "td"}
        )

    def test_run_that_has_begun(self):
        place = self.enterContext(tempfile.TemporaryDirectory())
        (pathlib.Path(place) / "config.json").write_text("{}", "utf-8")
        self.assertIn("has begun", repr(RunFolder(place)))

    def test_one_line_a_fact(self):
        class Two(Shown):
            def _facts(self):
                return {"a": "one\ntwo", "none": None, "long": 3}

        self.assertEqual(repr(Two()), "Two\n  a     one two\n  long  3")


if __name__ == "__main__":
    absltest.main()
