"""Curves over the epochs are means over seeds; what is not trained is named."""

import numpy as np
from absl.testing import absltest, parameterized
from helpers.drawn import FigureTestCase, legend_texts

from lnl_sr_tf.analysis import epoch_figures
from lnl_sr_tf.analysis.epoch_figures import over_seeds


def rows(accuracies, clean=True):
    return [
        {
            "epoch": epoch,
            "test_accuracy": accuracy if clean else None,
            "given_test_accuracy": None if clean else accuracy,
            "test_sparse_rate": accuracy / 2,
        }
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]


RUNS = {
    30.0: [rows([0.3, 0.4])],
    0.1: [rows([0.1, 0.2]), rows([0.3, 0.4])],
    7.0: [],
    5.0: [[]],
}


CURVES = {
    "CE": [rows([0.1, 0.2])],
    "CE+SR": [rows([0.7, 0.8])],
    "gce": [rows([0.3, 0.4])],
    "gce_sr": [],
}


class OverSeedsTest(parameterized.TestCase):
    def test_mean_and_sample_deviation(self):
        result = over_seeds([rows([0.1, 0.5]), rows([0.3, 0.5]), rows([0.5, 0.8])])
        np.testing.assert_array_equal(result.epochs, [1, 2])
        np.testing.assert_allclose(result.mean, [0.3, 0.6])
        np.testing.assert_allclose(result.deviation, [0.2, np.sqrt(0.03)])

    def test_one_seed_has_no_deviation(self):
        result = over_seeds([rows([0.1, 0.5])])
        np.testing.assert_allclose(result.mean, [0.1, 0.5])
        self.assertTrue(np.isnan(result.deviation).all())

    def test_only_epochs_that_all_have(self):
        gap = rows([0.4, 0.5, 0.6, 0.7])
        gap[1]["test_accuracy"] = None
        result = over_seeds([rows([0.2, 0.3, 0.4]), gap])
        np.testing.assert_array_equal(result.epochs, [1, 3])
        np.testing.assert_allclose(result.mean, [0.3, 0.5])

    def test_given_labels_and_another_column(self):
        seeds = [rows([0.2, 0.4], clean=False)]
        np.testing.assert_allclose(over_seeds(seeds).mean, [0.2, 0.4])
        sparse = over_seeds(seeds, "test_sparse_rate")
        np.testing.assert_allclose(sparse.mean, [0.1, 0.2])

    @parameterized.parameters(
        ([], "received 0 seeds"),
        ([[]], r"1 seeds with \[0\] epochs"),
        ([rows([0.1]), []], r"2 seeds with \[1, 0\] epochs"),
    )
    def test_refused(self, seeds, message):
        with self.assertRaisesRegex(ValueError, message):
            over_seeds(seeds)

    def test_column_that_is_not_there(self):
        with self.assertRaisesRegex(ValueError, "an epoch that has secnods"):
            over_seeds([rows([0.1])], "secnods")


class AccuracyByValueTest(FigureTestCase):
    def test_values_in_order_and_gaps(self):
        panels = [("CE+SR", "λ", RUNS), ("FL+SR", "p", {1.0: []})]
        figure = self.drawn(epoch_figures.accuracy_by_value, panels, "a title", "stem")
        trained, gap = figure.axes
        self.assertEqual(
            legend_texts(trained.get_legend()),
            ["λ = 0.1", "λ = 5: not trained", "λ = 7: not trained", "λ = 30"],
        )
        lines = {line.get_label(): line for line in trained.lines}
        self.assertCountEqual(lines, ["λ = 0.1", "λ = 30"])
        np.testing.assert_allclose(lines["λ = 0.1"].get_ydata(), [0.2, 0.3])
        self.assertLen(trained.collections, 1)  # one band, of the value with two seeds
        self.assertEqual(legend_texts(gap.get_legend()), ["p = 1: not trained"])
        self.assertEqual(self.texts(gap), ["not trained yet"])
        self.assertEqual(
            figure.get_suptitle(),
            "a title; mean of 1 to 2 seeds ± standard deviation",
        )

    def test_eleven_curves_differ_in_the_legend(self):
        runs = {float(i): [rows([0.1, 0.2])] for i in range(11)}
        panels = [("CE+SR", "λ", runs)]
        figure = self.drawn(epoch_figures.accuracy_by_value, panels, "a title", "stem")
        self.assertEqual(figure.get_suptitle(), "a title; one seed")
        looks = {
            (line.get_color(), line.get_linestyle(), line.get_marker())
            for line in figure.axes[0].get_legend().get_lines()
        }
        self.assertLen(looks, 11)

    def test_says_which_labels(self):
        for clean, name in ((True, "test accuracy"), (False, "by the given labels")):
            panels = [("CE", "λ", {1.0: [rows([0.1, 0.2], clean)]})]
            draw = epoch_figures.accuracy_by_value
            figure = self.drawn(draw, panels, "a title", "stem")
            self.assertIn(name, figure.axes[0].get_ylabel())

    def test_files(self):
        panels = [("CE+SR", "λ", RUNS)]
        self.check_files(epoch_figures.accuracy_by_value, panels, "a title")

    @parameterized.parameters([[]], [[("CE", "λ", {})]])
    def test_refused(self, panels):
        with self.assertRaisesRegex(ValueError, "at least one value each; received"):
            epoch_figures.accuracy_by_value(panels, "a title", "stem")


