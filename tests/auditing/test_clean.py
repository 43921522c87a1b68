"""Data without its suspect labels, made from digits with labels known to be wrong."""

import csv
import dataclasses
import pathlib
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.command import call
from helpers.made_data import make_folder

from lnl_sr_tf import config, datasets, noise
from lnl_sr_tf.auditing import (
    audit,
    audit_files,
    audit_table,
    cleaned_dataset,
    compare_runs,
    label_changes,
)
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment.finished_run import FinishedRun


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class CleanTest(tf.test.TestCase, parameterized.TestCase):
    """On an audit that knows nearly all, of outputs that were made up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = datasets.load("digits")
        cls.data = data.with_noise(noise.symmetric_matrix(10, 0.3), seed=1)
        outputs = np.full((len(data.clean_labels), 10), 0.01)
        outputs[np.arange(len(outputs)), data.clean_labels] = 0.91
        cls.audit = audit(cls.data.given_labels, outputs, clean=data.clean_labels)
        cls.names = [str(name) for name in data.class_names]
        cls.config = config.resolve({"dataset": "digits", "epochs": 3})

    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        table, _ = audit_files.write(self.audit, self.root)
        self.judged = audit_table.read_audit(table, self.names)
        self.wrong = int(np.sum(self.data.given_labels != self.data.clean_labels))

    def write(self, changes, name="new.npz"):
        return cleaned_dataset.write_clean(
            self.data, self.config, changes, self.root / name
        )

    @parameterized.parameters("drop", "relabel")
    def test_by_probability(self, do):
        changes = label_changes.by_probability(self.judged, 0.5, do)
        (log, flags), gone, changed = self.write(changes)
        self.assertEqual((gone, changed)[do == "relabel"], self.wrong)
        new = datasets.load(str(self.root / "new.npz"))
        self.assertEqual(new.test_labels_are, "clean")
        self.assertAllEqual(new.given_labels, new.clean_labels)
        self.assertAllEqual(new.test_images, self.data.test_images)
        self.assertAllEqual(new.test_labels, self.data.test_labels)
        kept = np.arange(len(self.data.given_labels))
        if do == "drop":
            kept = np.flatnonzero(self.data.given_labels == self.data.clean_labels)
        self.assertAllEqual(new.train_images, self.data.train_images[kept])
        told = rows(log)
        self.assertLen(told, self.wrong)
        for row in told[:20]:
            place = int(row["index"])
            self.assertEqual(row["given"], self.names[self.data.given_labels[place]])
            new_label = self.names[self.data.clean_labels[place]]
            self.assertEqual(row["label"], new_label if do == "relabel" else "")
        self.assertIn("--model=cnn_digits\n--epochs=3\n", flags.read_text())

    def test_by_number(self):
        changes = label_changes.by_number(self.judged, 7, "drop")
        self.assertAllEqual(changes.index, self.audit.index[self.audit.order[:7]])
        with self.assertRaisesRegex(InputError, "--number=2000: expected at most 1437"):
            label_changes.by_number(self.judged, 2000, "drop")

    def decisions(self, *lines):
        path = self.root / "decisions.csv"
        header = "index,file,given,suggested,decision,label"
        path.write_text("\n".join([header, *lines]))
        return path

    def test_by_decisions(self):
        names = [self.names[label] for label in self.data.given_labels[:5]]
        path = self.decisions(
            f"0,,{names[0]},3,wrong,3", f"1,,{names[1]},3,right,{names[1]}",
            f"2,,{names[2]},3,unsure,", f"4,,{names[4]},3,wrong,",
        )  # fmt: skip
        changes = label_changes.by_decisions(self.judged, path, self.names, "relabel")
        self.assertAllEqual(changes.index, [0, 4])
        self.assertAllEqual(changes.label, [3, -1])
        told = []
        changes = label_changes.by_decisions(
            self.judged, path, self.names, "drop", told.append
        )
        self.assertAllEqual(changes.label, [-1, -1])
        self.assertEqual(
            told,
            [
                "decisions.csv: 1 of 2 labels called wrong have a better one, which "
                "--do=relabel takes"
            ],
        )
        _, gone, changed = self.write(changes)
        self.assertEqual((gone, changed), (2, 0))

    @parameterized.parameters(
        ("99999,,0,3,wrong,3", "example 99999 with the label '0' is not of this run"),
        ("x,,0,3,wrong,3", "example x with the label"),
        (
            "0,,GIVEN,3,wrogn,3",
            "decision 'wrogn'; expected one of wrong, right",
        ),
        (
            "0,,GIVEN,3,wrong,33",
            "label '33' is not one of the classes; did you mean '3'",
        ),
        ("0,,GIVEN", "row 1: expected index, file, given, .*; received 0, "),
        ("0,,GIVEN,3,wrong,GIVEN", "is marked wrong and is also the label to use"),
        (
            "0,,GIVEN,3,unsure,\n0,,GIVEN,3,wrong,",
            "row 2: there is more than one of",
        ),
        ("0,,GIVEN,3,,3", "row 1: decision '' beside the label '3'; expected one of"),
        ("0,,GIVEN,3,right,3", "decision 'right' beside the label '3'; a label to"),
        ("0,,GIVEN,3,unsure,3", "decision 'unsure' beside the label '3'; a label to"),
        ("9" * 40 + ",,0,3,wrong,3", "example 9{20} with the label '0' is not of"),
    )
    def test_decisions_of_something_else(self, line, message):
        line = line.replace("GIVEN", self.names[self.data.given_labels[0]])
        with self.assertRaisesRegex(InputError, message):
            label_changes.by_decisions(
                self.judged, self.decisions(line), self.names, "drop"
            )

    @parameterized.parameters(
        ("", "expected the columns index, given, suggested, .*received an empty file"),
        ("a,b\n", "expected the columns index, given.*received a, b"),
        ("index,given,suggested,probability\n", "has other examples or labels"),
        (
            "index,given,suggested,probability\n" + "9" * 30 + ",0,1,0.5\n",
            "of another run, or the file is damaged",
        ),
        *(
            (
                f"index,given,suggested,probability\n0,0,0,{text}\n",
                "of another run, or the file is damaged",
            )
            for text in ("nan", "2", "-0.5", "much")
        ),
        (
            "index,given,suggested,probability\n7,0,0,0.5\n7,0,0,0.1\n",
            "example 7 is in more than one row",
        ),
    )
    def test_audits_of_something_else(self, text, message):
        path = self.root / "audit.csv"
        path.write_text(text)
        with self.assertRaisesRegex(InputError, message):
            audit_table.check_of(
                audit_table.read_audit(path, self.names), self.data, path
            )

    def test_audit_of_other_labels_or_cut_off(self):
        path = self.root / "audit.csv"
        audit_table.check_of(self.judged, self.data, path)
        other = datasets.load("digits")
        with self.assertRaisesRegex(InputError, "audit.csv has other examples or"):
            audit_table.check_of(self.judged, other, path)
        path.write_text("".join(path.read_text().splitlines(True)[:-1]))
        with self.assertRaisesRegex(
            InputError, "or is cut off; lnl-sr audit writes it"
        ):
            audit_table.check_of(
                audit_table.read_audit(path, self.names), self.data, path
            )

    def test_all_files_or_none(self):
        before = sorted(self.root.iterdir())
        with (
            mock.patch.object(
                cleaned_dataset, "_flags", side_effect=RunError("disk full")
            ),
            self.assertRaisesRegex(RunError, "disk full"),
        ):
            self.write(label_changes.by_number(self.judged, 7, "drop"))
        self.assertEqual(sorted(self.root.iterdir()), before)

    def test_a_file_that_came_meanwhile_stays(self):
        """One of another process, between the first look and the writing."""
        changes = label_changes.by_number(self.judged, 7, "drop")

        def to_file(dataset, path):
            path.write_text("theirs")
            raise InputError(f"{path} is there already")

        with (
            mock.patch.object(cleaned_dataset, "to_file", to_file),
            self.assertRaisesRegex(InputError, "there already"),
        ):
            self.write(changes)
        self.assertEqual((self.root / "new.npz").read_text(), "theirs")

    def test_nothing_is_overwritten(self):
        changes = label_changes.by_number(self.judged, 7, "drop")
        self.write(changes)
        before = (self.root / "new.npz").read_bytes()
        with self.assertRaisesRegex(InputError, "new.npz .* already"):
            self.write(changes)
        self.assertEqual((self.root / "new.npz").read_bytes(), before)
        for name, message in (
            ("x.txt", "ends in .npz or"), ("x.csv", "not all of digits have one"),
            (".", "ends in .npz or"), ("/", "ends in .npz or"),
        ):  # fmt: skip
            with self.assertRaisesRegex(InputError, message):
                self.write(changes, name)

    def test_a_class_is_not_emptied(self):
        of_class = self.data.given_labels == 3
        changes = label_changes.Changes(
            self.data.index[of_class], np.full(of_class.sum(), -1),
            np.ones(of_class.sum()), ("x",) * of_class.sum(),
        )  # fmt: skip
        with self.assertRaisesRegex(InputError, "class '3' would lose all its"):
            self.write(changes)
        self.assertFalse((self.root / "new.npz").exists())

    def test_files(self):
        """A folder becomes a .csv that names its files."""
        for name in ("train", "test"):
            make_folder(self.root / "pets" / name, count=6, start=len(name) * 100)
        data = datasets.load(str(self.root / "pets"))
        changes = label_changes.Changes(
            data.index[[0, 7]], np.array([1, -1]), np.ones(2), ("a", "b")
        )
        path = self.root / "new.csv"
        (log, flags), gone, changed = cleaned_dataset.write_clean(
            data, self.config, changes, path
        )
        self.assertEqual((gone, changed), (1, 1))
        height, width, _ = data.image_shape
        self.assertIn(f"--image_size={height}x{width}\n", flags.read_text())
        new = datasets.load(str(path))
        self.assertAllEqual(new.train_images[:], np.delete(data.train_images[:], 7, 0))
        self.assertEqual(new.given_labels[0], 1)
        self.assertAllEqual(new.test_images[:], data.test_images[:])
        self.assertEqual([row["label"] for row in rows(log)], ["dog", ""])
        with_images = self.root / "images.npz"
        _, flags = cleaned_dataset.write_clean(data, self.config, changes, with_images)[
            0
        ]
        self.assertNotIn("image_size", flags.read_text())

    def test_foreign_images(self):
        """Their true class is none, which no file can say."""
        self.data = dataclasses.replace(
            self.data, clean_labels=np.where(np.arange(1437) < 5, -1, 0)
        )
        self.addCleanup(setattr, self, "data", type(self).data)
        self.write(label_changes.by_number(self.judged, 7, "drop"))
        self.assertIsNone(datasets.load(str(self.root / "new.npz")).clean_labels)

    @parameterized.named_parameters(
        ("texts", ["a", "bb", ""], object),
        ("rows", [["1", "x"], ["2", ""], ["3", "y"]], object),
        ("images", np.arange(12).reshape(3, 2, 2, 1).tolist(), np.uint8),
    )
    def test_one_test_set_of_other_features(self, read, kind):
        read, columns = np.array(read, kind), ("n", "letter")
        rows, labels = np.zeros((3, 2), np.float32), np.array([0, 1, 1])
        first = datasets.Dataset(
            "made", rows, labels, None, rows, labels, ("a", "b"), (0.0,) * 2,
            (1.0,) * 2, originals=read, test_originals=read, columns=columns,
        )  # fmt: skip
        back = slice(None, None, -1)
        # In another order, and from a file whose texts have another width.
        same = dataclasses.replace(
            first,
            test_images=rows + 1,
            test_labels=labels[back],
            test_originals=read[back].astype("<U9" if kind is object else kind),
        )
        other = dataclasses.replace(first, test_originals=read[[0, 0, 1]])
        for data, expected in ((same, True), (other, False)):
            runs = [mock.Mock(dataset=one) for one in (first, data)]
            self.assertEqual(compare_runs._same_test_set(runs), expected)

    def test_settings_of_features(self):
        """Nothing that is for images, so that the new run starts."""
        labels = np.arange(40) % 2
        made = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
        data = datasets.from_arrays(made, labels, tell=lambda line: None)
        told = 0.1 + 0.8 * np.eye(2)[data.given_labels]
        found = audit(data.given_labels, told, index=data.index)
        table, _ = audit_files.write(found, self.root)
        judged = audit_table.read_audit(table, data.class_names)
        np.savez(self.root / "rows.npz", x=made, y=labels)
        settings = config.resolve({"dataset": str(self.root / "rows.npz")})
        changes = label_changes.by_number(judged, 4, "drop")
        name = cleaned_dataset.default_name(data)
        self.assertEqual(name, "cleaned.npz")
        (log, flags), gone, _ = cleaned_dataset.write_clean(
            data, settings, changes, self.root / name
        )
        self.assertEqual((gone, len(rows(log))), (4, 4))
        text = flags.read_text()
        self.assertIn("--model=mlp", text)
        self.assertNotRegex(text, "image|flip|crop|rotation|jitter|resize")
        again = datasets.load(str(self.root / name), tell=lambda line: None)
        kept = ~np.isin(data.index, changes.index)
        self.assertAllEqual(again.train_images, data.train_images[kept])

    def test_columns_that_were_left_out_stay_so(self):
        """With rows dropped an index looks like a number, which may tell the label."""
        lines = [
            f"{i},{'xyz'[i % 3]}{i % 2},{(i % 7) / 2},{i // 20}" for i in range(40)
        ]
        source = self.root / "wards.csv"
        source.write_text("id,ward,size,label\n" + "\n".join(lines))
        data = datasets.load(str(source), tell=lambda line: None)
        told = 0.1 + 0.8 * np.eye(2)[data.given_labels]
        found = audit(data.given_labels, told, index=data.index)
        table, _ = audit_files.write(found, self.root)
        judged = audit_table.read_audit(table, data.class_names)
        settings = config.resolve({"dataset": str(source), "columns": "size:category"})
        (_, flags), _, _ = cleaned_dataset.write_clean(
            data,
            settings,
            label_changes.by_number(judged, 4, "drop"),
            self.root / "cleaned.csv",
        )
        self.assertIn("--columns=id:skip,size:category\n", flags.read_text())


class CleanCommandTest(tf.test.TestCase):
    def test_from_a_run_to_another(self):
        self.enterContext(bare_results())
        root = pathlib.Path(self.get_temp_dir()) / "clean_command"
        shutil.rmtree(root, ignore_errors=True)
        flags = ("--dataset=digits", "--noise=sym", "--rate=0.4", "--epochs=4",
                 f"--output_dir={root}")  # fmt: skip
        self.assertEqual(call(*flags, "--loss=ce_sr")[0], 0)
        (first,) = root.iterdir()
        status, _, err = call("clean", str(first))
        self.assertEqual(status, 2)
        self.assertRegex(err, "audit.csv: there is no audit; lnl-sr audit RUN")
        self.assertEqual(call("audit", str(first), "--nopage")[0], 0)
        status, out, err = call("clean", str(first), "--do=relabel")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"^0 of 1437 examples left out, \d+ labels changed\n")
        status, out, err = call(
            f"--flagfile={first / 'cleaned.flags'}", "--loss=ce", f"--output_dir={root}"
        )
        self.assertEqual((status, err), (0, ""))
        (second,) = root.glob("cleaned-*")
        status, out, err = call("audit", str(first), "--nopage", f"--compare={second}")
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, r"before .*noise rate 0.400\)\nafter .*\ngain .* points")
        self.assertIn("no finished run beside the first has its data", out)
        self.assertEqual(call(*flags, "--loss=ce")[0], 0)
        found = compare_runs.compare(first, second)
        (plain,) = root.glob("digits-ce-*")
        accuracy = FinishedRun(plain).summary["test_accuracy"]
        self.assertEqual(found["same_method"]["accuracy"], accuracy)
        self.assertIn(
            f"gain by the data alone  "
            f"{100 * (found['after']['accuracy'] - accuracy):+.2f} points",
            compare_runs.lines(found),
        )
        alike = compare_runs.compare(plain, second)
        self.assertNotIn("same_method", alike)
        self.assertLen(compare_runs.lines(alike), 3)
        self.assertTrue(found["same_test_set"])
        data = FinishedRun(second).dataset
        for change in (
            {"test_labels": data.test_labels[::-1]},
            {"test_images": 255 - data.test_images},
        ):
            other = dataclasses.replace(data, **change)
            with (
                mock.patch.object(
                    FinishedRun, "dataset",
                    property(lambda run, other=other: other if "cleaned" in run.name
                             else data),
                ),
                self.assertRaisesRegex(InputError, "two runs with the same test set"),
            ):  # fmt: skip
                compare_runs.compare(first, second)
        cut = root.parent / "cut"
        cut.mkdir(exist_ok=True)
        lines = (first / "audit.csv").read_text("utf-8").splitlines(True)
        (cut / "audit.csv").write_text("".join(lines[:-1]), "utf-8")
        for option, words in (
            (f"--audit={cut}", "audit.csv has other examples or labels than this"),
            ("--threshold=1.2", r"--threshold=1.2: expected a number in \(0, 1\]"),
            ("--do=keep", "--do=keep: expected one of drop, relabel"),
            ("--decisions=nowhere.csv", "nowhere.csv: there is no such file"),
        ):
            status, _, err = call("clean", str(first), option)
            self.assertEqual(status, 2)
            self.assertRegex(err, words)


if __name__ == "__main__":
    tf.test.main()
