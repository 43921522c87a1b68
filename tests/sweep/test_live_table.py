"""What a sweep shows of its runs before and while they are trained."""

import io
import tempfile

from absl.testing import absltest
from helpers import finished_runs
from rich.console import Console

from lnl_sr_tf import config
from lnl_sr_tf.runs.identity import folder_of
from lnl_sr_tf.sweep import forecast, live_table


class Runs(absltest.TestCase):
    def setUp(self):
        super().setUp()
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.out = held.name
        self.settings = {
            "loss": ["ce", "ce_sr"], "seed": [1, 2], "epochs": 10,
            "output_dir": self.out,
        }  # fmt: skip
        self.made = config.grid(self.settings)

    def run_of(self, accuracy, loss, seed, **kwargs):
        settings = self.settings | {"loss": loss, "seed": seed}
        return finished_runs.make(accuracy, settings, **kwargs)


class ForecastTest(Runs):
    def test_nothing_known(self):
        lines = forecast.lines(self.made)
        self.assertIn("to be trained, time unknown without a similar run", lines[0])
        self.assertEqual(lines[-1], "4 runs: 0 finished, 4 to be trained")

    def test_time_from_runs_so_far(self):
        """10 epochs of 6 s each are left for three runs, but for one epoch done."""
        self.run_of(0.5, "ce", 1, seconds=12.0)
        made, folder = self.made[1], folder_of(self.made[1])
        self.assertEqual(made.loss, "ce_sr")
        folder.make()
        folder.write_rows([row(1)])
        lines = forecast.lines(self.made)
        self.assertTrue(lines[0].endswith(": finished"), lines[0])
        self.assertTrue(lines[1].endswith("1 of 10 epochs, about 54 s"), lines[1])
        self.assertEqual(
            lines[-1],
            "4 runs: 1 finished, 3 to be trained; one after the other about 3 min",
        )

    def test_without_resume_all_are_trained_again(self):
        self.run_of(0.5, "ce", 1)
        made = config.grid(self.settings | {"resume": False})
        self.assertIn("4 to be trained", forecast.lines(made)[-1])


class BoardTest(Runs):
    def test_look(self):
        self.run_of(0.9, "ce", 1)
        self.run_of(0.8, "ce", 2)
        self.run_of(0.5, "ce_sr", 2, finished=False, epochs=4)
        state = live_table.Board(self.made).look()
        ce, ce_sr = state["rows"]
        self.assertEqual((ce["done"], ce["wanted"]), (2, 2))
        self.assertEqual(ce["accuracy"], "85.00 % ± 7.07")
        self.assertEqual((ce_sr["done"], ce_sr["wanted"]), (0, 2))
        self.assertEqual(ce_sr["running"], ["seed 2: 4/10, 50.00 %"])
        self.assertIsNone(state["left"])

    def test_estimate(self):
        """From the epochs that were done since it was first looked at."""
        watched = live_table.Board(self.made)
        watched.look()
        self.run_of(0.5, "ce_sr", 2, finished=False, epochs=10)
        watched._start -= 60.0
        self.assertAlmostEqual(watched.look()["left"], 180.0, delta=1.0)

    def test_table_fits_a_small_terminal(self):
        self.run_of(0.5, "ce_sr", 2, finished=False, epochs=4)
        out = io.StringIO()
        console = Console(file=out, width=100, color_system=None)
        console.print(live_table.table(live_table.Board(self.made).look(), height=6))
        text = out.getvalue()
        self.assertIn("0 of 4 runs done", text)
        self.assertIn("seed 2: 4/10", text)
        self.assertIn("and 1 more line", text)

    def test_shown_beneath_what_is_told(self):
        out = io.StringIO()
        console = Console(file=out, width=100, height=30, force_terminal=True)
        with live_table.shown(self.made, console):
            self.run_of(0.9, "ce", 1)
        self.assertIn("1 of 4 runs done", out.getvalue())


def row(epoch):
    """One of metrics.csv."""
    from lnl_sr_tf.runs.folder import COLUMNS

    return dict.fromkeys(COLUMNS) | {"epoch": epoch}


if __name__ == "__main__":
    absltest.main()
