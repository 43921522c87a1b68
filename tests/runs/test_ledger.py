"""Ledgers of finished runs: rows of every version are read, and none is lost."""

import concurrent.futures
import contextlib
import csv
import errno
import io
import json
import os
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import finished_runs

from lnl_sr_tf import config
from lnl_sr_tf.datasets.fingerprint import fingerprint
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.runs import ledger
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.runs.ledger import Ledger
from lnl_sr_tf.runs.ledger_row import COLUMNS, REQUIRED, LedgerRun, digest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ROOT / "results" / "ledger.csv"
KEPT = ROOT / "tests" / "data" / "kept_runs" / "digits-ce_sr-sym0.6-seed1-4354164d"
SETTINGS = {"dataset": "mnist", "loss": "ce_sr", "noise": "sym", "rate": 0.8}
# The results that no run of a ledger is without.
VALUES = {
    "run": "mnist-ce-sym0.8-seed1", "dataset": "mnist", "loss": "ce", "seed": "1",
    "epochs": "50", "test_accuracy": "0.5", "best_test_accuracy": "0.6",
    "best_epoch": "7", "sparse_rate": "0.25", "seconds": "10.5", "settings": "{}",
}  # fmt: skip


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def text_of(columns, *rows):
    """A ledger with these columns; rows are what they differ in from `VALUES`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([(VALUES | row).get(name, "") for name in columns])
    return text.getvalue()


class LedgerTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.root / "ledger.csv"

    def written(self, text):
        self.path.write_text(text, "utf-8")
        return self.path

    def made(self, accuracy=0.9, finished=True, **settings):
        """The folder of a run."""
        given = SETTINGS | {"output_dir": str(self.root / "runs")} | settings
        return finished_runs.make(accuracy, given, finished)[1]


class ReadingTest(LedgerTest):
    def settled(self):
        """A config, and what a row of a run of it differs in from `VALUES`."""
        made = config.resolve(SETTINGS)
        row = {name: str(value) for name, value in SETTINGS.items()}
        row |= {"settings": json.dumps(made.as_dict()), "epochs": str(made.epochs)}
        return made, row

    def test_rows_of_the_repository_are_known_by_their_settings(self):
        """Those without a hash of their own, too: their names end in it."""
        runs = Ledger.read(OURS).runs
        self.assertGreaterEqual(len(runs), 8)
        for run, row in zip(runs, rows_of(OURS), strict=True):
            name = row["run"]
            self.assertEqual(digest(run.config()), name.rpartition("-")[2], name)
            self.assertTrue(run.finished())

    def test_a_run_is_found_by_its_settings(self):
        found = Ledger.read(OURS).of(config.resolve(SETTINGS))
        self.assertLen(found, 1)
        runs = [row["run"] for row in rows_of(OURS)]
        line = 2 + runs.index("mnist-ce_sr-sym0.8-seed1-3bf62362")
        self.assertEqual(found[0].source, f"{OURS}:{line}")
        self.assertAlmostEqual(found[0].summary()["test_accuracy"], 0.9867)
        for other in ({"seed": 77}, {"epochs": 3}, {"precision": "float32"}):
            self.assertEmpty(Ledger.read(OURS).of(config.resolve(SETTINGS | other)))

    def test_merging_is_concatenation(self):
        """Of the same ledger, of one in another order, and with blank lines."""
        ours = OURS.read_text("utf-8")
        rows = rows_of(OURS)
        rows[0] |= {"seed": "9", "seconds": "1"}
        text = io.StringIO()
        columns = ["note", *sorted(REQUIRED)]
        writer = csv.DictWriter(text, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        before = Ledger.read(OURS).runs
        merged = self.written(f"\ufeff{ours}\n\n\ufeff{text.getvalue()}{ours}")
        runs = Ledger.read(merged).runs
        self.assertLen(runs, len(before) + 1)
        self.assertEqual([r.key for r in runs[: len(before)]], [r.key for r in before])
        new = runs[-1]
        self.assertEqual(new.config()["seed"], 9)
        self.assertEqual(new.summary(), runs[0].summary() | {"seconds": 1.0})

    def test_earlier_rows_below_a_header_of_today(self):
        earlier = text_of(REQUIRED, {"seed": "2"}).partition("\n")[2]
        self.written(text_of(COLUMNS, {"seed": "1", "hash": "0a1b2c3d"}) + earlier)
        first, second = Ledger.read(self.path).runs
        self.assertEqual(first.key[0], "0a1b2c3d")
        self.assertEqual(second.config()["seed"], 2)
        self.assertEqual(second.key[0], digest(second.config()))

    def test_of_an_earlier_row_and_one_of_today_that_with_a_curve(self):
        _, row = self.settled()
        curve = row | {"curve": '{"epoch": [1], "test_accuracy": [0.5]}'}
        for rows in ((row, curve), (curve, row)):
            (run,) = Ledger.read(self.written(text_of(COLUMNS, *rows))).runs
            self.assertLen(run.rows(), 1)

    def test_an_earlier_row_by_given_labels(self):
        """It has no accuracy, and stands in nobody's way."""
        made, row = self.settled()
        rows = [row | {"test_accuracy": ""}, row]
        found = Ledger.read(self.written(text_of(REQUIRED, *rows)))
        self.assertEqual([run.finished() for run in found.runs], [False, True])
        self.assertEqual([run.line for run in found.of(made)], [3])

    def test_several_runs_of_the_same_settings(self):
        made, row = self.settled()
        rows = [row, row | {"seconds": "11"}, row]
        found = Ledger.read(self.written(text_of(REQUIRED, *rows))).of(made)
        self.assertEqual([run.line for run in found], [2, 3])

    @parameterized.parameters(
        ("", "line 1: expected a ledger, whose first line names its columns: run,data"),
        ("run,loss,settings\n", "line 1: expected the columns run,.*it lacks dataset"),
        (text_of((*REQUIRED, "run")), "line 1: expected the columns.*a name is twice"),
        (text_of(REQUIRED) + "<<<<<<< HEAD\n", "line 2: expected 22 cells.*received 1"),
        (text_of(COLUMNS) + "," * 25 + "\n", "line 2: expected 30 cells.*received 26"),
        (text_of(REQUIRED) + '"a"b\n', "line 2: no row of a CSV"),
        (text_of(REQUIRED) + '"a\n', "line 2: no row of a CSV"),
    )
    def test_no_ledger(self, text, message):
        self.written(text or "one,two\n1,2\n")
        with self.assertRaisesRegex(InputError, message):
            Ledger.read(self.path)

    @parameterized.parameters(
        ("test_accuracy", "1.2", r"is '1.2'; expected a share in \[0, 1\]"),
        ("sparse_rate", "nan", r"is 'nan'; expected a share in \[0, 1\]"),
        ("best_test_accuracy", "high", "is 'high'; expected a number"),
        ("seed", "one", "is 'one'; expected a whole number"),
        ("epochs", "50.5", "is '50.5'; expected a whole number"),
        ("settings", "{", "is '{'; expected an object in JSON"),
        ("settings", "[" * 100_000, "expected an object in JSON"),
        ("lost_classes", "3", "is '3'; expected a list in JSON"),
        (
            "curve",
            '{"epoch": [1], "test_accuracy": [1, 1]}',
            "expected a list for each",
        ),
        ("curve", '{"epoch": [1], "test_accuracy": ["1"]}', "expected whole epochs"),
        ("curve", '{"epoch": [1], "test_accuracy": [NaN]}', "expected whole epochs"),
        ("curve", '{"epoch": [1], "test_accuracy": [1.2]}', "expected whole epochs"),
        ("curve", '{"epoch": [null]}', "expected whole epochs"),
    )
    def test_cells_that_cannot_be(self, name, value, message):
        self.written(text_of(COLUMNS, {}, {name: value}))
        with self.assertRaisesRegex(
            InputError,
            f"ledger.csv, line 3: {name} {message}|"
            f"ledger.csv, line 3: {name} is .*{message}",
        ):
            Ledger.read(self.path)

    def test_files_that_cannot_be(self):
        with self.assertRaisesRegex(InputError, "no such file; lnl-sr ledger add RUN"):
            Ledger.read(self.path)
        with self.assertRaisesRegex(InputError, "cannot be read as a ledger: Is a dir"):
            Ledger.read(self.root)
        self.path.write_bytes(text_of(REQUIRED).encode() + b"\xff")
        with self.assertRaisesRegex(InputError, "expected a ledger in UTF-8"):
            Ledger.read(self.path)


