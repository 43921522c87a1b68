"""Confusion, transition, memorisation and reliability, against counts by hand."""

import numpy as np
from absl.testing import absltest, parameterized
from helpers.drawn import FigureTestCase, legend_texts

from lnl_sr_tf.analysis.confusion import confusion, draw_confusion
from lnl_sr_tf.analysis.drawn_noise import draw_transition, transition
from lnl_sr_tf.analysis.memorisation import draw_memorisation
from lnl_sr_tf.analysis.reliability import draw_reliability, reliability

NAMES = ["cat", "dog", "emu"]

# Of four bins the first is empty. (0.25, 0.5]: 0.5 right; (0.5, 0.75]: 0.6 wrong,
# 0.7 right; (0.75, 1]: 0.8 right, 1.0 wrong.
PROBABILITIES = [[0.5, 0.5], [0.6, 0.4], [0.3, 0.7], [0.8, 0.2], [0.0, 1.0]]
LABELS = [0, 1, 1, 0, 0]


class ConfusionTest(FigureTestCase):
    def test_by_hand(self):
        counts = confusion([0, 0, 0, 1, 2, 2], [0, 1, 1, 1, 0, 2], 4)
        np.testing.assert_array_equal(
            counts, [[1, 2, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
        )

    @parameterized.parameters(
        ([0, 1], [0], "labels beside them: expected 2 labels, .* received 1"),
        ([], [], "at least one example; received none"),
        ([0, -1], [0, 1], r"true labels: .*in \[0, 3\); received -1"),
        ([0, 1], [0, 3], r"labels beside them: .*in \[0, 3\); received 3"),
        ([0, 3], [0, 1], r"true labels: .*in \[0, 3\); received 3"),
    )
    def test_refused(self, true, predicted, message):
        with self.assertRaisesRegex(ValueError, message):
            confusion(true, predicted, 3)

    def test_figure(self):
        counts = np.array([[956, 3, 41], [0, 0, 0], [1, 0, 3]])
        figure = self.drawn(draw_confusion, counts, NAMES, "a title", "stem")
        axes, _ = figure.axes
        self.assertEqual(self.texts(axes), ["96", "<1", "4", "25", "", "75"])
        rows = [label.get_text() for label in axes.get_yticklabels()]
        self.assertEqual(rows, ["cat", "dog (no examples)", "emu"])
        self.assertIn("95.5%", axes.get_title())
        np.testing.assert_allclose(
            axes.images[0].get_array().filled(np.nan),
            [[0.956, 0.003, 0.041], [np.nan] * 3, [0.25, 0, 0.75]],
        )

    def test_hundred_classes_have_names_but_no_numbers(self):
        names = [f"class {i}" for i in range(100)]
        figure = self.drawn(
            draw_confusion, np.eye(100, dtype=int), names, "a title", "stem"
        )  # fmt: skip
        self.assertEmpty(figure.axes[0].texts)
        shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
        self.assertEqual(shown, names)

    def test_files(self):
        self.check_files(draw_confusion, np.eye(3, dtype=int), NAMES, "a title")

    @parameterized.parameters(
        (np.eye(2, dtype=int), r"\(3, 3\) for 3 names.*received shape \(2, 2\)"),
        (np.zeros((3, 3), int), "with sum 0"),
    )
    def test_figure_refused(self, counts, message):
        with self.assertRaisesRegex(ValueError, message):
            draw_confusion(counts, NAMES, "a title", "stem")


class TransitionTest(FigureTestCase):
    def test_by_hand(self):
        matrix = transition([0, 0, 0, 0, 1, -1, -1], [0, 0, 0, 2, 1, 0, 1], 3)
        np.testing.assert_array_equal(
            matrix, [[0.75, 0, 0.25], [0, 1, 0], [np.nan] * 3]
        )

    def test_rows_sum_to_one(self):
        generator = np.random.default_rng(0)
        clean, given = generator.integers(0, 7, size=(2, 500))
        matrix = transition(clean, given, 7)
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0)

    @parameterized.parameters(
        ([0, -2], [0, 1], r"in \[0, 3\), or -1 for none .*; received -2"),
        ([0, 1], [0, -1], r"in \[0, 3\); received -1"),
        ([[0, 1]], [[0, 1]], r"received \(1, 2\)"),
    )
    def test_refused(self, clean, given, message):
        with self.assertRaisesRegex(ValueError, message):
            transition(clean, given, 3)

    def test_drawn_beside_intended(self):
        drawn = np.array([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0], [np.nan] * 3])
        intended = np.array([[0.6, 0.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        figure = self.drawn(draw_transition, drawn, intended, NAMES, "a", "stem")
        first, second, third = figure.axes[:3]
        self.assertEqual(self.texts(first)[:3], ["60", "40", ""])
        self.assertEqual(self.texts(second)[:3], ["50", "50", ""])
        self.assertEqual(
            self.texts(third), ["−10.0", "+10.0", "", "+10.0", "−10.0", ""]
        )
        np.testing.assert_allclose(third.images[0].get_clim(), (-0.1, 0.1))
        rows = [label.get_text() for label in first.get_yticklabels()]
        self.assertEqual(rows[-1], "emu (no examples)")

    def test_intended_unknown(self):
        figure = self.drawn(draw_transition, np.eye(3), None, NAMES, "a", "stem")
        self.assertLen(figure.axes, 2)  # one table and its bar
        self.assertIn("found in the labels", figure.axes[0].get_title())

    def test_nothing_differs(self):
        rounded = np.eye(3) + 1e-5
        figure = self.drawn(draw_transition, rounded, np.eye(3), NAMES, "a", "stem")
        self.assertEqual(set(self.texts(figure.axes[2])), {"0"})
        np.testing.assert_allclose(figure.axes[2].images[0].get_clim(), (-1e-3, 1e-3))

    def test_files(self):
        self.check_files(draw_transition, np.eye(2), np.eye(2), NAMES[:2], "a title")

    def test_figure_refused(self):
        for drawn, intended in ((np.eye(2), None), (np.eye(3), np.eye(2))):
            with self.assertRaisesRegex(ValueError, r"\(3, 3\).*received \(2, 2\)"):
                draw_transition(drawn, intended, NAMES, "a title", "stem")


class MemorisationTest(FigureTestCase):
    def rows(self, **others):
        return [
            {
                "epoch": epoch,
                "test_accuracy": 0.1 * epoch,
                "clean_part_accuracy": 0.2 * epoch,
                "wrong_part_given_accuracy": 0.05 * epoch,
                "wrong_part_true_accuracy": 0.15 * epoch,
                **others,
            }
            for epoch in (1, 2, 3)
        ]

    def test_curves(self):
        figure = self.drawn(draw_memorisation, self.rows(), "a title", "stem")
        lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
        self.assertLen(lines, 4)
        memorised = lines["wrong labels: repeats them (memorised)"]
        np.testing.assert_allclose(memorised, [0.05, 0.1, 0.15])
        true = lines["wrong labels: finds the true class"]
        np.testing.assert_allclose(true, [0.15, 0.3, 0.45])
        right = lines["right labels: agrees with them"]
        np.testing.assert_allclose(right, [0.2, 0.4, 0.6])

    def test_true_classes_unknown(self):
        rows = self.rows(wrong_part_true_accuracy=None, test_accuracy=None)
        figure = self.drawn(draw_memorisation, rows, "a title", "stem")
        self.assertEqual(
            legend_texts(figure.legends[0]),
            [
                "right labels: agrees with them",
                "wrong labels: repeats them (memorised)",
            ],
        )

    def test_old_runs(self):
        self.assertIsNone(draw_memorisation([], "a title", "stem"))
        absent = [{"epoch": 1, "test_accuracy": 0.5}]
        self.assertIsNone(draw_memorisation(absent, "a title", "stem"))
        unknown = self.rows(wrong_part_given_accuracy=None)
        self.assertIsNone(draw_memorisation(unknown, "a title", "stem"))

    def test_files(self):
        self.check_files(draw_memorisation, self.rows(), "a title")


class ReliabilityTest(FigureTestCase):
    def test_by_hand(self):
        result = reliability(PROBABILITIES, LABELS, bins=4)
        np.testing.assert_array_equal(result.count, [0, 1, 2, 2])
        np.testing.assert_allclose(result.confidence, [np.nan, 0.5, 0.65, 0.9])
        np.testing.assert_allclose(result.accuracy, [np.nan, 1.0, 0.5, 0.5])
        expected = (1 * 0.5 + 2 * 0.15 + 2 * 0.4) / 5
        self.assertAlmostEqual(result.ece, expected)

    def test_calibrated(self):
        generator = np.random.default_rng(0)
        sure = generator.uniform(0.5, 1.0, size=40_000)
        right = generator.random(40_000) < sure
        probabilities = np.stack([sure, 1 - sure], axis=1)
        result = reliability(probabilities, np.where(right, 0, 1))
        self.assertLen(result.count, 15)
        self.assertLess(result.ece, 0.01)
        always_wrong = reliability([[1.0, 0.0]], [1])
        self.assertEqual(always_wrong.ece, 1.0)

    @parameterized.parameters(
        ([0.5, 0.5], [0], 15, r"of 2 dimensions; received the shape \(2,\)"),
        ([[0.5, 0.5]], [0, 1], 15, "expected 1 labels, .*received 2"),
        ([[2.0, 1.0]], [0], 15, r"sum to 1.*received 2, 1, sum 3"),
        ([[1.5, -0.5]], [0], 15, "at least 0.*received 1.5, -0.5"),
        ([[np.nan, 0.5]], [0], 15, "sum to 1"),
        ([[0.5, 0.5]], [2], 15, r"in \[0, 2\); received 2 at place 0"),
        ([[0.5, 0.5]], [1], 0, "at least 1 bin; received 0"),
    )
    def test_refused(self, probabilities, labels, bins, message):
        with self.assertRaisesRegex(ValueError, message):
            reliability(probabilities, labels, bins)

    def test_figure(self):
        result = reliability(PROBABILITIES, LABELS, bins=4)
        figure = self.drawn(draw_reliability, result, "a title", "stem")
        diagram, histogram = figure.axes
        self.assertIn("error 32.0%", figure.get_suptitle())
        accuracy, surer, less_sure = diagram.containers
        np.testing.assert_allclose(
            [bar.get_height() for bar in accuracy], [np.nan, 1.0, 0.5, 0.5]
        )
        np.testing.assert_allclose(
            [bar.get_height() for bar in surer], [np.nan, 0.0, 0.15, 0.4]
        )
        np.testing.assert_allclose(
            [bar.get_height() for bar in less_sure], [np.nan, 0.5, 0.0, 0.0]
        )
        shares = [bar.get_height() for bar in histogram.patches]
        np.testing.assert_allclose(shares, [0, 0.2, 0.4, 0.4])
        self.assertIn("accuracy 60.0% (line), confidence 72.0%", histogram.get_title())

    def test_files(self):
        result = reliability(PROBABILITIES, LABELS)
        self.check_files(draw_reliability, result, "a title")

    def test_figure_refused(self):
        result = reliability(PROBABILITIES, LABELS, bins=2)
        with self.assertRaisesRegex(ValueError, r"received counts \[0 0\]"):
            draw_reliability(result._replace(count=np.zeros(2, int)), "a", "stem")


if __name__ == "__main__":
    absltest.main()
