"""benchmarks/adaptive.py: its cases are runs, and its table is what runs came to."""

import csv
import json
import pathlib
import sys
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.finished_runs import make_of

from lnl_sr_tf import config, datasets
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs.folder import COLUMNS

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "benchmarks"))

import adaptive  # noqa: E402
import adaptive_cases  # noqa: E402
import warped_mnist  # noqa: E402


class BenchTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        held = self.enterContext(tempfile.TemporaryDirectory())
        self.root = pathlib.Path(held)

    def case(self, name, cases=None):
        (case,) = adaptive.choose(cases or adaptive_cases.cases(self.root), [name])
        return case

    def finish(self, case, loss, seed, accuracies, lost=()):
        """A run with these accuracies after its epochs, in percent; λ is the epoch."""
        made = adaptive.settle(case, loss, seed, {}, self.root)
        folder = make_of(made, accuracies[-1] / 100, seconds=2.0 + seed)
        rows = [
            dict.fromkeys(COLUMNS)
            | {"epoch": n, "test_accuracy": found / 100, "lambda": float(n)}
            for n, found in enumerate(accuracies, 1)
        ]
        folder.write_rows(rows)
        summary = folder.summary() | {
            "best_test_accuracy": max(accuracies) / 100,
            "lost_classes": list(lost),
        }
        folder.write_summary(summary)

    def table(self, case, losses, seeds):
        planned = adaptive.plan([case], losses, seeds, {}, self.root)
        return adaptive.summarise([case], planned)

    @parameterized.parameters("ce_sr", "fl_sr", "gce_sr", "ce")
    def test_cases_are_runs_of_their_own(self, loss):
        cases = adaptive_cases.cases(self.root)
        made = [adaptive.settle(case, loss, 1, {}, self.root) for case in cases]
        self.assertLen({one.run_name for one in made}, len(cases))
        for one in made:
            self.assertEqual(
                one.lambda_schedule, None if loss == "ce" else "adaptive", one.run_name
            )

    def test_commands_are_those_of_main(self):
        for case in adaptive_cases.cases(self.root):
            with self.subTest(case.name):
                flags = dict(flag[2:].split("=", 1) for flag in case.command.split())
                typed = config.resolve(flags | {"loss": "ce_sr"})
                meant = config.resolve(case.settings | {"loss": "ce_sr"})
                self.assertEqual(typed.run_name, meant.run_name)

    def test_with_changes_every_run_but_what_is_compared_with(self):
        case = self.case("digits none")
        extra = adaptive.changed(["prior_weight=3", "epochs=7"])
        planned = adaptive.plan([case], ["fl_sr"], ["3"], extra, self.root)
        (ours,), (beside,) = (
            planned["digits none", loss] for loss in ("fl_sr", adaptive.CE)
        )
        self.assertEqual((ours.prior_weight, ours.epochs, ours.seed), (3.0, 7, 3))
        plain = config.resolve({"noise": "none", "loss": "ce", "epochs": 7, "seed": 3})
        self.assertEqual(beside.run_name, plain.run_name)

    def test_same_run_of_two_cases_is_trained_once(self):
        made = adaptive.settle(self.case("digits none"), "ce", 1, {}, self.root)
        with mock.patch.object(adaptive.sweep, "train") as train:
            adaptive.train([made, made])
        self.assertEqual(train.call_args.args[0], [made])

    def test_choice(self):
        cases = adaptive_cases.cases(self.root)
        chosen = adaptive.choose(cases, ["mnist50", "digits sym 0.4"])
        self.assertEqual(
            [case.name for case in chosen], ["digits sym 0.4", "mnist50 sym 0.8"]
        )
        with self.assertRaisesRegex(InputError, "--cases=mnits: expected digits, "):
            adaptive.choose(cases, ["mnits"])
        with self.assertRaisesRegex(InputError, "--with=epochs: expected NAME=VALUE"):
            adaptive.changed(["epochs"])

    def test_row(self):
        case = self.case("digits sym 0.8")
        self.finish(case, "ce_sr", 1, [50.0] * 9 + [90.0])
        self.finish(case, "ce_sr", 2, [50.0] * 8 + [74.5, 74.0])
        # The third seed is not finished.
        rows, records = self.table(case, ["ce_sr"], [1, 2, 3])
        self.assertEqual(
            rows,
            [
                {
                    "case": "digits sym 0.8",
                    "loss": "ce_sr",
                    "seeds": 2,
                    "accuracy": "82.00 ± 11.31",
                    "worst": 74.0,
                    "best − last": 0.5,
                    "lost": 0,
                    "λ at 10/30/50/100 %": "1/3/5/10",
                    "seconds": 3.5,
                    "target": "mean ≥ 80, each ≥ 70, no lost class",
                    "holds": "yes",
                    "margin": 0.5,
                    "of": "best − last ≤ 1",
                }
            ],
        )
        self.assertEqual([run["seed"] for run in records], [1, 2])
        self.assertEqual([run["best"] for run in records], [90.0, 74.5])

    @parameterized.parameters(
        ("digits sym 0.8", [95.0], [69.0], (), -1.0, "each ≥ 70"),
        ("digits sym 0.8", [79.0], [78.0], (), -1.5, "mean ≥ 80"),
        ("digits sym 0.4", [99.0], [99.0, 98.0], (), 0.0, "best − last ≤ 1"),
        ("digits sym 0.4", [99.0, 97.5], [99.0], (), -0.5, "best − last ≤ 1"),
        ("digits sym 0.4", [99.0], [99.0], ("3",), 1.0, "best − last ≤ 1"),
        ("small 5 epochs", [9.0], [9.0], ("3",), 1.0, "best − last ≤ 1"),
    )
    def test_target(self, name, one, other, lost, margin, of):
        case = self.case(name)
        self.finish(case, "ce_sr", 1, one)
        self.finish(case, "ce_sr", 2, other, lost)
        ((row,), _) = self.table(case, ["ce_sr"], [1, 2])
        self.assertEqual((row["margin"], row["of"]), (margin, of))
        self.assertEqual(row["lost"], len(lost))
        broken = margin < 0 or (lost and case.target.no_lost)
        self.assertEqual(row["holds"], "NO" if broken else "yes")

    def test_beside_cross_entropy_on_the_same_seeds(self):
        case = self.case("digits none")
        for seed, accuracy in ((1, 99.0), (2, 97.0)):
            self.finish(case, "ce", seed, [accuracy])
        self.finish(case, "ce_sr", 2, [96.5])
        rows, _ = self.table(case, ["ce_sr"], [1, 2])
        ours, beside = rows
        self.assertEqual((ours["margin"], ours["of"]), (-0.1, "mean ≥ CE − 0.4"))
        self.assertEqual((beside["loss"], beside["seeds"]), ("ce", 2))
        self.assertNotIn("holds", beside)

    def test_worst_of_the_table(self):
        sym, small = self.case("digits sym 0.6"), self.case("small 5 epochs")
        self.finish(sym, "ce_sr", 1, [99.0, 95.0], ["a", "b"])
        self.finish(sym, "fl_sr", 1, [93.0, 93.0])
        self.finish(small, "ce_sr", 1, [20.0, 50.0])
        planned = adaptive.plan([sym, small], ["ce_sr", "fl_sr"], [1], {}, self.root)
        rows, records = adaptive.summarise([sym, small], planned)
        self.assertEqual(
            adaptive.worst(rows),
            [
                "targets held: 1 of 3",
                "worst case: digits sym 0.6 with ce_sr, -3.00 points (best − last ≤ 1)",
                "largest best − last: 4.00, digits sym 0.6 with ce_sr",
                "lost classes: 2 in digits sym 0.6 with ce_sr",
            ],
        )
        path = self.root / "runs.csv"
        adaptive.write_csv(path, records)
        with open(path, newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual([line["accuracy"] for line in lines], ["95.0", "93.0", "50.0"])
        self.assertEqual(lines[0]["lambda_50"], "1.0")

    def test_command(self):
        """Of finished runs nothing is trained; the table is printed and written."""
        case = self.case("digits sym 0.4", adaptive_cases.cases(self.root / "data"))
        self.finish(case, "gce_sr", 4, [98.0])
        arguments = [
            "adaptive.py", "--cases=digits sym 0.4", "--losses=gce_sr", "--seeds=4",
            f"--output_dir={self.root}", f"--json={self.root / 'found.json'}",
        ]  # fmt: skip
        with mock.patch.object(sys, "argv", arguments):
            adaptive.main()
        (row,) = json.loads((self.root / "found.json").read_text("utf-8"))["rows"]
        self.assertEqual((row["accuracy"], row["holds"]), ("98.00", "yes"))


class MadeDataTest(tf.test.TestCase):
    def test_halves_of_digits(self):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        low, high = root / "digits_0_to_4.npz", root / "digits_5_to_9.npz"
        adaptive_cases.halves(low, None)
        both = [
            datasets.load(str(path), tell=lambda line: None) for path in (low, high)
        ]
        for half in both:
            self.assertEqual(set(half.given_labels), set(range(5)))
            self.assertEqual(set(half.test_labels), set(range(5)))
        self.assertEqual(sum(len(half.given_labels) for half in both), 1437)

    def test_360_of_digits(self):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "a.npz"
        adaptive_cases.first_360(path, None)
        made = datasets.load(str(path), tell=lambda line: None)
        self.assertEqual((len(made.given_labels), len(made.test_labels)), (360, 360))
        self.assertEqual(made.num_classes, 10)

    def test_warped(self):
        images = np.zeros((200, 28, 28, 1), np.uint8)
        images[:, 12:16, 12:16] = 255
        made = warped_mnist.warped(images, np.random.default_rng(1))
        again = warped_mnist.warped(images, np.random.default_rng(1))
        self.assertAllEqual(made, again)
        self.assertEqual((made.shape, made.dtype), (images.shape, np.uint8))
        # Noise of deviation 45, of which what is below 0 is cut off: 45 / √(2 π).
        self.assertNear(made[:, 0].mean(), 18.0, 1.0)
        weights = made.astype(float)[..., 0] * (made[..., 0] > 150)
        place = np.arange(28) - 13.5
        for axis in (1, 2):
            total = weights.sum(axis=(1, 2))
            centre = (weights.sum(axis=axis) * place).sum(axis=1) / total
            # Shifted by up to 3 pixels, even: deviation √3, times what scaling adds.
            self.assertBetween(np.median(np.abs(centre)), 1.0, 2.2)


if __name__ == "__main__":
    tf.test.main()
