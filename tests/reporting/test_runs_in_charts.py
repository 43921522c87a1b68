"""Which runs share a chart, and which a curve."""

import pathlib
import tempfile

import numpy as np
from absl.testing import absltest, parameterized
from helpers import runs_with_curves

from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import runs_in_charts


class RunsInChartsTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.place = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_of(self, *accuracies, labels="clean", **settings):
        folder = runs_with_curves.make(self.place, settings, accuracies, labels)
        return FinishedRun(folder.path)

    def test_a_curve_is_mean_and_deviation_over_seeds(self):
        runs = [
            self.run_of(0.2, 0.4, loss="ce", seed=1),
            self.run_of(0.4, 0.8, loss="ce", seed=2),
            self.run_of(0.5, 0.9, loss="ce_sr", seed=1),
        ]
        (chart,) = runs_in_charts.charts(runs)
        self.assertEqual(chart.title, "digits, sym 0.6")
        self.assertEqual(
            chart.caption,
            "Accuracy on the clean test set over the epochs: mean of 1 to 2 seeds, "
            "shaded ± standard deviation.",
        )
        best, other = chart.curves
        self.assertEqual((best.name, best.last), ("ce_sr", "90.00 %"))
        self.assertIsNone(best.deviation)
        self.assertEqual((other.name, other.last), ("ce", "60.00 % ± 28.28"))
        self.assertEqual(other.epochs, [1, 2])
        np.testing.assert_allclose(other.mean, [0.3, 0.6])
        np.testing.assert_allclose(other.deviation, [0.02**0.5, 0.08**0.5])

    def test_kinds_of_labels_do_not_share_a_chart(self):
        runs = [
            self.run_of(0.5, 0.6, loss="ce"),
            self.run_of(0.5, 0.7, loss="gce", labels="given"),
            self.run_of(0.5, 0.8, loss="ce_sr", labels="held out"),
            self.run_of(0.5, 0.9, loss="mae"),
        ]
        charts = runs_in_charts.charts(runs)
        found = {
            c.caption.split(":")[0]: [one.name for one in c.curves] for c in charts
        }
        self.assertEqual(
            found,
            {
                "Accuracy on the clean test set over the epochs": ["mae", "ce"],
                "Accuracy by the labels that the test set came with over the epochs": [
                    "gce"
                ],
                "Accuracy by the given labels of the held-out part over the epochs": [
                    "ce_sr"
                ],
            },
        )

    def test_a_chart_for_each_dataset_and_noise(self):
        """Axes of one dataset are the same, and a loss looks the same everywhere."""
        runs = [
            self.run_of(
                0.1, accuracy, dataset=dataset, noise="sym", rate=rate, loss=loss
            )
            for dataset, rate, loss, accuracy in (
                ("digits", 0.2, "ce", 0.9),
                ("digits", 0.5, "ce", 0.5),
                ("digits", 0.5, "ce_sr", 0.7),
                ("mnist", 0.2, "ce_sr", 1.0),
            )
        ]
        charts = runs_in_charts.charts(runs)
        # What compares something comes first.
        self.assertEqual(
            [chart.title for chart in charts],
            ["digits, sym 0.5", "digits, sym 0.2", "mnist, sym 0.2"],
        )
        self.assertEqual(
            [c.reach for c in charts], [(0.1, 0.9), (0.1, 0.9), (0.1, 1.0)]
        )
        looks = {}
        for chart in charts:
            for curve in chart.curves:
                looks.setdefault(curve.name, set()).add(curve.stroke)
        self.assertLen(looks["ce"], 1)
        self.assertLen(looks["ce_sr"], 1)
        self.assertNotEqual(looks["ce"], looks["ce_sr"])

    def test_other_data_of_the_same_name(self):
        runs = [self.run_of(0.5, 0.6, loss=loss) for loss in ("ce", "ce_sr")]
        for run, contents in zip(runs, ("abcdef012345", "0123456789ab"), strict=True):
            record = run.folder.config() | {"data_fingerprint": contents}
            run.folder.write_config(record)
        self.assertEqual(
            [chart.title for chart in runs_in_charts.charts(runs)],
            ["digits, data abcdef01, sym 0.6", "digits, data 01234567, sym 0.6"],
        )

    @parameterized.parameters((1, 1, 0), (12, 12, 0), (13, 12, 1), (60, 12, 48))
    def test_many_settings(self, count, named, thin):
        runs = [
            self.run_of(0.1, (i + 1) / 100, loss="ce_sr", lambda0=float(i + 1))
            for i in range(count)
        ]
        (chart,) = runs_in_charts.charts(runs)
        self.assertLen(chart.named, named)
        self.assertLen(chart.thin, thin)
        self.assertEqual(chart.named[0].curve.last, f"{count}.00 %")
        if count > 1:
            self.assertEqual(chart.named[0].curve.name, f"ce_sr, lambda0={count}.0")
        self.assertLen({one.curve.stroke for one in chart.named}, named)

    def test_runs_without_rows_have_no_curve(self):
        runs = [self.run_of(0.5, 0.6, loss=loss) for loss in ("ce", "ce_sr")]
        runs[0].folder.metrics.unlink()
        (chart,) = runs_in_charts.charts(runs)
        self.assertEqual([curve.name for curve in chart.curves], ["ce_sr"])
        runs[1].folder.metrics.unlink()
        alike = [FinishedRun(run.folder.path) for run in runs]
        self.assertEmpty(runs_in_charts.charts(alike))

    def test_names_of_runs_that_look_the_same(self):
        runs = [
            self.run_of(0.5, loss="ce"),
            self.run_of(0.5, 0.5, loss="ce"),
            self.run_of(0.5, loss="gce"),
        ]
        self.assertEqual(
            runs_in_charts.names(runs),
            [
                "digits, sym 0.6, ce, seed 1, epochs=1",
                "digits, sym 0.6, ce, seed 1, epochs=2",
                "digits, sym 0.6, gce, seed 1",
            ],
        )


if __name__ == "__main__":
    absltest.main()
