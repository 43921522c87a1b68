"""Every command of README.md, BUILD.md and docs/ does what it says, in short form.

What trains runs is asked by `--dry_run`; what reads a run is given a small one.
"""

import configparser
import contextlib
import csv
import json
import pathlib
import re
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers import docs_text
from helpers.command import call
from helpers.shared_runs import copied_run

from lnl_sr_tf import cli, commands
from lnl_sr_tf.commands import grids
from lnl_sr_tf.runs.arrays import read_labels
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.tuning import search

ROOT = docs_text.ROOT
COMMANDS = docs_text.commands()
SCRIPTS = [command for command in COMMANDS if not command.ours]
# `lnl-sr audit` in a sentence is a name, and no command as it stands.
OURS = [
    command
    for command in COMMANDS
    if command.ours and command.words not in [(name,) for name in commands.NAMES]
]
_EXECUTED = (
    "sweep", "table", "figure", "report", "ledger", "tune", "audit", "clean", "crowd",
)  # fmt: skip
_RUN = re.compile(r"runs/[\w.]+-[\w.]+-[\w.]+-seed\d+-[0-9a-f]{8}")


def by_command(cases):
    """Of each command a test that is named by it."""
    return parameterized.named_parameters(
        *((f"_{number}_{command}", command) for number, command in enumerate(cases))
    )


class OurCommandsTest(tf.test.TestCase, parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = pathlib.Path(tf.compat.v1.test.get_temp_dir()) / "docs_commands"
        shutil.rmtree(cls.root, ignore_errors=True)
        run, _ = copied_run(cls.root / "audited", loss="ce", epochs=2)
        cls.audited = run.path
        cls.cleaned = cls.root / "cleaned" / run.path.name
        cls.done("audit", cls.audited)
        shutil.copytree(cls.audited, cls.cleaned)
        cls.done("clean", cls.cleaned)

    @staticmethod
    def done(command, run):
        status, _, err = call(command, str(run))
        assert status == 0, err

    def test_are_found(self):
        """Of each kind: in blocks and sentences, after variables and `srun`."""
        found = {command.words for command in OURS}
        for words in (
            "--dataset=photos/ --loss=ce,ce_sr",  # after `python main.py`
            "audit runs/photos-ce_sr-none-seed1-0a1b2c3d",
            "--seed=1,2,3",  # in a sentence
            "--dataset=cifar10 --distribute=multi_worker",  # srun
            "--dataset=cifar10 --loss=ce_sr --noise=sym --rate=0.6 --seed=1,2,3",
        ):
            self.assertIn(tuple(words.split()), found)

    @by_command(OURS)
    def test_works(self, command):
        words = list(command.words)
        kind = words[0] if words and words[0] in commands.NAMES else commands.NAMES[0]
        place = self.root / self.id().rpartition("test_works_")[2].split("_")[0]
        self.prepare(place, words, self.audited if kind == "clean" else self.cleaned)
        module = commands.load(kind)
        if kind not in _EXECUTED:  # It needs an extra: its own tests run it.
            cli._request("lnl-sr", words[1:], module)
            return
        options = {flag.name for flag in module.OPTIONS}
        if "dry_run" in options and "--help" not in words and not self.reads(words):
            words.append("--dry_run")
        with (
            contextlib.chdir(place),
            mock.patch.object(search, "run") as searched,
            # The reader's data is not here, and not read: nothing is trained.
            mock.patch.object(grids, "check_data"),
        ):
            status, out, err = call(*words)
        self.assertEqual(status, 0, err)
        if kind == "tune":  # tests/tuning trains trials.
            searched.assert_called_once()
        else:
            self.assertNotEmpty(out)

    def reads(self, words):
        """Whether it takes its numbers from a ledger, or a run, and trains nothing."""
        return any(word.startswith("--ledger=") or _RUN.match(word) for word in words)

    def prepare(self, place, words, run):
        """What a command names: data, runs, and what others have said of them."""
        place.mkdir(parents=True)
        text = " ".join(words)
        for name in {*_RUN.findall(text), *(["runs/one"] if "runs/" in words else [])}:
            shutil.copytree(run, place / name)
        if "crowd" in words:
            write_votes(place)
        if "--ledger" in text:
            (place / "results").mkdir()
            shutil.copy(ROOT / "results" / "ledger.csv", place / "results")
        for word in words:
            if word.startswith("--decisions="):
                write_decision(place / word.partition("=")[2], run)


def write_votes(place):
    """Three people, of whom one is often wrong."""
    rng = np.random.default_rng(1)
    given = rng.integers(0, 10, (1437, 1))
    wrong = rng.random((1437, 3)) < (0.1, 0.2, 0.6)
    votes = (given + wrong * rng.integers(1, 10, (1437, 3))) % 10
    np.savez(place / "votes.npz", votes=votes)
    with open(place / "votes.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("example", "annotator", "label"))
        for example, said in enumerate(votes[:50]):
            rows.writerows(
                (example, person, label) for person, label in enumerate(said)
            )


def write_decision(path, run):
    """That the first label is wrong, as the page or Label Studio exports it."""
    labels = read_labels(RunFolder(run))
    index, given = int(labels["index"][0]), int(labels["given"][0])
    one = {"index": index, "given": str(given), "label": str((given + 1) % 10)}
    if path.suffix == ".json":
        more = {"id": 1, "annotator": 1, "annotation_id": 1}
        path.write_text(json.dumps([one | more]), "utf-8")
        return
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, ["index", "given", "decision", "label"])
        rows.writeheader()
        rows.writerow(one | {"decision": "wrong"})


class ScriptsTest(parameterized.TestCase):
    @by_command(SCRIPTS)
    def test_is_there(self, command):
        """The script or the module, its paths, and every flag in its source."""
        script, words = command.program.removeprefix("python "), list(command.words)
        if script == "-m":
            self.assertIn(words[0], ("pytest", "venv", "build", "mkdocs", "lnl_sr_tf"))
            for word in words[1:]:
                self.assertTrue(
                    word.startswith(("-", ".")) or (ROOT / word).exists(), word
                )
            return
        source = (ROOT / script).read_text("utf-8")
        for word in words:
            if word.startswith("--"):
                name = word.partition("=")[0]
                self.assertIn(f'"{name}"', source.replace("'", '"'), command)

    def test_extras(self):
        settings = configparser.ConfigParser()
        settings.read(ROOT / "setup.cfg", "utf-8")
        known = settings["options.extras_require"]
        for path in docs_text.PAGES:
            for names in re.findall(
                r"pip install [^\n`]*\[([\w,]+)\]", path.read_text("utf-8")
            ):
                for name in names.split(","):
                    self.assertIn(name, known, path)


if __name__ == "__main__":
    tf.test.main()
