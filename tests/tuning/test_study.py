"""The study: recipes first, shared by processes, and the same though one is killed."""

import functools
import json
import math
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
from unittest import mock

import pytest
from absl.testing import absltest, parameterized

pytest.importorskip("optuna", reason="Optuna is the extra tune")

from lnl_sr_tf.errors import RunError
from lnl_sr_tf.tuning import study
from lnl_sr_tf.tuning.space import Space

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOSSES = ("ce", "ce_sr", "gce_sr")
SETTINGS = {
    "dataset": "digits", "loss": LOSSES, "seed": 7, "lambda_schedule": "geometric"
}  # fmt: skip
# Its arguments: the folder and how many trials. A trial lasts until a line is written
# to the process, or until no more can come.
PROCESS = f"""
import os, pathlib, sys
from lnl_sr_tf.tuning import study
from lnl_sr_tf.tuning.space import Space
space = Space({SETTINGS!r})
print("ready", flush=True)
sys.stdin.readline()
kept = study.Study(pathlib.Path(sys.argv[1]), space)
while True:
    with kept.claim(int(sys.argv[2])) as claim:
        if claim is None:
            break
        print(claim.number, flush=True)
        sys.stdin.readline()
        kept.complete(claim, 0.5 + claim.number / 100, {{"process": os.getpid()}})
"""


def start(folder, wanted):
    """A process that is ready, and begins when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(folder), str(wanted)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process):
    process.stdin.write("\n")
    process.stdin.flush()


def value_of(method):
    """A criterion with one best method, as a search wants to find it."""
    if method["p"] is None:
        return 0.4
    return 0.9 - abs(method["tau"] - 0.2) - abs(method["p"] - 0.05)


def train(kept, wanted, cut_off_in=None):
    """Complete trials; in one of them end, as a process does that is killed."""
    while True:
        with kept.claim(wanted) as claim:
            if claim is None:
                return kept.tried()
            if claim.number == cut_off_in:
                return None
            method = kept.space.method_of(claim.parameters)
            kept.complete(claim, value_of(method), {})


@functools.cache
def whole():
    """The trials of a search that nothing cut off."""
    with tempfile.TemporaryDirectory() as folder:
        return train(study.Study(pathlib.Path(folder), Space(SETTINGS)), 24)


class StudyTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        self.space = Space(SETTINGS)

    def open(self, folder=None):
        return study.Study(folder or self.folder, self.space)

    def test_recipes_come_first(self):
        trials = train(self.open(), 5)
        first = [(one.parameters, one.recipe) for one in trials[:3]]
        self.assertEqual(first, [({"loss": loss}, True) for loss in LOSSES])
        self.assertEqual([one.recipe for one in trials[3:]], [False, False])
        for one in trials[3:]:
            self.assertIn(one.parameters["loss"], ("ce_sr", "gce_sr"))

    def test_fewer_trials_than_recipes(self):
        kept = self.open()
        self.assertLen(train(kept, 2), 2)
        self.assertEqual(train(kept, 4)[2].parameters, {"loss": "gce_sr"})

    def test_nothing_to_search(self):
        self.space = Space(SETTINGS | {"p": 0.1, "tau": 0.1, "lambda0": 1})
        self.assertLen(train(self.open(), 30), 3)

    def test_what_is_drawn_at_random_is_independent(self):
        """Each parameter has numbers of its own, though each trial begins anew."""
        for one in whole()[3:10]:
            places = {
                round(math.log(one.parameters[name] / least, most / least), 6)
                for name, (least, most) in self.space.ranges.items()
            }
            self.assertLen(places, 3)

    def test_it_searches_where_it_is_good(self):
        values = [one.value for one in whole() if not one.recipe]
        self.assertGreater(sum(values[-7:]) / 7, sum(values[:7]) / 7)

    @parameterized.parameters(2, 5, 13)
    def test_cut_off_and_the_same_in_the_end(self, number):
        """In a recipe, in a random trial, and in one of the estimators."""
        train(self.open(), number + 1, cut_off_in=number)
        kept = self.open()
        self.assertEqual(kept.tried()[-1].state, "running")
        with kept.claim(number + 1) as claim:
            self.assertEqual((claim.number, claim.again), (number, True))
        trials = train(kept, number + 1)
        self.assertEqual(trials, whole()[: number + 1])

    def test_killed(self):
        """SIGKILL lets go of the trial, which the next process takes up at once."""
        process = start(self.folder, 5)
        begin(process)
        self.assertEqual(process.stdout.readline(), "1\n")
        kept = self.open()
        with kept.claim(5) as claim:
            self.assertEqual(claim.number, 2, "the first is held by the process")
            process.send_signal(signal.SIGKILL)
            process.communicate()
            with self.open().claim(5) as other:
                self.assertEqual((other.number, other.again), (1, True))
        self.assertEqual([one.state for one in train(kept, 5)], ["complete"] * 5)

    def test_two_processes_share_it(self):
        """No trial is missing, none is trained twice, and both take part."""
        processes = [start(self.folder, 16) for _ in range(2)]
        for process in processes:
            begin(process)
        # Each has a trial before either may go on: which is quicker does not matter.
        said = [process.stdout.readline() for process in processes]
        for process in processes:
            process.stdin.close()
            process.stdin = None
        said = [
            (first + process.communicate()[0]).split()
            for first, process in zip(said, processes, strict=True)
        ]
        self.assertEqual([process.returncode for process in processes], [0, 0])
        self.assertCountEqual(map(int, said[0] + said[1]), range(1, 17))
        trials = self.open().tried()
        self.assertEqual([one.state for one in trials], ["complete"] * 16)
        self.assertLen({one.facts["process"] for one in trials}, 2)
        self.assertCountEqual(
            [one.parameters["loss"] for one in trials if one.recipe], LOSSES
        )
        drawn = {json.dumps(one.parameters) for one in trials[3:]}
        self.assertLen(drawn, 13)

    def test_a_failed_trial_counts_and_is_not_repeated(self):
        kept = self.open()
        with kept.claim(4) as claim:
            kept.fail(claim, "the loss became nan")
        trials = train(kept, 4)
        self.assertEqual([one.state for one in trials], ["failed", *["complete"] * 3])
        self.assertEqual(trials[0].facts["reason"], "the loss became nan")
        self.assertIsNone(trials[0].value)

    def test_first(self):
        self.assertEqual(self.open().first("data", "a"), "a")
        self.assertEqual(self.open().first("data", "b"), "a")

    def test_path_with_letters_that_mean_something_in_a_url(self):
        folder = self.folder / "50 % of?x=1#ü"
        folder.mkdir()
        self.open(folder)
        self.assertTrue((folder / "study.db").is_file())

    @parameterized.parameters(
        (b"no database at all" * 100, "not a database.*move that file away"),
        (b"SQLite format 3\0" + b"\xff" * 4096, "cannot be used.*move that file away"),
    )
    def test_damaged(self, content, message):
        path = self.folder / "study.db"
        path.write_bytes(content)
        with self.assertRaisesRegex(RunError, message):
            self.open()
        self.assertEqual(path.read_bytes(), content)

    def test_locked_by_another_program(self):
        kept = self.open()
        other = sqlite3.connect(self.folder / "study.db")
        self.addCleanup(other.close)
        other.execute("BEGIN EXCLUSIVE")
        with (
            mock.patch.object(study, "_PATIENCE", 0.1),
            self.assertRaisesRegex(RunError, "locked.*end the program that holds"),
        ):
            self.open()
        other.rollback()
        self.assertLen(train(kept, 3), 3)


if __name__ == "__main__":
    absltest.main()
