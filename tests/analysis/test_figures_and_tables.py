"""Figures show the rows they are given; tables the summaries."""

import pathlib
import tempfile
from unittest import mock

import numpy as np
from absl.testing import absltest
from matplotlib.figure import Figure

from lnl_sr_tf import config
from lnl_sr_tf.analysis import run_figures, tables


def rows(count, regularized, two_networks=False):
    return [
        {
            "epoch": t + 1,
            "loss": 2.0 / (t + 1),
            "test_loss": 3.0 / (t + 1),
            "accuracy": 0.5,
            "test_accuracy": 0.1 * t,
            "sparse_rate": 0.9,
            "test_sparse_rate": 0.8,
            "lambda": 4.0 * 2**t if regularized else None,
            "second_test_accuracy": 0.2 * t if two_networks else None,
        }
        for t in range(count)
    ]


class FiguresTest(absltest.TestCase):
    def setUp(self):
        super().setUp()
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.path = pathlib.Path(held.name) / "figure.png"

    def drawn(self, draw, *arguments):
        """The figure as an object, and the file that was written."""
        kept = []
        save = Figure.savefig

        def keep(figure, *args, **kwargs):
            kept.append(figure)
            save(figure, *args, **kwargs)

        with mock.patch.object(Figure, "savefig", keep):
            draw(*arguments, self.path)
        self.assertEqual(self.path.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        return kept[0]

    def test_curves_of_two_networks(self):
        figure = self.drawn(run_figures.curves, rows(4, False, True), "a title")
        lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
        np.testing.assert_allclose(
            lines["test set, second network"].get_ydata(), [0, 0.2, 0.4, 0.6]
        )
        self.assertIn("both networks added", figure.axes[1].get_title())

    def test_per_class(self):
        accuracies = {"a": 0.5, "b": None, "c": 1.0}
        figure = self.drawn(run_figures.per_class, accuracies, [5, 3, 1], "a title")
        heights = [bar.get_height() for bar in figure.axes[0].patches]
        np.testing.assert_allclose(heights, [0.5, np.nan, 1.0])
        self.assertIn("75.0%", figure.axes[0].get_title())
        counts = [bar.get_height() for bar in figure.axes[1].patches]
        self.assertEqual(counts, [5, 3, 1])
        self.drawn(
            run_figures.per_class, {f"class {i}": i / 100 for i in range(100)},
            list(range(100)), "many",
        )  # fmt: skip

    def test_curves(self):
        figure = self.drawn(run_figures.curves, rows(5, True), "a title")
        lines = {
            line.get_label(): line.get_ydata()
            for axes in figure.axes
            for line in axes.get_lines()
        }
        np.testing.assert_allclose(
            lines["test set, clean labels"], [0, 0.1, 0.2, 0.3, 0.4]
        )
        np.testing.assert_allclose(lines["λ (right scale)"], [4, 8, 16, 32, 64])
        np.testing.assert_allclose(lines["sparse rate, test set"], 0.8)

    def test_lost_classes_where_there_are_any(self):
        # A run of an earlier version went on: its first epoch does not tell.
        for counts, expected in (
            ((None, 0, 0, 0), []),
            ((None, 4, 2, 0), [np.nan, 4, 2, 0]),
        ):
            told = [
                row | {"lost_classes": count}
                for row, count in zip(rows(4, True), counts, strict=True)
            ]
            figure = self.drawn(run_figures.curves, told, "a title")
            found = [
                axes.get_lines()[0].get_ydata()
                for axes in figure.axes
                if axes.get_title() == "Classes never predicted"
            ]
            self.assertLen(found, bool(expected))
            for values in found:
                np.testing.assert_allclose(values.astype(float), expected)

    def test_trusted_labels_where_some_are(self):
        for share, precision, expected in (
            ((None, None), (None, None), {}),
            ((None, 0.4), (None, 0.9), {"share of all labels": [np.nan, 0.4],
                                        "right ones among them": [np.nan, 0.9]}),
            ((0.3, 0.4), (None, None), {"share of all labels": [0.3, 0.4]}),
        ):  # fmt: skip
            told = [
                row | {"lost_classes": 1, "trusted_share": a, "trusted_precision": b}
                for row, a, b in zip(rows(2, False), share, precision, strict=True)
            ]
            figure = self.drawn(run_figures.curves, told, "a title")
            titles = [axes.get_title() for axes in figure.axes]
            self.assertIn("Classes never predicted", titles)
            found = {}
            for axes in figure.axes:
                if axes.get_title() == "Trusted labels":
                    found = {a.get_label(): a.get_ydata() for a in axes.get_lines()}
            self.assertEqual(list(found), list(expected))
            for name, values in expected.items():
                np.testing.assert_allclose(found[name].astype(float), values)

    def test_curves_without_regularization_and_one_epoch(self):
        figure = self.drawn(run_figures.curves, rows(1, False), "a title")
        labels = [line.get_label() for axes in figure.axes for line in axes.get_lines()]
        self.assertNotIn("λ (right scale)", labels)

    def test_samples(self):
        images = np.zeros((3, 4, 4, 3), np.uint8)
        figure = self.drawn(
            run_figures.samples, images, [0, 1, 1], [0, 0, 1], ["cat", "dog"], "a title"
        )
        titles = [axes.get_title() for axes in figure.axes]
        self.assertEqual(titles[:4], ["cat", "dog\n(is cat)", "dog", ""])


class TablesTest(absltest.TestCase):
    def summary(self, accuracy):
        return {
            "test_accuracy": accuracy,
            "best_test_accuracy": accuracy + 0.1,
            "sparse_rate": 0.5,
        }

    def test_mean_and_deviation_over_seeds(self):
        results = [
            (config.resolve({"loss": loss, "seed": seed}), self.summary(accuracy))
            for loss, seed, accuracy in (
                ("ce", 1, 0.4),
                ("ce_sr", 1, 0.9),
                ("ce", 2, 0.5),
            )
        ]
        lines = tables.comparison(results)
        self.assertLen(lines, 4)
        self.assertRegex(lines[2], r"ce  +45.00 % ± 7.07  55.00 % ± 7.07 .* 2$")
        self.assertRegex(lines[3], r"ce_sr +90.00 % +100.00 % +50.00 % .* 1$")

    def test_runs_that_lost_classes(self):
        """At most four, since a sweep may have hundreds."""
        results = [
            (
                config.resolve({"loss": "ce", "seed": seed}),
                self.summary(0.4) | {"lost_classes": ["3", "7"] if lost else []},
            )
            for seed, lost in enumerate((0, 1, 0, 1, 1, 1, 1), 1)
        ]
        self.assertLen(tables.comparison(results[:1]), 3)
        line = tables.comparison(results[:2])[-1]
        self.assertEqual(
            line,
            "classes never predicted in the last epoch: 2 in digits, sym 0.6, ce, "
            "seed 2",
        )
        self.assertEndsWith(
            tables.comparison(results)[-1],
            "2 in digits, sym 0.6, ce, seed 6; and 1 more",
        )

    def runs(self, *settings):
        """Finished runs with the accuracies 0.1, 0.2, … in their order."""
        return [
            (
                config.resolve({"loss": "ce"} | one),
                {
                    "test_accuracy": (i + 1) / 10,
                    "best_test_accuracy": (i + 1) / 10,
                    "sparse_rate": 0.0,
                },
            )
            for i, one in enumerate(settings)
        ]

    def test_no_mean_over_other_data(self):
        runs = self.runs({"seed": 1}, {"seed": 1}, {"seed": 2})
        header, *rows = tables.cells(runs, ["abcd", "ef01", "abcd"])
        self.assertEqual(header[-1], "differs in")
        self.assertEqual([row[3] for row in rows], ["20.00 % ± 14.14", "20.00 %"])
        self.assertEqual(
            [row[-2:] for row in rows], [("2", "data=abcd"), ("1", "data=ef01")]
        )

    def test_no_mean_over_other_settings(self):
        runs = self.runs({"epochs": 5}, {"epochs": 9}, {"epochs": 9, "seed": 2})
        _, *rows = tables.cells(runs)
        self.assertEqual(
            [row[-2:] for row in rows], [("1", "epochs=5"), ("2", "epochs=9")]
        )

    def test_a_copy_is_no_seed(self):
        header, row = tables.cells(self.runs({"seed": 3}, {"seed": 3}))
        self.assertEqual((header[-1], row[-1]), ("seeds", "1"))


if __name__ == "__main__":
    absltest.main()
