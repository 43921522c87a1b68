"""`lnl-sr ledger add`, and tables and figures from ledgers, by the command line."""

import csv
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers import finished_runs
from helpers.command import call

from lnl_sr_tf import sweep
from lnl_sr_tf.analysis import epoch_figures
from lnl_sr_tf.runs.folder import COLUMNS

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ROOT / "results" / "ledger.csv"
KEPT = ROOT / "tests" / "data" / "kept_runs"
GRID = (
    "--dataset=mnist", "--loss=ce,ce_sr", "--noise=sym", "--rate=0.8", "--seed=1,2",
)  # fmt: skip
# The last epochs of seeds 1 and 2.
ACCURACIES = {"ce": (0.2, 0.3), "ce_sr": (0.9, 0.8)}


def make_runs(root):
    """Folders that look like those of finished runs of `GRID`."""
    for loss, accuracies in ACCURACIES.items():
        for seed, accuracy in enumerate(accuracies, 1):
            given = {"dataset": "mnist", "loss": loss, "noise": "sym", "rate": 0.8}
            given |= {"seed": seed, "output_dir": str(root)}
            _, folder = finished_runs.make(accuracy, given, epochs=50)
            folder.write_rows(
                [
                    dict.fromkeys(COLUMNS)
                    | {
                        "epoch": epoch,
                        "test_accuracy": accuracy * epoch / 4,
                        "test_sparse_rate": epoch / 4,
                    }
                    for epoch in (1, 2, 3, 4)
                ]
            )


class LedgerCommandTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.root / "new" / "ledger.csv"
        self.runs = self.root / "runs"
        make_runs(self.runs)
        self.of_runs = (*GRID, f"--output_dir={self.runs}", "--notrain")
        self.of_ledger = (
            *GRID, f"--output_dir={self.root}/other", f"--ledger={self.path}",
        )  # fmt: skip

    def add(self, *paths):
        status, out, err = call("ledger", "add", *paths, f"--ledger={self.path}")
        self.assertEqual((status, err), (0, ""))
        return out

    def test_add(self):
        shutil.copytree(next(KEPT.glob("*seed4*")), self.runs / "unfinished")
        out = self.add(str(self.runs))
        self.assertEqual(out.count(": added\n"), 4)
        self.assertIn("unfinished: not finished, left out\n", out)
        self.assertIn(f"{self.path}: 4 of 4 runs added\n", out)
        out = self.add(str(self.runs))
        self.assertEqual(out.count(": is there already\n"), 4)
        self.assertIn(f"{self.path}: 0 of 4 runs added\n", out)

    @parameterized.parameters("text", "markdown", "csv", "latex")
    def test_the_table_of_a_ledger_is_that_of_the_runs(self, form):
        self.add(str(self.runs))
        expected = call("table", "1", *self.of_runs, f"--format={form}")
        self.assertEqual(expected[0], 0, expected[2])
        found = call("table", "1", *self.of_ledger, f"--format={form}")
        self.assertEqual(found, expected)

    def test_run_folders_beside_a_ledger(self):
        first, *others = sorted(self.runs.glob("*"))
        self.add(*map(str, others))
        flags = (*self.of_runs, f"--ledger={self.path}", "--trace")
        status, out, err = call("table", "1", *flags)
        self.assertEqual(status, 0)
        self.assertIn("4 of 4 runs are done", out)
        self.assertEqual(err.count(f" in {self.path}:"), 3)
        self.assertIn(f" in {first}/summary.json, commit unknown: python main", err)

    def test_trace(self):
        self.add(str(self.runs))
        status, _, err = call("table", "1", *self.of_ledger, "--trace")
        self.assertEqual(status, 0)
        lines = self.path.read_text("utf-8").splitlines()
        told = err.splitlines()
        self.assertLen(told, 4)
        for line in told:
            number = int(line.partition(f"{self.path}:")[2].partition(",")[0])
            loss, seed = line.split("--loss=")[1].split()[0], line[-1]
            self.assertIn(f"mnist-{loss}-sym0.8-seed{seed}-", lines[number - 1])
            accuracy = ACCURACIES[loss][int(seed) - 1]
            self.assertIn(f", seed {seed}: {100 * accuracy:.2f} in ", line)

    def test_only_what_neither_has_is_trained(self):
        _, *others = sorted(self.runs.glob("*"))
        self.add(*map(str, others))
        with mock.patch.object(sweep, "train") as train:
            call("table", "1", *self.of_ledger)
            train.assert_not_called()
            call("table", "1", *self.of_ledger, "--train")
            (made, _), _ = train.call_args
            self.assertEqual([(c.loss, c.seed) for c in made], [("ce", 1)])
        status, out, _ = call("table", "1", *self.of_ledger, "--dry_run")
        self.assertEqual(status, 0)
        self.assertIn(f"3 runs are in {self.path}\n", out)
        self.assertIn("1 to be trained", out)

    def test_several_runs_of_the_same_settings(self):
        self.add(str(self.runs))
        rows = self.path.read_text("utf-8").splitlines()
        again = [
            row.replace(",4.0,", ",5.0,").replace("0.9,0.9", "0.7,0.7")
            for row in rows
            if "ce_sr" in row and "seed1" in row
        ]
        self.path.write_text("\n".join([*rows, *again, ""]), "utf-8")
        status, out, err = call("table", "1", *self.of_ledger, "--format=csv")
        self.assertEqual(status, 0)
        self.assertIn("MNIST,CE+SR,sym,0.8,75,", out)
        self.assertRegex(
            err, r"lines \d, 6 are of the same settings and seed; the last"
        )

    def test_the_repository_s_ledger_needs_no_network_and_no_keras(self):
        """So it answers in the time that Python takes to start."""
        code = (
            "import sys; from lnl_sr_tf import cli; "
            "status = cli.main(sys.argv); "
            "late = {'keras', 'tensorflow', 'tensorflow_datasets', 'matplotlib'}; "
            "sys.exit(status or sorted(late & set(sys.modules)) or 0)"
        )
        flags = ("table", "1", "--dataset=mnist", f"--ledger={OURS}")
        ended = subprocess.run(
            [sys.executable, "-c", code, *flags],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("CE+SR", ended.stdout)
        self.assertNotIn("\n0 of", ended.stdout)

    def test_figure_3(self):
        """The same curves as from run folders, and the paper's last epochs."""
        self.add(str(self.runs))
        drawn = []
        for flags in (self.of_runs, self.of_ledger):
            with mock.patch.object(
                epoch_figures, "sparse_rate_and_accuracy", return_value=()
            ) as draw:
                status, _, err = call("figure", "3", *flags)
            self.assertEqual((status, err), (0, ""))
            curves, _, _, published = draw.call_args.args
            drawn.append(
                {
                    method: [
                        [(r["epoch"], r["test_accuracy"], r["test_sparse_rate"])
                         for r in rows]
                        for rows in seeds
                    ]
                    for method, seeds in curves.items()
                }
            )  # fmt: skip
            self.assertEqual(
                published, {"CE": (0.2266, 0.0061), "CE+SR": (0.9806, 0.0086)}
            )
        self.assertAllClose(drawn[0], drawn[1])
        self.assertEqual([len(seeds) for seeds in drawn[1].values()], [2, 2])

    def test_rows_without_a_curve(self):
        rows = list(csv.DictReader(io.StringIO(OURS.read_text("utf-8"))))
        ledger = self.root / "without.csv"
        with open(ledger, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(row | {"curve": ""} for row in rows)
        flags = (*GRID, f"--output_dir={self.root}/other", f"--ledger={ledger}")
        with mock.patch.object(
            epoch_figures, "sparse_rate_and_accuracy", return_value=()
        ) as draw:
            status, _, err = call("figure", "3", *flags)
        self.assertEqual(status, 0)
        self.assertIn(": 2 of these runs are there without a curve", err)
        self.assertEqual(draw.call_args.args[0], {"CE": [], "CE+SR": []})

    @parameterized.parameters(
        (("ledger",), "missing argument; usage: lnl-sr ledger add RUN"),
        (("ledger", "add"), "missing argument; usage: lnl-sr ledger add RUN"),
        (("ledger", "ad", "runs"), "ledger ad: expected ledger add RUN_OR_FOLDER"),
        (("ledger", "add", "nowhere"), "nowhere: there is no run; expected the folder"),
        (("ledger", "add", "x", "--rate=0.2"), "Unknown command line flag 'rate'"),
        (("table", "1", "--ledger=nowhere.csv"), "nowhere.csv: there is no such file"),
        (("table", "1", "--ledger=README.md"), "README.md, line 1: expected a ledger"),
        (
            ("figure", "1", f"--ledger={OURS}"),
            "--ledger has no effect on figure 1, whi",
        ),
        (
            ("figure", "confusion", "x", f"--ledger={OURS}"),
            "--ledger has no effect on figure confusion.*numbers of figures 2, 3, 4",
        ),
    )
    def test_mistakes(self, arguments, message):
        status, out, err = call(*arguments)
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)


if __name__ == "__main__":
    tf.test.main()
