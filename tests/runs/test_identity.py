"""Which folder is a run's, when its data is not what it was or not where it was."""

import contextlib
import json
import os
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import make_clothing, make_csv, make_folder, make_npz, picture

from lnl_sr_tf import config, datasets
from lnl_sr_tf.datasets.fingerprint import fingerprint
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.experiment import run_data
from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.runs import identity
from lnl_sr_tf.sweep import forecast, job


def rewrite_npz(root):
    make_npz(root / "data.npz", x_train=np.ones((20, 8, 8, 3), np.uint8))


def relabel_npz(root):
    make_npz(root / "data.npz", y_train=np.arange(20)[::-1] % 4)


def move_between_classes(root):
    (root / "pets/cat/0.png").rename(root / "pets/dog/0.png")


def swap_of_one_size_and_time(root):
    """As files out of an archive, of a kind that is not compressed."""
    one, other = root / "bitmaps/cat/0.bmp", root / "bitmaps/dog/1.bmp"
    one.rename(root / "held")
    other.rename(one)
    (root / "held").rename(other)


def lose_class(root):
    for path in (root / "pets/emu").iterdir():
        path.unlink()
    (root / "pets/emu").rmdir()


def rename_class(root):
    (root / "pets/cat").rename(root / "pets/cow")


def another_of_that_name(root):
    (root / "pets").rename(root / "old")
    make_folder(root / "pets", ("cat", "dog", "emu"), start=100)


def repaint(root):
    picture(99).save(root / "images/0.png")


def relabel_clothing(root):
    path = root / "clothes/clean_label_kv.txt"
    lines = path.read_text().splitlines()
    lines[-1] = lines[-1].rpartition(" ")[0] + " 3"
    path.write_text("\n".join(lines) + "\n")


CHANGES = (
    ("data.npz", rewrite_npz),
    ("data.npz", relabel_npz),
    ("pets", move_between_classes),
    ("bitmaps", swap_of_one_size_and_time),
    ("pets", lose_class),
    ("pets", rename_class),
    ("pets", another_of_that_name),
    ("labels.csv", repaint),
    ("clothing1m", relabel_clothing),
)


