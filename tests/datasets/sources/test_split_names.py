"""Words for splits in the forms in which data sets come."""

import pathlib

import tensorflow as tf
from absl.testing import parameterized

from lnl_sr_tf.datasets.sources.split_names import split_folders, split_of, taken_for
from lnl_sr_tf.errors import InputError

ROOT = pathlib.Path("pets")
FORMS = {
    "train": (
        "train", "Train", "TRAIN", "training", "training_set", "train-set",
        "trainset", "TrainSet", "Training Set", "train_images", "seg_train",
        "train2017", "trainval", "train_val", "train_1", "images-train",
        "Training_Data",
    ),
    "validation": (
        "val", "valid", "validation", "Valid_Set", "dev", "devset", "val2017",
        "dev.set",
    ),
    "test": (
        "test", "Testing", "test_set", "eval", "evaluation", "seg_test", "test01",
        "held_out", "Held Out", "heldout",
    ),
    None: (
        "cat", "bullet_train", "test_tube", "station", "contest", "developer", "latest",
        "retraining", "value", "withheld", "invalid", "train_test", "set", "images",
        "12", "",
    ),
}  # fmt: skip


class SplitOfTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (text, split) for split, texts in FORMS.items() for text in texts
    )
    def test_forms(self, text, split):
        self.assertEqual(split_of(text), split)


class SplitFoldersTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (("training_set", "test_set"), ("training_set", None, "test_set")),
        (("Testing", "Training"), ("Training", None, "Testing")),
        (("seg_test", "seg_train"), ("seg_train", None, "seg_test")),
        (("dev", "eval", "train"), ("train", "dev", "eval")),
        (("train",), ("train", None, None)),
        # The rest of the name is the same, or every name says a split.
        (("asl_alphabet_test", "asl_alphabet_train"),
         ("asl_alphabet_train", None, "asl_alphabet_test")),
        (("clean_test", "noisy_train"), ("noisy_train", None, "clean_test")),
    )  # fmt: skip
    def test_splits(self, names, expected):
        found = split_folders(ROOT, names)
        for split, name in zip(("train", "validation", "test"), expected, strict=True):
            self.assertEqual(found.get(split), name)
        self.assertEqual(list(found), [n for n in ("train", "validation", "test")
                                       if n in found])  # fmt: skip

    @parameterized.parameters(
        (("cat", "dog"),),
        (("bullet_train", "car", "test_tube"),),
        (("bullet_train", "steam_train"),),
        ((),),
    )
    def test_classes(self, names):
        self.assertIsNone(split_folders(ROOT, names))

    @parameterized.parameters(
        (("Train", "train"), "pets: Train/ and train/ are both the train split; keep"),
        (("test", "test_set", "train"), "test/ and test_set/ are both the test split"),
        (
            ("cat", "test"),
            "pets/test looks like the test split, and there is no train/",
        ),
        (("invalid", "valid"), "if valid is a class, put all classes into pets/train/"),
        (("test_set", "validation_set"), "looks like the test split, and there is no"),
        (
            ("cat", "training_set"),
            "pets/cat: beside training_set/ only validation/ and",
        ),
        (("a_test", "a_train", "b"), "pets/b: beside a_train/ only validation/ and"),
        (
            ("train", "train_test"),
            "pets/train_test: beside train/ only validation/ and",
        ),
        (("cat_test", "cat_train", "dog_test", "dog_train"), "are both the test split"),
    )
    def test_what_looks_like_a_split_and_cannot_be_used(self, names, message):
        with self.assertRaisesRegex(InputError, message) as caught:
            split_folders(ROOT, names)
        self.assertNotIn("\n", str(caught.exception))

    def test_what_names_were_taken_for_is_said_unless_they_are_plain(self):
        self.assertEqual(taken_for({"train": "Train", "test": "test"}), "")
        self.assertEqual(
            taken_for({"train": "seg_train", "validation": "dev"}),
            "taken for splits: seg_train (train), dev (validation)",
        )


if __name__ == "__main__":
    tf.test.main()
