"""How a report puts runs side by side."""

import pathlib
import tempfile
import types

from absl.testing import absltest
from helpers import runs_with_curves

from lnl_sr_tf import config
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import comparison, html_page, report, run_links

_SUMMARY = {"test_accuracy": 0.5, "best_test_accuracy": 0.75, "sparse_rate": 1.0}


def run(loss, **summary):
    return types.SimpleNamespace(
        config=config.resolve({"dataset": "digits", "loss": loss}),
        summary=_SUMMARY | summary,
        folder=types.SimpleNamespace(config=dict),
    )


class ComparedTest(absltest.TestCase):
    def test_kinds_of_labels_do_not_share_a_table(self):
        clean, held_out = comparison.compared(
            [run("ce"), run("gce", test_labels="held out"), run("ce_sr")]
        )
        self.assertEqual([row[2] for row in clean.rows], ["ce", "ce_sr"])
        self.assertEqual([row[2] for row in held_out.rows], ["gce"])
        self.assertStartsWith(clean.caption, "Accuracy on the clean test set.")
        self.assertIn("as noisy as the rest", held_out.caption)

    def test_one_kind_is_one_table(self):
        self.assertLen(comparison.compared([run("ce"), run("ce_sr")]), 1)


class SectionTest(absltest.TestCase):
    def setUp(self):
        super().setUp()
        self.place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def runs(self, *losses):
        folders = [
            runs_with_curves.make(self.place, {"loss": loss}, [0.5, 0.6])
            for loss in losses
        ]
        return [FinishedRun(folder.path) for folder in folders]

    def section(self, runs, unfinished=(), anchors=()):
        page = self.place / "report.html"
        return comparison.section(runs, unfinished, anchors, page).blocks

    def tables(self, blocks):
        return [block for block in blocks if isinstance(block, html_page.Table)]

    def test_begins_with_the_curves(self):
        first, *_ = self.section(self.runs("ce", "ce_sr"))
        self.assertIsInstance(first, html_page.Charts)
        # The curves of a single run are in its own section.
        for block in self.section(self.runs("ce")):
            self.assertNotIsInstance(block, html_page.Charts)

    def test_more_than_four_charts_are_folded_away(self):
        rates = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
        folders = [
            runs_with_curves.make(self.place, {"loss": "ce", "rate": rate}, [0.5])
            for rate in rates
        ]
        first, more, *_ = self.section([FinishedRun(f.path) for f in folders])
        self.assertLen(first.charts, 4)
        self.assertEqual(more.title, "2 more charts")
        self.assertLen(more.blocks[0].charts, 2)

    def test_links_to_what_lies_in_the_folders(self):
        one, other = runs = self.runs("ce", "ce_sr")
        (one.folder.path / "audit.html").write_text("")
        (other.folder.path / "README.md").write_text("")
        other.folder.figures.mkdir()
        (other.folder.figures / "per_class.png").write_text("")
        _, table = self.tables(self.section(runs, anchors=["first"]))
        self.assertEqual(table.header[-3:], ("audit", "model card", "figures"))
        name = one.folder.path.name
        self.assertEqual(table.rows[0][0].target, "#first")
        self.assertEqual(table.rows[1][0], "digits, sym 0.6, ce_sr, seed 1")
        cells = [
            [[link.target for link in cell] for cell in row[-3:]] for row in table.rows
        ]
        other = other.folder.path.name
        self.assertEqual(
            cells,
            [
                [[f"{name}/audit.html"], [], []],
                [[], [f"{other}/README.md"], [f"{other}/figures/per_class.png"]],
            ],
        )
        self.assertEqual(str(table.rows[1][-1][0]), "per class")

    def test_columns_without_links_are_not_there(self):
        blocks = self.section(self.runs("ce", "ce_sr"))
        _, table = self.tables(blocks)
        self.assertEqual(table.header, ("run", "last epoch", "best epoch", "epochs"))
        said = [b.text for b in blocks if isinstance(b, html_page.Text)]
        self.assertIn("lnl-sr audit RUN", said[1])

    def test_what_is_not_finished_and_why(self):
        runs = self.runs("ce", "ce_sr", "gce")
        diverged, begun = (run.folder for run in runs[1:])
        for folder in (diverged, begun):
            folder.write_summary(folder.summary() | {"finished": False, "epochs": 1})
        diverged.write_not_finite({"epoch": 2})
        fold = self.section(runs[:1], [diverged, begun], ["a"])[-2]
        self.assertEqual(fold.title, "Not finished and left out: 2 runs")
        self.assertEqual(
            fold.blocks[0].rows,
            [
                (diverged.path.name, "1 of 2", "loss or weights not finite"),
                (begun.path.name, "1 of 2", ""),
            ],
        )

    def test_links_of_a_report_elsewhere(self):
        (run,) = self.runs("ce")
        (run.folder.path / "audit.html").write_text("")
        found = run_links.of_run(run.folder, self.place / "pages" / "report.html")
        (link,) = found["audit"]
        self.assertEqual(link.target, f"../{run.folder.path.name}/audit.html")

    def test_data_that_cannot_be_fetched_is_looked_for_once(self):
        asked = []

        class Run:
            config = types.SimpleNamespace(
                own_data=False, dataset="mnist", data_dir="", image_size=None
            )

            @property
            def dataset(self):
                asked.append(self)
                raise InputError("no connection")

        problems = {}
        for _ in range(3):
            self.assertEqual(report._without_data(Run(), problems), "no connection")
        self.assertLen(asked, 1)
        Run.config.own_data = True
        for _ in range(2):
            self.assertEqual(report._without_data(Run(), problems), "no connection")
        self.assertLen(asked, 3)


if __name__ == "__main__":
    absltest.main()