class SparseRateTest(FigureTestCase):
    def test_curves(self):
        draw = epoch_figures.sparse_rate_and_accuracy
        figure = self.drawn(draw, CURVES, "a title", "stem")
        rate, accuracy = figure.axes
        self.assertEqual(
            legend_texts(figure.legends[0]),
            ["CE", "CE+SR", "gce", "gce_sr: not trained"],
        )
        lines = {line.get_label(): line for line in rate.lines}
        self.assertCountEqual(lines, ["CE", "CE+SR", "gce"])
        np.testing.assert_allclose(lines["CE+SR"].get_ydata(), [0.35, 0.4])
        np.testing.assert_allclose(accuracy.lines[1].get_ydata(), [0.7, 0.8])
        ce, with_sr, gce = lines["CE"], lines["CE+SR"], lines["gce"]
        self.assertEqual(ce.get_color(), with_sr.get_color())
        self.assertNotEqual(ce.get_color(), gce.get_color())
        self.assertEqual((ce.get_linestyle(), with_sr.get_linestyle()), ("--", "-"))

    def test_the_paper_s_last_epoch(self):
        """Of what was trained, in the colour of its curve."""
        draw = epoch_figures.sparse_rate_and_accuracy
        published = {"CE+SR": (0.9, 0.01), "gce_sr": (0.8, 0.02)}
        figure = self.drawn(draw, CURVES, "a title", "stem", published)
        rate, accuracy = figure.axes
        self.assertEqual(len(rate.containers), 0)
        (mark,) = accuracy.containers
        self.assertEqual(list(mark[0].get_ydata()), [0.9])
        self.assertGreater(mark[0].get_xdata()[0], 1.0)  # right of the panel
        colors = {line.get_label(): line.get_color() for line in rate.lines}
        self.assertEqual(mark[0].get_color(), colors["CE+SR"])
        self.assertIn("paper, last epoch", legend_texts(figure.legends[0]))
        self.assertEqual(self.marks({"gce_sr": (0.8, 0.02)}), 0)

    def marks(self, published):
        draw = epoch_figures.sparse_rate_and_accuracy
        figure = self.drawn(draw, CURVES, "a title", "stem", published)
        self.assertNotIn("paper, last epoch", legend_texts(figure.legends[0]))
        return len(figure.axes[1].containers)

    def test_files(self):
        draw = epoch_figures.sparse_rate_and_accuracy
        self.check_files(draw, CURVES, "a title")

    def test_nothing_trained(self):
        draw = epoch_figures.sparse_rate_and_accuracy
        figure = self.drawn(draw, {"CE": [], "CE+SR": [[]]}, "a title", "stem")
        for axes in figure.axes:
            self.assertEqual(self.texts(axes), ["not trained yet"])
        self.assertEqual(figure.get_suptitle(), "a title")
        with self.assertRaisesRegex(ValueError, "at least one curve; received {}"):
            draw({}, "a title", "stem")


if __name__ == "__main__":
    absltest.main()