class Places(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.out = self.root / "runs"
        make_npz(self.root / "data.npz")
        make_folder(self.root / "pets", ("cat", "dog", "emu"))
        make_csv(self.root)

    def settled(self, dataset, **more):
        if dataset == "clothing1m":
            if not (self.root / "clothes").exists():
                make_clothing(self.root / "clothes")
            more["data_dir"] = str(self.root / "clothes")
        else:
            if dataset == "bitmaps" and not (self.root / dataset).exists():
                make_folder(self.root / dataset, ending=".bmp")
                for path in (self.root / dataset).rglob("*.bmp"):
                    os.utime(path, (1_000_000_000, 1_000_000_000))
            dataset = str(self.root / dataset)
        base = {"loss": "ce", "epochs": 2, "output_dir": str(self.out)}
        return config.resolve(base | {"dataset": dataset} | more)

    def finished(self, made, **changed):
        """The folder of a run that looks finished, of the data as it is now."""
        folder = identity.folder_of(made)
        now = fingerprint(
            made.dataset,
            made.data_dir or None,
            skip_bad_files=made.skip_bad_files,
            test_share=made.test_share,
        )
        names = now.class_names
        of_open_set = fingerprint(made.open_set or "")
        folder.write_config(
            made.as_dict()
            | made.identity()
            | {
                "data_fingerprint": now.fingerprint,
                "class_names": names and list(names),
                "open_set_fingerprint": of_open_set.fingerprint,
                "places": made.places,
            }
            | changed
        )
        folder.write_summary(
            {"finished": True, "saved_model": False, "test_accuracy": 0.5}
        )
        folder.model.write_bytes(b"")
        return folder


class WhichFolderTest(Places):
    @parameterized.parameters(*CHANGES)
    def test_of_other_data(self, dataset, change):
        made = self.settled(dataset)
        first = self.finished(made)
        self.assertTrue(identity.folder_of(made).finished())
        change(self.root)
        other = identity.folder_of(made)
        self.assertFalse(other.finished())
        self.assertRegex(other.path.name, f"^{first.path.name}-[0-9a-f]{{8}}$")
        self.assertIsNone(job.Job([made], "").finished())
        line, total = forecast.lines([made])
        self.assertStartsWith(line, f"{other.path.name}: to be trained ({first.path}"
                              .replace(str(first.path), first.path.name))  # fmt: skip
        self.assertStartsWith(total, "1 runs: 0 finished, 1 to be trained")
        # Both are found again, each by its data.
        self.finished(made)
        self.assertEqual(identity.folder_of(made).path, other.path)
        self.assertTrue(identity.folder_of(made).finished())

    @parameterized.parameters("data.npz", "pets", "labels.csv")
    def test_moved_elsewhere(self, dataset):
        first = self.finished(self.settled(dataset))
        place = self.root / "elsewhere"
        place.mkdir()
        for name in (dataset, "images"):
            (self.root / name).rename(place / name)
        moved = self.settled(f"elsewhere/{dataset}")
        self.assertNotEqual(moved.run_name, first.path.name)
        self.assertEqual(identity.folder_of(moved).path, first.path)
        self.assertEmpty(identity.differing(first.config(), moved))
        # And no other run of the same data.
        for settings in ({"seed": 2}, {"fold": "1/2"}, {"lr": 0.7}, {"epochs": 3}):
            other = self.settled(f"elsewhere/{dataset}", **settings)
            self.assertNotEqual(identity.folder_of(other).path, first.path)

    def test_open_set_that_has_changed(self):
        make_folder(self.root / "foreign")
        made = self.settled("pets", open_set=str(self.root / "foreign"))
        first = self.finished(made)
        self.assertEqual(identity.folder_of(made).path, first.path)
        picture(77).save(self.root / "foreign/cat/0.png")
        self.assertNotEqual(identity.folder_of(made).path, first.path)

    def test_back_to_the_first_data(self):
        made = self.settled("pets")
        first = self.finished(made)
        move_between_classes(self.root)
        self.finished(made)
        (self.root / "pets/dog/0.png").rename(self.root / "pets/cat/0.png")
        self.assertEqual(identity.folder_of(made).path, first.path)

    def test_runs_of_earlier_versions(self):
        """They are known by their names, as long as nothing says otherwise."""
        made = self.settled("pets")
        old = self.finished(made)
        record = old.config()
        del record["places"], record["open_set_fingerprint"]
        old.write_config(record)
        self.assertEqual(identity.folder_of(made).path, old.path)
        del record["data_fingerprint"], record["class_names"]
        old.write_config(record)
        self.assertEqual(identity.folder_of(made).path, old.path)
        (self.root / "pets").rename(self.root / "x")
        (self.root / "elsewhere").mkdir()
        (self.root / "x").rename(self.root / "elsewhere/pets")
        moved = self.settled("elsewhere/pets")
        self.assertEqual(identity.folder_of(moved).path.name, moved.run_name)

    def test_sets_with_a_name_are_not_looked_at(self):
        made = config.resolve({"dataset": "mnist", "output_dir": str(self.out)})
        folder = identity.folder_of(made)
        self.assertEqual(folder.path, self.out / made.run_name)
        self.assertIsNone(fingerprint("mnist").fingerprint)

    def test_second_test_set_is_no_other_run(self):
        made = self.settled("clothing1m")
        first = self.finished(made, imagenet_dir=str(self.root / "gone"))
        self.assertEqual(identity.folder_of(made).path, first.path)

    def test_several_at_once_look_once(self):
        made, known = self.settled("pets"), {}
        self.finished(made)
        identity.folder_of(made, known)
        self.assertLen(known, 1)
        move_between_classes(self.root)
        self.assertTrue(identity.folder_of(made, known).finished())
        self.assertFalse(identity.folder_of(made).finished())

    def test_damaged(self):
        made = self.settled("pets")
        first = self.finished(made)
        (first.path / "config.json").write_text("{")
        with self.assertRaisesRegex(RunError, "config.json cannot be read"):
            identity.folder_of(made)
        # Of a namesake nothing is known.
        other = self.settled("pets", lr=0.3)
        self.assertFalse(identity.folder_of(other).finished())

    def test_data_that_is_gone(self):
        made = self.settled("data.npz")
        self.finished(made)
        (self.root / "data.npz").unlink()
        with self.assertRaisesRegex(InputError, "data.npz: there is no such file"):
            identity.folder_of(made)
        (self.root / "data.npz").write_bytes(b"PK")
        with self.assertRaisesRegex(InputError, "cannot be read as an .npz"):
            identity.folder_of(made)


class FinishedRunTest(Places):
    def test_from_another_folder(self):
        with contextlib.chdir(self.root):
            made = config.resolve(
                {"dataset": "pets", "loss": "ce", "output_dir": "runs"}
            )
            path = self.finished(made).path.resolve()
        make_folder(self.root / "other/pets", start=500)
        with contextlib.chdir(self.root / "other"):
            run = FinishedRun(path)
            self.assertLen(run.dataset.class_names, 3)
            self.assertEqual(run.settings.dataset, "pets")
            self.assertEqual(run.name, "pets, as given, ce, seed 1")
            # A run on other data beside it, in the same process.
            (self.root / "pets").rename(self.root / "old")
            with self.assertRaisesRegex(RunError, "pets is not as it was when"):
                print(FinishedRun(path).dataset)
        with contextlib.chdir(self.root / "runs"):
            wanted = f"{path}: its dataset is not there; looked for .*pets and .*pets"
            with self.assertRaisesRegex(InputError, wanted):
                print(FinishedRun(path).dataset)
            there = FinishedRun(path, str(self.root / "old"))
            self.assertLen(there.dataset.class_names, 3)

    def test_data_that_has_changed_meanwhile(self):
        """What was read for one run is not taken for another's."""
        made = self.settled("data.npz")
        first = FinishedRun(self.finished(made).path).dataset
        rewrite_npz(self.root)
        second = FinishedRun(self.finished(made).path).dataset
        self.assertNotEqual(first.fingerprint, second.fingerprint)
        self.assertAllEqual(second.train_images, np.ones((20, 8, 8, 3)))


class EstimateTest(Places):
    def test_of_other_data(self):
        data = datasets.load(str(self.root / "data.npz"), tell=lambda line: None)
        path = self.root / "audit.json"
        for before, warned in ((data.fingerprint, 0), ("another", 1), (None, 0)):
            path.write_text(json.dumps({"noise_rate": 0.1, "data_fingerprint": before}))
            made = self.settled(
                "data.npz", method="co_teaching", rate_estimate=str(path)
            )
            lines = []
            run_data.warn_of_estimate(made, data, lines.append)
            self.assertLen(lines, warned)
        run_data.warn_of_estimate(self.settled("data.npz"), data, self.fail)


class FilesTest(Places):
    @parameterized.parameters(
        ("weights", "start.keras"),
        ("weights", "start.h5"),
        ("weights", "start.of_another_kind"),
        ("noise", "matrix.csv"),
        ("noise", "matrix.npy"),
        ("transition_matrix", "matrix.csv"),
        ("transition_matrix", "audit.json"),
    )
    def test_content_counts(self, setting, name):
        path = self.root / name
        path.write_text("1")
        loss = "forward" if setting == "transition_matrix" else "ce"
        names = []
        for content in ("1", "2"):
            path.write_text(content)
            settings = {"dataset": "digits", "loss": loss, setting: str(path)}
            names.append(config.resolve(settings).run_name)
        self.assertNotEqual(*names)


class FingerprintTest(Places):
    @parameterized.parameters("data.npz", "pets", "labels.csv")
    def test_is_that_of_the_dataset(self, name):
        path = str(self.root / name)
        made = datasets.load(path, tell=lambda line: None)
        found = fingerprint(path)
        self.assertEqual(found.fingerprint, made.fingerprint)
        if found.class_names is not None:
            self.assertEqual(found.class_names, made.class_names)

    def test_of_lists(self):
        place = str(make_clothing(self.root / "clothes"))
        made = datasets.load("clothing1m", place, tell=lambda line: None)
        self.assertEqual(fingerprint("clothing1m", place).fingerprint, made.fingerprint)
        with self.assertRaisesRegex(InputError, "pass data_dir=FOLDER, the folder"):
            fingerprint("clothing1m")


if __name__ == "__main__":
    tf.test.main()