class AddingTest(LedgerTest):
    def test_a_run_is_told_whole(self):
        """What its row says is what its folder says."""
        folder = RunFolder(KEPT)
        self.assertEqual(ledger.add(self.path, [folder], "98cf3c0"), [True])
        (row,) = rows_of(self.path)
        self.assertEqual(tuple(row), COLUMNS)
        self.assertEqual(row["run"], KEPT.name)
        self.assertEqual(row["hash"], KEPT.name[-8:])
        self.assertEqual(row["commit"], "98cf3c0")
        self.assertEqual(row["differs"], "--lambda_schedule=geometric --epochs=3")
        self.assertIn("tensorflow 2.", row["versions"])
        (run,) = Ledger.read(self.path).runs
        summary = folder.summary()
        for name in ("test_accuracy", "best_epoch", "sparse_rate", "seconds", "epochs"):
            self.assertEqual(run.summary()[name], summary[name])
        for mine, theirs in zip(run.rows(), folder.rows(), strict=True):
            self.assertAllClose(mine["test_accuracy"], theirs["test_accuracy"], 1e-4)
            self.assertEqual(mine["epoch"], theirs["epoch"])
        settings = {
            "loss": "ce_sr", "lambda_schedule": "geometric", "epochs": 3, "rate": 0.6,
        }  # fmt: skip
        self.assertLen(Ledger.read(self.path).of(config.resolve(settings)), 1)

    def test_never_twice(self):
        """Nor from a copy of its folder, nor beside its row of an earlier version."""
        folder = self.made()
        ledger.add(self.path, [folder])
        copy = shutil.copytree(folder.path, self.root / "copy")
        before = self.path.read_bytes()
        both = [folder, RunFolder(copy)]
        self.assertEqual(ledger.add(self.path, both), [False, False])
        self.assertEqual(self.path.read_bytes(), before)
        (row,) = rows_of(self.path)
        earlier = {name: row[name] for name in REQUIRED}
        self.written(text_of(REQUIRED, earlier))
        self.assertEqual(ledger.add(self.path, both), [False, False])
        self.path.unlink()
        self.assertEqual(ledger.add(self.path, both), [True, False])

    def test_the_same_settings_trained_again(self):
        folder = self.made()
        ledger.add(self.path, [folder])
        folder.write_summary(folder.summary() | {"seconds": 5.0})
        self.assertEqual(ledger.add(self.path, [folder]), [True])
        self.assertLen(Ledger.read(self.path).runs, 2)

    @parameterized.parameters(True, False)
    def test_what_stands_there_stays(self, with_newline):
        before = OURS.read_bytes().removesuffix(b"\n") + b"\n" * with_newline
        self.path.write_bytes(before)
        ledger.add(self.path, [self.made()])
        first, *after = self.path.read_bytes().split(b"\n")
        self.assertEqual(first.decode().split(","), list(COLUMNS))
        kept = before.removesuffix(b"\n").split(b"\n")[1:]
        self.assertEqual(after[: len(kept)], kept)
        self.assertLen(after, len(kept) + 2)
        self.assertLen(Ledger.read(self.path).runs, len(kept) + 1)
        ledger.add(self.path, [self.made(seed=2)])
        self.assertEqual(self.path.read_bytes().count(b"run,dataset"), 1)

    def test_columns_in_another_order(self):
        columns = ("note", *reversed(COLUMNS))
        self.written(text_of(columns, {"note": "mine"}))
        ledger.add(self.path, [self.made()])
        first, second = rows_of(self.path)
        self.assertEqual((first["note"], second["note"]), ("mine", ""))
        self.assertEqual(second["loss"], "ce_sr")
        # Where some are missing, the header of today comes before the new rows.
        self.written(text_of(tuple(reversed(REQUIRED))))
        ledger.add(self.path, [self.made()])
        lines = self.path.read_text("utf-8").splitlines()
        self.assertEqual(lines[1], ",".join(COLUMNS))
        self.assertLen(Ledger.read(self.path).runs, 1)

    def test_given_labels_and_lost_classes(self):
        folder = self.made()
        more = {
            "test_accuracy": None, "given_test_accuracy": 0.7,
            "best_given_test_accuracy": 0.8, "test_labels": "held out",
            "lost_classes": ["cat", "a,\"b\"\n"],
        }  # fmt: skip
        folder.write_summary(folder.summary() | more)
        ledger.add(self.path, [folder])
        (run,) = Ledger.read(self.path).runs
        self.assertTrue(run.finished())
        self.assertEqual(run.summary() | more, run.summary())

    def test_machines(self):
        for described, text in (
            ({"processor": "P", "accelerators": []}, "P"),
            ({"processor": "P", "accelerators": ["G"]}, "G (P)"),
            ({"processor": "P", "accelerators": ["G", "G"]}, "2 x G (P)"),
        ):
            folder = self.made()
            folder.write_config(folder.config() | {"machine": described})
            self.path.unlink(missing_ok=True)
            ledger.add(self.path, [folder])
            self.assertEqual(rows_of(self.path)[0]["machine"], text)

    def test_own_data_by_what_it_holds(self):
        """Where it lies is not told, and it is found wherever it lies now."""
        images = np.zeros((4, 2, 2), np.uint8)
        data = self.root / "mine.npz"
        arrays = {"x_train": images, "y_train": [0, 1, 0, 1]}
        arrays |= {"x_test": images, "y_test": [0, 1, 0, 1]}
        np.savez(data, **arrays)
        out = {"output_dir": str(self.root / "runs"), "loss": "ce"}
        made, folder = finished_runs.make(0.9, out | {"dataset": str(data)})
        known = fingerprint(str(data))
        more = {"data_fingerprint": known.fingerprint, "places": made.places}
        folder.write_config(folder.config() | more)
        ledger.add(self.path, [folder])
        self.assertNotIn(str(self.root), self.path.read_text("utf-8"))
        moved = self.root / "elsewhere" / "mine.npz"
        moved.parent.mkdir()
        data.rename(moved)
        now = config.resolve(out | {"dataset": str(moved)})
        self.assertLen(Ledger.read(self.path).of(now), 1)
        np.savez(moved, **(arrays | {"y_train": [1, 1, 0, 0]}))
        self.assertEmpty(Ledger.read(self.path).of(now))

    def test_runs_that_cannot_be_added(self):
        """Then nothing is: what is right is added once all is."""
        right = self.made()
        nothing = RunFolder(self.root / "nowhere")
        unfinished = self.made(finished=False, seed=2)
        damaged = self.made(seed=3)
        (damaged.path / "summary.json").write_text("{")
        for folder, error, message in (
            (nothing, InputError, "nowhere: there is no run; expected the folder of"),
            (unfinished, InputError, "the run is not finished, and a ledger has"),
            (damaged, RunError, "summary.json cannot be read"),
        ):
            with self.assertRaisesRegex(error, message):
                ledger.add(self.path, [right, folder])
            self.assertFalse(self.path.exists())

    def test_files_that_cannot_be_added_to(self):
        folder = self.made()
        self.written("one,two\n")
        with self.assertRaisesRegex(InputError, "expected a ledger"):
            ledger.add(self.path, [folder])
        before = self.written(text_of(REQUIRED)).read_bytes()
        self.path.chmod(0o444)
        with self.assertRaisesRegex(RunError, "cannot write .*: it is read-only"):
            ledger.add(self.path, [folder])
        self.assertEqual(self.path.read_bytes(), before)
        with self.assertRaisesRegex(RunError, "cannot make"):
            ledger.add(self.path / "below", [folder])

    def test_a_full_disk_loses_nothing(self):
        before = self.written(text_of(REQUIRED, {})).read_bytes()
        folder = self.made()
        full = OSError(errno.ENOSPC, "No space left on device")
        with (
            mock.patch.object(os, "fsync", side_effect=full),
            self.assertRaisesRegex(RunError, "cannot write .*No space left"),
        ):
            ledger.add(self.path, [folder])
        self.assertEqual(self.path.read_bytes(), before)
        self.assertNoUnfinished()

    def assertNoUnfinished(self):
        self.assertEmpty(list(self.root.glob("*.unfinished")))
        self.assertEmpty(list(self.root.glob(".*.unfinished")))

    def test_several_at_once(self):
        folders = [self.made(seed=seed) for seed in range(1, 9)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: ledger.add(self.path, [one]), folders))
        runs = Ledger.read(self.path).runs
        self.assertCountEqual([run.config()["seed"] for run in runs], range(1, 9))
        self.assertNoUnfinished()

    def test_another_process_that_does_not_end(self):
        with (
            ledger._locked(self.path),
            mock.patch.object(ledger, "_WAIT", 0.05),
            self.assertRaisesRegex(RunError, "is being written by another process"),
        ):
            ledger.add(self.path, [self.made()])
        with contextlib.suppress(FileNotFoundError):
            self.assertEqual(self.path.read_bytes(), b"")

    def test_a_link_stays_one(self):
        link = self.root / "link.csv"
        link.symlink_to(self.written(text_of(COLUMNS)))
        ledger.add(link, [self.made()])
        self.assertTrue(link.is_symlink())
        self.assertLen(rows_of(self.path), 1)


class LedgerRunTest(tf.test.TestCase):
    def test_without_a_curve(self):
        run = LedgerRun("ledger.csv", 7, VALUES)
        self.assertEqual((run.source, run.rows()), ("ledger.csv:7", []))


if __name__ == "__main__":
    tf.test.main()
