"""The paper's tables with ours beside them."""

import csv
import io
import pathlib

import tensorflow as tf
from absl.testing import parameterized
from helpers import finished_runs
from scipy import stats

from lnl_sr_tf import config
from lnl_sr_tf.analysis import paper, paper_table, table_formats

SHARED = pathlib.Path(__file__).resolve().parents[3] / "shared" / "paper" / "tables.csv"


class PaperTest(tf.test.TestCase, parameterized.TestCase):
    def test_numbers_of_the_paper(self):
        self.assertEqual(
            paper.numbers("1")["MNIST", "CE+SR", "sym", 0.8], (98.06, 0.86)
        )
        self.assertEqual(
            paper.numbers("3")["WebVision-mini", "FL+SR", "real", 0.0], (70.28, None)
        )
        self.assertEqual(
            paper.numbers("4")["CIFAR-100", "Co-teaching", "asym", 0.4], (33.67, None)
        )
        self.assertEqual(
            paper.numbers("5")["CIFAR-10", "CE+SR", "lt", 0.01], (69.78, None)
        )

    def test_the_same_as_where_they_come_from(self):
        if not SHARED.is_file():
            self.skipTest("the paper's tables are not there")
        self.assertEqual(paper._FILE.read_bytes(), SHARED.read_bytes())

    @parameterized.parameters("1", "2", "3", "4", "5")
    def test_every_number_has_a_run(self, table):
        """A grid that lacks a row of the paper would leave a gap for ever."""
        made = [
            (
                paper.dataset_name(one),
                paper.method_name(one),
                *paper.corruption(one),
            )
            for grid in config.published.configs("tables", table, {"seed": [1]})
            for one in grid
        ]
        self.assertEqual(set(made), set(paper.numbers(table)))
        self.assertLen(made, len(set(made)))


class CollectTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        out = self.get_temp_dir()
        common = {"dataset": "mnist", "noise": "sym", "output_dir": out}
        runs = []
        for loss, accuracies in {
            "ce": (0.21, 0.22, 0.23),
            "ce_sr": (0.98, 0.99, None),
            "fl_sr": (0.97, 0.97, 0.97),
            "gce": (0.34, None, None),
            "nce_agce": (0.9, 0.91, 0.92),
            "sce": (None, None, None),
        }.items():
            for seed, accuracy in enumerate(accuracies, 1):
                settings = common | {"loss": loss, "rate": 0.8, "seed": seed}
                if accuracy is None:
                    made = config.resolve(settings)
                    runs.append(
                        (made, finished_runs.make(0.5, settings, finished=False)[1])
                    )
                else:
                    runs.append(finished_runs.make(accuracy, settings))
        self.runs = runs
        (self.table,) = paper_table.collect("1", runs)

    def cell(self, method):
        return self.table.cells[method, ("sym", 0.8)]

    def test_mean_deviation_difference(self):
        cell = self.cell("CE")
        self.assertAllClose(cell.mean, 22.0)
        self.assertAllClose(cell.deviation, 1.0)
        self.assertAllClose(cell.difference, 22.0 - 22.66)

    def test_welch_as_of_samples(self):
        """The test from means is that from the samples, where one has them."""
        paper_sample = [22.66 - 0.61, 22.66, 22.66 + 0.61]
        expected = stats.ttest_ind([21.0, 22.0, 23.0], paper_sample, equal_var=False)
        self.assertAllClose(self.cell("CE").p_value, expected.pvalue)

    @parameterized.parameters(
        ((98.0, 99.5), 98.06, 0.86), ((1.0, 2.0, 4.0, 5.0), 9.0, 0.0),
        ((7.0, 7.0), 7.5, 0.2),
    )  # fmt: skip
    def test_welch_of_other_numbers_of_seeds(self, values, mean, deviation):
        cell = paper_table.Cell(values, 5, (mean, deviation))
        expected = stats.ttest_ind_from_stats(
            cell.mean, cell.deviation, len(values), mean, deviation, 3, equal_var=False
        )
        self.assertAllClose(cell.p_value, expected.pvalue)

    def test_unfinished_runs_are_gaps(self):
        self.assertEqual(self.cell("CE+SR").values, (98.0, 99.0))
        self.assertEqual(self.cell("SCE").values, ())
        self.assertIsNone(self.cell("SCE").mean)
        self.assertIsNone(self.cell("SCE").difference)
        self.assertEqual(self.table.runs, (12, 18))

    def test_runs_that_lost_classes(self):
        self.assertNotIn("never predicted", table_formats.note(self.table))
        _, folder = self.runs[0]
        folder.write_summary(folder.summary() | {"lost_classes": ["3", "7"]})
        (table,) = paper_table.collect("1", self.runs)
        self.assertIn("In 1 of them some class was never", table_formats.note(table))

    def test_one_seed_has_no_test(self):
        self.assertIsNone(self.cell("GCE").deviation)
        self.assertIsNone(self.cell("GCE").p_value)

    def test_no_number_of_the_paper_no_difference(self):
        self.assertIsNone(self.cell("nce_agce").difference)

    def test_no_deviation_at_all_has_no_p(self):
        self.assertIsNone(paper_table.Cell((1.0, 1.0), 2, (1.0, 0.0)).p_value)

    def test_best_three(self):
        best = self.table.best(("sym", 0.8))
        self.assertEqual(best, {"CE+SR", "FL+SR", "nce_agce"})

    def test_text(self):
        lines = table_formats.text(self.table).splitlines()
        self.assertIn("MNIST: accuracy on the clean test set", lines[0])
        self.assertIn("CE            22.00 ± 1.00", lines)
        self.assertIn("  paper       22.66 ± 0.61", lines)
        self.assertIn("CE+SR         98.50 ± 0.71 (2 of 3)*", lines)
        self.assertIn("SCE", lines)  # a gap, and no number
        self.assertIn("12 of 18 runs are done.", lines[-1])

    def test_markdown(self):
        lines = table_formats.markdown(self.table).splitlines()
        self.assertIn("| CE | 22.00 ± 1.00 |", lines)
        self.assertIn("| FL+SR | **97.00 ± 0.00** |", lines)
        self.assertIn("| SCE |  |", lines)
        widths = {line.count("|") for line in lines if line.startswith("|")}
        self.assertLen(widths, 1)

    def test_latex(self):
        text = table_formats.latex(self.table)
        self.assertIn(r"FL+SR & \textbf{97.00 $\pm$ 0.00} \\", text)
        self.assertIn(r"nce\_agce & \textbf{91.00", text)
        self.assertNotIn("±", text.split(r"\begin{tabular}")[1])

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(table_formats.as_csv([self.table]))))
        by_method = {row["method"]: row for row in rows}
        self.assertEqual(by_method["CE"]["mean"], "22")
        self.assertEqual(by_method["CE"]["paper_mean"], "22.66")
        self.assertEqual(by_method["SCE"]["mean"], "")
        self.assertEqual(by_method["SCE"]["runs"], "0")
        self.assertEqual(by_method["CE+SR"]["best_three"], "1")


if __name__ == "__main__":
    tf.test.main()
