"""`lnl-sr audit` on runs that are really trained."""

import csv
import json
import pathlib
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.command import call

import lnl_sr_tf as lnl
from lnl_sr_tf.auditing import features_of_run
from lnl_sr_tf.auditing.against_clean import against_clean
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.runs.arrays import read_output_sum
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.callbacks.output_record import recorded_epochs


class AuditCommandTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(bare_results(short=False))
        cls.root = pathlib.Path(tf.compat.v1.test.get_temp_dir()) / "audit"
        shutil.rmtree(cls.root, ignore_errors=True)
        status, _, err = call(
            "--dataset=digits", "--loss=ce_sr", "--noise=sym", "--rate=0.4",
            "--precision=float32", "--epochs=30", f"--output_dir={cls.root}",
        )  # fmt: skip
        assert status == 0, err
        (path,) = cls.root.iterdir()
        cls.run_ = RunFolder(path)

    def copy(self, name):
        path = self.root / name / self.run_.path.name
        shutil.copytree(self.run_.path, path)
        return RunFolder(path)

    def test_what_it_tells_and_leaves(self):
        status, out, err = call("audit", str(self.run_.path))
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^Noise rate 0\.\d+ \(0.* to 0.*\); \d+ of 1437 labels")
        self.assertIn("the run itself, mean of 10 epochs", out)
        self.assertRegex(out, r"\nThe predicted classes tell \d+% of what the labels")
        self.assertRegex(out, r"\nOf the \d+ most suspect labels about \d+ are wrong")
        self.assertRegex(out, "Against clean labels: noise rate 0.400, AUROC 0.9")
        written = [pathlib.Path(line) for line in out.splitlines()[-3:]]
        self.assertEqual(
            [path.name for path in written], ["audit.csv", "audit.json", "audit.html"]
        )
        self.assertTrue(all(path.is_file() for path in written))
        with open(written[0], newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertLen(rows, 1437)
        known = json.loads(written[1].read_text("utf-8"))["against_clean"]
        told = json.loads(written[1].read_text("utf-8"))["from_features"]
        self.assertEqual(told["source"], "the network's penultimate layer")
        self.assertLess(told["near_copies"], 10)
        self.assertLess(len(told["perhaps_of_no_class"]), 30)
        self.assertContainsSubset(("copy_of", "outlier_score"), rows[0])
        self.assertGreater(known["auroc"], 0.98)
        self.assertGreater(known["precision"], 0.93)
        self.assertLess(known["calibration_error"], 0.05)
        with np.load(self.run_.labels) as labels:
            wrong = labels["given"] != labels["clean"]
        self.assertAlmostEqual(known["noise_rate"], wrong.mean())

    def test_record_is_the_mean_of_epochs(self):
        epochs, total = read_output_sum(self.run_.outputs)
        self.assertEqual(epochs, recorded_epochs(10, 30))
        self.assertAllClose(total.sum(axis=1), np.full(1437, 10.0), 1e-3)

    def test_without_copies(self):
        out = f"--out={self.root / 'no_copies'}"
        status, _, err = call(
            "audit", str(self.run_.path), "--nocopies", "--nopage", out
        )
        self.assertEqual((status, err), (0, ""))
        whole = json.loads((self.root / "no_copies" / "audit.json").read_text("utf-8"))
        self.assertNotIn("from_features", whole)

    def test_what_is_not_judged(self):
        """Labels that were held out to measure by are in no list."""
        run = self.copy("held_out")
        self.assertEqual(run.summary()["test_labels"], "clean")
        run.write_summary(run.summary() | {"test_labels": "held out"})
        status, out, _ = call("audit", str(run.path), "--nocopies", "--nopage")
        self.assertEqual(status, 0)
        line = "The held-out labels, which measure accuracy, are not judged; --test_sha"
        self.assertIn(line, out)
        flags = ("--nocopies", "--nopage", f"--out={self.root / 'held'}")
        status, out, _ = call("audit", str(self.run_.path), *flags)
        self.assertNotIn("held-out", out)

    def test_without_data_there_is_no_page_and_no_copies(self):
        wrong = RunError("the data has changed")
        with mock.patch.object(features_of_run, "with_features", side_effect=wrong):
            status, out, err = call(
                "audit", str(self.run_.path), "--nopage", f"--out={self.root / 'gone'}"
            )
        self.assertEqual(status, 0)
        self.assertIn("near copies are not looked for: the data has changed", err)
        self.assertIn("audit.json", out)

    def test_without_a_record_and_its_data_elsewhere(self):
        run = self.copy("bare")
        run.outputs.unlink()
        found = lnl.audit(run.path)
        self.assertIn("its last epoch", found.evidence)
        # One network alone tells less than its past does.
        self.assertGreater(against_clean(found)["auroc"], 0.9)

    def test_folds(self):
        # As if it had been a shorter run, which that of each fold is then, too.
        run = self.copy("of_folds")
        run.write_config(run.config() | {"epochs": 12})
        flags = ("--folds=2", "--nopage", f"--out={self.root / 'folds'}")
        status, out, err = call("audit", str(run.path), *flags)
        self.assertEqual(status, 0, err)
        self.assertIn("epoch 12/12", err)
        self.assertIn("2 networks, each for the part it was not trained on", out)
        held = json.loads((self.root / "folds" / "audit.json").read_text("utf-8"))
        self.assertGreater(held["against_clean"]["auroc"], 0.95)
        status, again, err = call("audit", str(run.path), *flags)
        self.assertEqual((status, again), (0, out))
        self.assertNotIn("epoch 12/12", err)
        parts = [p for p in run.path.parent.glob("digits*") if p != run.path]
        self.assertLen(parts, 2)
        with self.assertRaisesRegex(InputError, "trained without part [12]/2"):
            lnl.audit(parts[0])
        held = dict(np.load(parts[0] / "held_out.npz"))
        held["given"] = (held["given"] + 1) % 10
        np.savez(parts[0] / "held_out.npz", **held)
        with self.assertRaisesRegex(RunError, "runs of 2 folds.*data has changed"):
            lnl.audit(run.path, folds=parts)
        with self.assertRaisesRegex(RunError, "runs of 1 folds"):
            lnl.audit(run.path, folds=parts[1:])

    @parameterized.parameters(
        (("audit",), "missing argument; usage: lnl-sr audit RUN"),
        (("audit", "nowhere"), "nowhere: there is no run"),
        (("audit", "RUN", "--folds=1"), "--folds=1: expected 0 or a whole number from"),
        (("audit", "RUN", "--folds=-2"), "--folds=-2: expected a whole number from 0"),
        (("audit", "RUN", "--folds=1000"), "--fold=1/1000: expected PART/PARTS"),
        (("audit", "RUN", "--out=FILE"), "expected a folder; this is a file"),
        (
            ("audit", "RUN", "--folds=2", "--compare=nowhere"),
            "nowhere: there is no run",
        ),
        (
            ("audit", "RUN", "--to=csv,xls"),
            "--to=csv,xls: expected label_studio or csv",
        ),
        (("audit", "RUN", "--number=3"), "--number=3: expected --to beside it"),
        (("audit", "RUN", "--rate=0.3"), "Unknown command line flag 'rate'"),
    )
    def test_wrong(self, arguments, message):
        file = self.root.parent / "a file"
        file.write_text("")
        arguments = [
            text.replace("RUN", str(self.run_.path)).replace("FILE", str(file))
            for text in arguments
        ]
        status, _, err = call(*arguments)
        self.assertEqual(status, 2)
        self.assertRegex(err, f"^lnl-sr: .*{message}")
        self.assertEqual(err.count("\n"), 1)

    def test_for_labelling_tools(self):
        """Out, chosen by a person there, and back."""
        run = self.copy("tools")
        status, out, err = call(
            "audit", str(run.path), "--nopage", "--to=label_studio,csv", "--number=3"
        )
        self.assertEqual((status, err), (0, ""))
        written = [pathlib.Path(line) for line in out.splitlines()[-3:]]
        self.assertEqual(
            [path.name for path in written],
            ["label_studio.json", "label_studio.xml", "review.csv"],
        )
        self.assertTrue(all(path.is_file() for path in written))
        tasks = json.loads(written[0].read_text("utf-8"))
        self.assertLen(tasks, 3)
        self.assertLen(written[2].read_text("utf-8").splitlines(), 4)
        for number, task in enumerate(tasks):
            self.assertStartsWith(task["data"]["image"], "data:image/png;base64,")
            annotation = {"id": number, "was_cancelled": number == 2}
            annotation["result"] = task.pop("predictions")[0]["result"]
            task["annotations"] = [annotation]
        written[0].write_text(json.dumps(tasks), "utf-8")
        status, out, err = call(
            "clean", str(run.path), "--do=relabel", f"--decisions={written[0]}"
        )
        self.assertEqual((status, err), (0, ""))
        self.assertStartsWith(
            out, "label_studio.json: skipped, or nothing was chosen: 1 examples"
        )
        self.assertIn("\n0 of 1437 examples left out, 2 labels changed\n", out)

    def test_unfinished(self):
        run = self.copy("unfinished")
        run.write_summary(run.summary() | {"finished": False})
        status, _, err = call("audit", str(run.path))
        self.assertEqual(status, 2)
        self.assertRegex(err, "finished")

    def test_damaged_record(self):
        run = self.copy("damaged")
        run.outputs.write_bytes(b"PK")
        status, _, err = call("audit", str(run.path))
        self.assertEqual(status, 1)
        self.assertRegex(err, "outputs.npz cannot be read")
        self.assertEqual(err.count("\n"), 1)

    @parameterized.parameters(
        ("outputs", "total", lambda total: total * np.nan, "outputs.npz is damaged"),
        ("outputs", "total", lambda total: total * 0, "outputs.npz is damaged"),
        ("outputs", "total", lambda total: -total, "outputs.npz is damaged"),
        ("outputs", "total", lambda total: total.astype(str), "outputs.npz is damaged"),
        ("outputs", "total", lambda total: total[:, 0], "outputs.npz is damaged"),
        ("outputs", "total", lambda total: total[:9], "of 9 examples and 10 classes"),
        ("outputs", "total", lambda total: total[:, :3], "1437 examples and 3 classes"),
        ("labels", "given", lambda given: given + 9, "labels: .* in .0, 10.; received"),
        ("labels", "given", lambda given: given + 0.5, "labels: .* whole numbers; rec"),
        ("labels", "clean", lambda clean: clean - 2, "clean: .* received -2"),
        ("labels", "index", lambda index: index * 0, "index: .* once; received 0"),
    )
    def test_arrays_that_are_none(self, file, name, change, message):
        run = self.copy("arrays")
        path = getattr(run, file)
        arrays = dict(np.load(path))
        np.savez(path, **arrays | {name: change(arrays[name])})
        with self.assertRaisesRegex(RunError, f"{run.path}.*{message}"):
            lnl.audit(run.path)
        shutil.rmtree(run.path)

    def test_labels_that_are_no_npz(self):
        run = self.copy("npy")
        with open(run.labels, "wb") as file:
            np.save(file, np.arange(3))
        with self.assertRaisesRegex(
            RunError, "labels.npz cannot be read .it is no .npz"
        ):
            lnl.audit(run.path)

    def test_no_evidence(self):
        run = self.copy("nothing")
        arrays = dict(np.load(run.outputs))
        np.savez(run.outputs, **arrays | {"total": arrays["total"] * 0 + np.arange(10)})
        status, out, err = call("audit", str(run.path))
        self.assertEqual((status, err), (0, ""))
        self.assertStartsWith(out, "No evidence: the outputs agree with ")
        # No share of what the labels say, and none of any class.
        self.assertRegex(out, r"^.*\nOutputs: .*\n(Near .*\n)?(Perhaps .*\n)?Against ")
        page = (run.path / "audit.html").read_text("utf-8")
        self.assertIn("no evidence: the outputs say nothing about the labels", page)
        status, _, err = call("clean", str(run.path))
        self.assertEqual(status, 2)
        self.assertRegex(err, "^lnl-sr: the audit has no evidence about any label")
        self.assertEqual(err.count("\n"), 1)
        self.assertFalse((run.path / "cleaned.npz").exists())


if __name__ == "__main__":
    tf.test.main()
