"""`lnl-sr crowd`: what it tells and what it writes."""

import csv
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from absl.testing import absltest, parameterized
from helpers.command import call

import lnl_sr_tf as lnl

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMES = ("Ann", "Bob", "Cem", "Dora")
CLASSES = ("cat", "dog", "fox")


def made(seed=0):
    """Lines of a table of votes: 600 examples, some votes missing."""
    rng = np.random.default_rng(seed)
    true = rng.integers(3, size=(600, 1))
    table = rng.integers(3, size=(600, 4))
    table = np.where(rng.random(table.shape) < (0.9, 0.8, 0.6, 0.3), true, table)
    cells = np.array(CLASSES)[table]
    cells[rng.random(table.shape) < 0.1] = ""
    rows = [f"photo {i}.png,{','.join(row)}" for i, row in enumerate(cells.tolist())]
    return [f"example,{','.join(NAMES)}", *rows]


class CrowdCommandTest(parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.votes = self.folder / "votes.csv"
        self.votes.write_text("\n".join(made()), "utf-8")
        self.out = self.folder / "votes-crowd"

    def rows(self, name):
        with open(self.out / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_files(self):
        status, out, err = call("crowd", str(self.votes))
        self.assertEqual((status, err), (0, ""))
        found = lnl.crowd(lnl.datasets.read_votes(self.votes))
        names = ("crowd.csv", "annotators.csv", "crowd.json", "crowd.html")
        self.assertEndsWith(out, "".join(f"{self.out / name}\n" for name in names))
        self.assertCountEqual([path.name for path in self.out.iterdir()], names)
        rows = self.rows("crowd.csv")
        self.assertLen(rows, 600)
        for name, labels in (
            ("majority", found.majority),
            ("consensus", found.consensus),
        ):
            self.assertEqual([row[name] for row in rows], [CLASSES[i] for i in labels])
        self.assertEqual(rows[7]["example"], "photo 7.png")
        best = found.probabilities.max(axis=1)
        told = [float(row["probability"]) for row in rows]
        np.testing.assert_allclose(told, best, atol=1e-6)
        self.assertEqual(
            [int(row["votes"]) for row in rows], found.votes_of_example.tolist()
        )
        by_rank = sorted(range(600), key=lambda i: int(rows[i]["needs_vote_rank"]))
        self.assertEqual(by_rank, found.order.tolist())
        self.assertEqual(rows[found.order[0]]["needs_vote_rank"], "1")
        annotators = self.rows("annotators.csv")
        self.assertEqual([row["annotator"] for row in annotators], list(NAMES))
        accuracy = [float(row["accuracy"]) for row in annotators]
        np.testing.assert_allclose(accuracy, found.annotators.accuracy, atol=1e-4)
        for row in annotators:
            self.assertLess(float(row["low"]), float(row["accuracy"]))
            self.assertLess(float(row["accuracy"]), float(row["high"]))
        whole = json.loads((self.out / "crowd.json").read_text("utf-8"))
        self.assertEqual(whole["votes_file"], "../votes.csv")
        self.assertEqual(whole["class_names"], list(CLASSES))
        self.assertAlmostEqual(whole["alpha"], found.alpha)
        self.assertEqual(
            whole["consensus_differs_from_majority"], int(found.differ.sum())
        )
        np.testing.assert_allclose(
            whole["annotators"][2]["confusion"], found.annotators.confusion(2)
        )

    def test_what_is_told(self):
        _, out, _ = call("crowd", str(self.votes), "--smoothing=10")
        lines = out.splitlines()
        self.assertRegex(lines[0], "^600 examples, 4 annotators, [0-9]+ votes, 3 class")
        self.assertRegex(lines[1], r"^Agreement: Krippendorff's alpha 0\.[0-9]{3}$")
        self.assertRegex(
            lines[2], r"^Consensus \(Dawid-Skene, [0-9]+ iterations\) and majority dif"
        )
        self.assertEqual(lines[3].split(), ["annotator", "votes", "accuracy"])
        self.assertRegex(
            lines[4], r"^Ann +[0-9]+  0\.[0-9]{3}  \(0\.[0-9]+ to [01]\.[0-9]+\)$"
        )
        self.assertRegex(lines[8], "^Another vote would tell most about: photo ")

    def test_many_annotators(self):
        """The best and the worst are told."""
        header = ",".join(f"u{i}" for i in range(30))
        rows = [",".join(str(row % 2) for _ in range(30)) for row in range(40)]
        rows = [row[:-1] + str(i % 3 % 2) for i, row in enumerate(rows)]
        self.votes.write_text("\n".join([header, *rows]), "utf-8")
        lines = call("crowd", str(self.votes))[1].splitlines()
        (gap,) = (i for i, line in enumerate(lines) if line.startswith("("))
        self.assertEqual(lines[gap], "(10 others are in annotators.csv)")
        told = [line.split()[0] for line in lines if line.startswith("u")]
        self.assertLen(told, 20)
        self.assertEqual(told[-1], "u29")

    def test_one_annotator(self):
        self.votes.write_text("example,Ann\nx,cat\ny,dog\n", "utf-8")
        status, out, _ = call("crowd", str(self.votes))
        self.assertEqual(status, 0)
        self.assertStartsWith(out, "2 examples, 1 annotator, 2 votes, 2 classes\n")
        self.assertIn("Mind: one annotator only, 'Ann': the consensus is what", out)
        self.assertRegex(out, r"(?m)^Ann +2  no evidence$")
        self.assertIn("alpha unknown", out)
        whole = json.loads((self.out / "crowd.json").read_text("utf-8"))
        self.assertIsNone(whole["alpha"])
        self.assertIsNone(whole["annotators"][0]["accuracy"])
        self.assertEqual(self.rows("annotators.csv")[0]["low"], "")

    def test_again_after_more_votes(self):
        """Its own files for the same votes are written anew, also where they moved."""
        self.assertEqual(call("crowd", str(self.votes))[0], 0)
        before = (self.out / "crowd.csv").read_text("utf-8")
        self.votes.write_text("\n".join(made(seed=1)), "utf-8")
        moved = self.folder.with_name(f"{self.folder.name}-moved")
        shutil.copytree(self.folder, moved)
        self.addCleanup(shutil.rmtree, moved)
        status, _, err = call("crowd", str(moved / "votes.csv"))
        self.assertEqual((status, err), (0, ""))
        after = (moved / "votes-crowd" / "crowd.csv").read_text("utf-8")
        self.assertNotEqual(after, before)

    @parameterized.parameters(
        ("crowd.csv", "anything", "crowd.csv there was not written by lnl-sr crowd"),
        ("crowd.html", "anything", "crowd.html there was not written by lnl-sr crowd"),
        ("crowd.json", "[]", "crowd.json there was not written by lnl-sr crowd"),
        ("crowd.json", '{"votes_file": "a.csv"}', "crowd.json there is of the votes a"),
    )
    def test_what_stands_there_stays(self, name, text, message):
        self.out.mkdir()
        (self.out / name).write_text(text, "utf-8")
        status, _, err = call("crowd", str(self.votes))
        self.assertEqual(status, 2)
        self.assertIn(message, err)
        self.assertEqual(err.count("\n"), 1)
        self.assertEqual([path.name for path in self.out.iterdir()], [name])
        self.assertEqual((self.out / name).read_text("utf-8"), text)

    def test_votes_are_not_overwritten(self):
        votes = self.votes.rename(self.folder / "crowd.csv")
        before = votes.read_bytes()
        status, _, err = call("crowd", str(votes), f"--out={self.folder}")
        self.assertEqual(status, 2)
        self.assertIn("crowd.csv itself would be overwritten", err)
        self.assertEqual(votes.read_bytes(), before)

    @parameterized.parameters(
        (("crowd",), "missing argument; usage: lnl-sr crowd VOTES"),
        (("crowd", "nowhere.csv"), "nowhere.csv: there is no such file"),
        (("crowd", "a.csv", "b.csv"), "unexpected argument 'b.csv'"),
        (("crowd", "votes"), "votes: expected a file of votes, .csv or .npz"),
        (("crowd", "a.csv", "--smoothing=0"), "--smoothing=0: expected a number in"),
        (("crowd", "a.csv", "--rate=0.4"), "Unknown command line flag 'rate'"),
        (("crwod", "a.csv"), "unexpected argument 'crwod'.*did you mean crowd?"),
    )
    def test_mistakes(self, arguments, message):
        status, out, err = call(*arguments)
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)

    def test_out_is_a_file(self):
        status, _, err = call("crowd", str(self.votes), f"--out={self.votes}")
        self.assertEqual(status, 2)
        self.assertIn("votes.csv: expected a folder; this is a file", err)

    def test_needs_neither_keras_nor_tensorflow(self):
        code = (
            "import sys; from lnl_sr_tf import cli; "
            f"assert cli.main(['lnl-sr', 'crowd', {str(self.votes)!r}]) == 0; "
            "slow = {'tensorflow', 'keras', 'sklearn', 'matplotlib'}; "
            "assert not slow & {*sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
        self.assertTrue((self.out / "crowd.html").is_file())

    def test_help(self):
        status, out, _ = call("crowd", "--help")
        self.assertEqual(status, 0)
        self.assertIn("usage: python main.py crowd VOTES", out)
        self.assertLess(max(map(len, out.splitlines())), 100)


if __name__ == "__main__":
    absltest.main()
