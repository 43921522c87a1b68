"""Training on the labels of several annotators."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf import config, datasets, experiment
from lnl_sr_tf.datasets.fields import TestSet
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.experiment.labels_from_votes import with_votes

ACCURACIES = (0.9, 0.8, 0.7, 0.6, 0.4)
DATA = datasets.load("digits", tell=lambda line: None)


def votes_of(labels, seed=0):
    """A column an annotator: right as often as in ACCURACIES, else any other class."""
    rng = np.random.default_rng(seed)
    return np.stack(
        [
            np.where(
                rng.random(len(labels)) < accuracy,
                labels,
                (labels + rng.integers(1, 10, len(labels))) % 10,
            )
            for accuracy in ACCURACIES
        ],
        axis=1,
    )


def datasets_test_set(data):
    """Five more images to measure by."""
    return TestSet(data.test_images[:5], data.test_labels[:5])


class WithVotesTest(tf.test.TestCase, parameterized.TestCase):
    def write(self, name, content):
        path = pathlib.Path(self.get_temp_dir(), name)
        if isinstance(content, np.ndarray):
            np.savez(path, votes=content)
        else:
            path.write_text(content)
        return str(path)

    def made(self, content, votes="consensus", data=DATA, name="v.npz"):
        path = self.write(name, content)
        settings = {"votes_file": path, "votes": votes, "loss": "ce"}
        return with_votes(data, config.resolve(settings), self.told.append)

    def setUp(self):
        super().setUp()
        self.told = []

    def wrong(self, data):
        return np.mean(data.given_labels != data.clean_labels)

    def test_consensus_is_better_than_the_majority(self):
        table = votes_of(DATA.clean_labels)
        found = {name: self.made(table, name) for name in ("consensus", "majority")}
        self.assertLess(self.wrong(found["consensus"]), self.wrong(found["majority"]))
        self.assertLess(self.wrong(found["majority"]), 0.07)
        self.assertRegex(
            self.told[-1], "7185 votes of 5 annotators for 1437 of 1437 training"
        )

    def test_soft(self):
        found = self.made(votes_of(DATA.clean_labels), "soft")
        self.assertAllClose(found.label_shares.sum(axis=1), np.ones(1437))
        self.assertAllEqual(found.label_shares.argmax(axis=1), found.given_labels)
        kept = found.subset(np.array([5, 2]))
        self.assertAllEqual(kept.targets, found.label_shares[[5, 2]])

    def test_each_vote_is_an_example(self):
        table = votes_of(DATA.clean_labels)
        table[3:] = -1
        table[1, 2] = -1
        found = self.made(table, "each")
        self.assertAllEqual(found.given_labels, table[:3][table[:3] >= 0])
        example = [0] * 5 + [1] * 4 + [2] * 5
        self.assertAllEqual(found.clean_labels, DATA.clean_labels[example])
        self.assertAllEqual(found.index, np.arange(14))
        self.assertAllEqual(found.train_images[4:6], DATA.train_images[[0, 1]])

    def test_examples_without_a_vote_are_left_out(self):
        table = votes_of(DATA.clean_labels)
        table[::2] = -1
        found = self.made(table)
        self.assertAllEqual(found.index, np.arange(1, 1437, 2))

    def files(self):
        kinds = [("dog", "cat")[i % 2] for i in range(7)]
        paths = [f"pets/{kind}/{i // 2}.png" for i, kind in enumerate(kinds)]
        tests = [f"pets/test/{i}.png" for i in range(1, 360)]
        return dataclasses.replace(
            DATA.subset(np.arange(8)),
            given_labels=np.arange(8) % 2,
            clean_labels=None,
            class_names=("dog", "cat", *"cdefghij"),
            paths=(*paths, "pets/cat/both.png"),
            test_paths=("pets/test/both.png", *tests),
        )

    def test_by_files_and_names(self):
        lines = "file,annotator,label\ndog/0.png,ann,cat\ndog/0.png,bob,cat\n"
        lines += "pets/cat/2.png,ann,dog\ntest/5.png,ann,cat\n"
        found = self.made(lines, "majority", self.files(), "v.csv")
        self.assertEqual(found.paths, ("pets/dog/0.png", "pets/cat/2.png"))
        self.assertAllEqual(found.given_labels, [1, 0])

    @parameterized.named_parameters(
        (
            "unknown",
            "dog/9.png",
            "cat",
            "for 'dog/9.png', and in .* no example has",
        ),
        ("several", "0.png", "cat", "votes for '0.png', .* several files end in it"),
        ("class", "dog/0.png", "eel", "votes for 'eel', no class of .*'dog', 'cat'"),
        ("test_alone", "test/1.png", "cat", "no vote for an example that"),
        ("of_test_too", "both.png", "cat", "votes for 'both.png', .* several files"),
        ("a_number", "1", "cat", "votes for '1', .* no example has this number"),
    )
    def test_refuses(self, file, label, message):
        lines = f"file,annotator,label\n{file},ann,{label}\n{file},bob,dog\n"
        with self.assertRaisesRegex(InputError, message):
            self.made(lines, data=self.files(), name="v.csv")

    def test_one_example_by_two_names(self):
        lines = "file,annotator,label\ndog/0.png,ann,cat\npets/dog/0.png,bob,dog\n"
        with self.assertRaisesRegex(InputError, "names one example in several ways"):
            self.made(lines, data=self.files(), name="v.csv")

    def ratings(self):
        names = tuple("12345")
        return dataclasses.replace(
            DATA.subset(np.arange(6)),
            given_labels=np.array([0, 1, 2, 3, 4, 0]),
            clean_labels=None,
            test_labels=DATA.test_labels % 5,
            class_names=names,
        )

    def test_numbers_that_are_names(self):
        table = np.array([[1, 1], [5, 5], [3, 5]])
        found = self.made(table, "majority", self.ratings())
        self.assertAllEqual(found.given_labels[:2], [0, 4])

    def test_numbers_that_are_places(self):
        table = np.array([[0, 0], [4, 4], [3, 3]])
        found = self.made(table, "majority", self.ratings())
        self.assertAllEqual(found.given_labels, [0, 4, 3])

    def test_numbers_that_may_be_either(self):
        table = np.array([[1, 1], [4, 4], [3, 3]])
        with self.assertRaisesRegex(InputError, "names of classes .*or their numbers"):
            self.made(table, data=self.ratings())

    def test_votes_for_all_test_sets(self):
        data = dataclasses.replace(
            DATA, more_tests={"validation": datasets_test_set(DATA)}
        )
        table = votes_of(np.zeros(1437 + 360 + 5, np.int64))
        self.assertLen(self.made(table, data=data).given_labels, 1437)

    @parameterized.parameters(
        ({"votes": "each", "fold": "1/5"}, "--votes=each does not go with --fold=1/5"),
        ({"votes": "each", "validation_share": 0.2}, "not go with --validation_share"),
        ({"noise": "sym"}, "--votes_file does not go with --noise=sym"),
        ({"imbalance": "lt"}, "--votes_file does not go with --imbalance=lt"),
        ({"votes": "soft", "loss": "elr"}, "--votes=soft does not go with --loss=elr"),
    )
    def test_settings_that_contradict(self, more, message):
        with self.assertRaisesRegex(InputError, message):
            config.resolve({"votes_file": "v.csv"} | more)

    def test_without_a_file(self):
        with self.assertRaisesRegex(InputError, "--votes=soft has no effect"):
            config.resolve({"votes": "soft"})
        self.assertIsNone(config.resolve({}).votes)

    def test_a_run_on_shares(self):
        table = votes_of(DATA.clean_labels)
        folder = experiment.run(
            config.resolve(
                {
                    "votes_file": self.write("v.npz", table),
                    "votes": "soft",
                    "loss": "ce_sr",
                    "epochs": 6,
                    "output_dir": self.get_temp_dir(),
                }
            ),
            tell=lambda line: None,
        )
        summary = folder.summary()
        self.assertGreater(summary["test_accuracy"], 0.9)
        self.assertLess(summary["noise_rate"], 0.06)


if __name__ == "__main__":
    tf.test.main()
