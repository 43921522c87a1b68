"""What is said of bad data: one line that names it, what is right, and where."""

import pathlib
import shutil
import warnings
import zipfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from helpers.made_data import (
    encoded,
    make_csv,
    make_folder,
    make_npz,
    picture,
    png_that_claims,
)

from lnl_sr_tf import datasets
from lnl_sr_tf.errors import InputError


def folder(change):
    """A way to make a folder and spoil it."""

    def make(root):
        change(make_folder(root / "pets"))
        return root / "pets"

    return make


def file_of(data, name="cat/0.png"):
    """A folder of which one file holds other bytes."""
    return folder(lambda pets: (pets / name).write_bytes(data))


def table(*lines, encoding="utf-8"):
    """A .csv of these lines, beside images 0 to 7."""

    def make(root):
        path = make_csv(root)
        path.write_bytes("\n".join(lines).encode(encoding))
        return path

    return make


def arrays(**changed):
    """An .npz of which some arrays are others."""
    return lambda root: make_npz(root / "x.npz", **changed)


def raw(name, data):
    """A file of these bytes."""

    def make(root):
        root.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        return root / name

    return make


def with_(function):
    """What `function` does to the folder, whatever it returns."""
    return folder(lambda pets: function(pets) and None)


def nan_images():
    images = np.random.default_rng(0).random((20, 8, 8, 3))
    images[3, 2, 1] = np.nan
    return images


def cut_npz(root):
    path = make_npz(root / "x.npz")
    path.write_bytes(path.read_bytes()[:2000])
    return path


def npz_bomb(root):
    """A small .npz whose directory says that it unfolds to far too much."""
    path = make_npz(root / "x.npz")
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    # Its four bytes for the size of the first array.
    data[place + 24 : place + 28] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def claims(root):
    """An .npz with an array whose header says that it is far larger."""
    path = make_npz(root / "x.npz", x_train=np.zeros((20, 8, 8, 3), np.uint8))
    head = "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999, 8, 8, 3), }"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x_train.npy", b"\x93NUMPY\1\0\x50\0" + head.ljust(80).encode())
    return path


def twice(root):
    path = make_npz(root / "x.npz")
    with zipfile.ZipFile(path, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, of the name
        file.writestr("y_train.npy", file.read("y_test.npy"))
    return path


def one_array(root):
    path = raw("x.npz", b"")(root)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    return path


def loop(pets):
    (pets / "cat" / "again").symlink_to(pets / "cat", target_is_directory=True)


def only_one_each(pets):
    for path in (*pets.glob("cat/*"), *pets.glob("dog/*")):
        if path.stem not in ("0", "1"):
            path.unlink()


def split_with_another_class(pets):
    for name in ("train", "test"):
        make_folder(pets / name, classes=("a", "b") if name == "train" else ("a", "c"))
    for name in ("cat", "dog"):
        shutil.rmtree(pets / name)


PNG, JPEG = encoded(picture(0), "PNG"), encoded(picture(0), "JPEG")
TEXTS = np.array(["a", "b"] * 10)
# Name: how to make it, and what is said of it.
TABLE = {
    "no_such_path": (
        lambda root: root / "nowhere",
        "unknown dataset .*nowhere.*no such folder or file",
    ),
    "another_kind_of_file": (
        raw("x.zip", b"PK"),
        r"x.zip.*expected a folder, an .npz, .npy, .csv or .jsonl",
    ),
    "empty_folder": (
        lambda root: root.mkdir(parents=True) or root,
        "expected a folder for each class with its images; there is none",
    ),
    "empty_class": (
        with_(lambda pets: (pets / "eel").mkdir()),
        r"pets/eel: no image in this class; add some",
    ),
    "one_class": (
        with_(lambda pets: shutil.rmtree(pets / "dog")),
        "expected examples of at least 2 classes; found one class, 'cat'",
    ),
    "images_outside_of_classes": (
        with_(lambda pets: picture(1).save(pets / "loose.png")),
        "loose.png: 1 images are in no class's folder; expected",
    ),
    "one_image_of_each_class": (
        folder(only_one_each),
        "no class has two images, so none can be held out for testing",
    ),
    "folder_beside_the_splits": (
        with_(lambda pets: (pets / "train").mkdir()),
        r"pets/cat: beside train/ only validation/ and test/ are expected",
    ),
    "splits_within_the_classes": (
        folder(lambda pets: (pets / "cat").rename(pets / "dog/Test_set")),
        "dog/Test_set looks like a split inside the class 'dog'",
    ),
    "test_split_without_train": (
        with_(lambda pets: (pets / "dog").rename(pets / "test")),
        "pets/test looks like the test split, and there is no train/ beside it",
    ),
    "class_only_in_the_test_split": (
        folder(split_with_another_class),
        r"test/c: class 'c' is not in .*train",
    ),
    "symbolic_link_loop": (
        folder(loop),
        "cat/again: a symbolic link back to .*cat, a loop; remove the link",
    ),
    "truncated_png": (
        file_of(PNG[: len(PNG) // 2]),
        r"1 of 12 images cannot be read \(.*cat/0.png: truncated or damaged.*skip_bad",
    ),
    "truncated_jpeg": (
        file_of(JPEG[:-60]),
        r"cat/0.png: truncated or damaged",
    ),
    "damaged_png": (
        file_of(PNG[:-40] + bytes(20) + PNG[-20:]),
        r"cat/0.png: truncated or damaged",
    ),
    "empty_file": (file_of(b""), "cat/0.png: the file is empty"),
    "text_by_the_name_of_an_image": (
        file_of(b"<html>not found</html>"),
        "cat/0.png: not a JPEG, PNG, BMP or GIF, or its header is damaged",
    ),
    "decompression_bomb": (
        file_of(png_that_claims(30000, 30000)),
        "its header says 30000×30000 pixels; at most 100000000 are decoded",
    ),
    "absurd_size": (
        file_of(png_that_claims(1, 2**31 - 1)),
        "its header says 2147483647×1 pixels; at most 100000000 are decoded",
    ),
    "no_pixels": (
        file_of(png_that_claims(0, 5)),
        "its header says 5×0 pixels; at most 100000000 are decoded",
    ),
    "folder_by_the_name_of_an_image": (
        with_(
            lambda pets: (
                (pets / "cat/0.png").unlink(),
                (pets / "cat/0.png").mkdir(),
            )
        ),
        None,  # a folder like any other; the class has more images
    ),
    "dangling_link": (
        with_(lambda pets: (pets / "cat/x.png").symlink_to(pets / "gone.png")),
        "cat/x.png: the file cannot be read",
    ),
    "csv_semicolons": (
        table("file;label", "images/0.png;a"),
        "labels.csv, line 1: expected commas between the columns; there are semicolons",
    ),
    "csv_tabs": (
        table("images/0.png\ta", "images/1.png\tb"),
        "line 1: expected commas between the columns; there are tabs",
    ),
    "csv_empty": (table(""), "labels.csv is empty; expected lines of file,label"),
    "csv_header_alone": (
        table("file,label"),
        "expected lines of file,label; there is none",
    ),
    "csv_unknown_header": (
        table("img,cls", "images/0.png,a"),
        "line 1: there is no file 'img' .*a header would name its columns file and lab",
    ),
    "csv_too_many_columns": (
        table("images/0.png,a,1", "images/1.png,b,2"),
        "line 1: expected file,label, or a header that names the columns",
    ),
    "csv_no_label": (
        table("file,split", "images/0.png,train"),
        "line 1: expected one column label; the header is file,split",
    ),
    "csv_two_labels": (
        table("file,label,class", "images/0.png,a,b"),
        "line 1: the columns label and class could all be label; expected one of them",
    ),
    "csv_two_splits": (
        table("file,label,split,set", "images/0.png,a,train,test"),
        "line 1: the columns split and set could all be split; expected one of them",
    ),
    "csv_two_files": (
        table("path,Label,File Name", "images/0.png,a,images/1.png"),
        "line 1: the columns path and File Name could all be file; expected one",
    ),
    "csv_two_clean_labels": (
        table("file,label,true_label,clean_label", "images/0.png,a,a,b"),
        "the columns true_label and clean_label could all be clean_label",
    ),
    "csv_the_same_column_twice": (
        table("file,label,label", "images/0.png,a,b"),
        "line 1: the columns label and label could all be label",
    ),
    "csv_split_by_another_name": (
        table("file,label,data set", "images/0.png,a,train", "images/1.png,b,test"),
        r"the column 'data set' looks like the split \(test, train\); call it split",
    ),
    "csv_two_names_of_a_split": (
        table("file,label,split", "images/0.png,a,train", "images/1.png,b,training"),
        "line 3: the splits 'train' and 'training' both mean train; keep one",
    ),
    "csv_short_line": (
        table("file,label", "images/0.png,a", "images/1.png"),
        "line 3: expected 2 columns; received 1 in 'images/1.png'",
    ),
    "csv_empty_label": (
        table("file,label", "images/0.png,a", "images/1.png,"),
        "labels.csv, line 3: the column label is empty",
    ),
    "csv_no_such_file": (
        table("file,label", "images/0.png,a", "images/77.png,b"),
        "labels.csv, line 3: there is no file 'images/77.png' in ",
    ),
    "csv_unknown_split": (
        table("file,label,split", "images/0.png,a,tets"),
        "line 2: split 'tets'; expected train, validation or test; did you mean test?",
    ),
    "csv_nothing_to_train_on": (
        table("file,label,split", "images/0.png,a,test", "images/1.png,b,test"),
        "no line is of the split train; found test",
    ),
    "csv_class_without_training_example": (
        table(
            "file,label,split", "images/0.png,a,train", "images/2.png,a,train",
            "images/1.png,b,test",
        ),
        "class 'b' has no image to train on",
    ),
    "csv_some_clean_labels": (
        table("file,label,clean_label", "images/0.png,a,a", "images/1.png,b,"),
        "line 3: clean_label is empty, and other lines of the split train have one",
    ),
    "csv_one_class": (
        table("file,label", "images/0.png,a", "images/1.png,a"),
        "expected examples of at least 2 classes; found one class, 'a'",
    ),
    "csv_latin1": (
        table("file,label", "images/0.png,café", encoding="latin-1"),
        "labels.csv is not UTF-8 text; save it as UTF-8",
    ),
    "csv_open_quote": (
        table("file,label", 'images/0.png,"a'),
        "labels.csv: unexpected end of data",
    ),
    "csv_truncated_image": (
        lambda root: (
            make_csv(root),
            (root / "images/3.png").write_bytes(PNG[:200]),
        ) and root / "labels.csv",
        r"images/3.png \(labels.csv, line 5\): truncated or damaged",
    ),
    "npz_pickled": (
        arrays(x_train=np.array([{}] * 20, object)),
        "x_train holds pickled objects, which could run any program .* is refused",
    ),
    "npz_pickled_labels": (
        arrays(y_train=np.array([None] * 20, object)),
        "y_train holds pickled objects",
    ),
    "npz_no_zip": (raw("x.npz", b"hello"), r"x.npz cannot be read as an .npz"),
    "npz_cut_off": (cut_npz, r"x.npz cannot be read as an .npz, it may be cut off"),
    "npz_one_array": (one_array, "holds one array; expected an .npz with x and y"),
    "npz_unfolds_beyond_memory": (npz_bomb, "unpacks to .* GiB, more than the memory"),
    "npz_other_names": (
        arrays(x_train=None, inputs=np.zeros(3)),
        "expected the arrays x and y, or x_train and y_train; it holds y_train, x_test",
    ),
    "npz_lengths": (
        arrays(y_train=np.arange(19) % 4),
        "x_train has 20 images and y_train 19 labels; expected as many of both",
    ),
    "npz_nan": (arrays(x_train=nan_images()), "x_train: 3 numbers are NaN or infinite"),
    "npz_floats_out_of_range": (
        arrays(x_train=np.linspace(-1, 1, 20 * 64).reshape(20, 8, 8)),
        "expected uint8, or floats in .0, 1.; received float64 from -1 to 1",
    ),
    "npz_floats_divided_twice": (
        arrays(x_train=np.linspace(0, 1 / 255, 20 * 64).reshape(20, 8, 8)),
        "floats from 0 to 0.00392, almost black; .* divided by 255 twice",
    ),
    "npz_floats_between": (
        arrays(x_train=np.linspace(0, 200.5, 20 * 64).reshape(20, 8, 8)),
        "received float64 from 0 to 200.5",
    ),
    "npz_integers_out_of_range": (
        arrays(x_train=np.full((20, 8, 8), 256)),
        "expected uint8, or floats in .0, 1.; received int64 from 256 to 256",
    ),
    "npz_of_five_dimensions": (
        arrays(x_train=np.zeros((20, 8, 8, 1, 1), np.uint8)),
        r"expected images of shape .n, height, width, channels.; received .20, 8, 8, 1",
    ),
    "npz_channels_first": (
        arrays(x_train=np.zeros((20, 3, 8, 8), np.uint8)),
        r"1 or 3 channels, last; received .* numpy.moveaxis.x_train, 1, -1. turns it",
    ),
    "npz_text_images": (
        arrays(x_train=np.full((20, 8, 8), "a")),
        "x_train: expected numbers; received <U1",
    ),
    "npz_negative_label": (
        arrays(y_train=np.arange(20) % 4 - 1),
        "y_train: expected whole numbers from 0 on; received -1 at place 0 and 4 more",
    ),
    "npz_label_beyond_class_names": (
        arrays(class_names=np.array(["a", "b", "c"])),
        r"y_train: expected whole numbers in \[0, 3\); received 3 at place 3 and 4 ",
    ),
    "npz_huge_label": (
        arrays(y_train=np.arange(20) * 10**9),
        "a label is 19000000000, and there are fewer examples than that",
    ),
    "npz_gap": (
        arrays(y_train=np.arange(20) % 4 * 2, y_test=np.zeros(6, int)),
        "y_train holds no example of class '1'; expected labels without a gap",
    ),
    "npz_test_label_unknown": (
        arrays(y_test=np.full(6, 4)),
        "y_train holds no example of class '4'",
    ),
    "npz_fractional_labels": (
        arrays(y_train=np.linspace(0, 3, 20)),
        "y_train: expected whole numbers; received 0.15[0-9]+ at place 1 and 17 more",
    ),
    "npz_labels_beyond_whole_numbers": (
        arrays(y_train=np.full(20, np.inf)),
        "y_train: expected whole numbers; received inf at place 0 and 19 more such",
    ),
    "npz_claims_more_than_is_there": (
        claims,
        "cannot be read as an .npz, .* its header claims more than is there",
    ),
    "csv_number_that_is_no_digit": (
        table("images/0.png,0²", "images/1.png," + "9" * 5000),
        "no class has two images",
    ),
    "npz_two_sets_of_images": (
        arrays(x=np.zeros((20, 8, 8, 3), np.uint8), y=np.arange(20) % 4),
        "x_train and x could all be the images of train; expected one of them",
    ),
    "npz_upper_and_lower_case": (
        arrays(X_train=np.zeros((20, 8, 8, 3), np.uint8)),
        "x_train and X_train could all be the images of train",
    ),
    "npz_other_names_of_images": (
        arrays(train_images=np.zeros((20, 8, 8, 3), np.uint8)),
        "x_train and train_images could all be the images of train",
    ),
    "npz_two_sets_of_labels": (
        arrays(labels=np.arange(20) % 4),
        "y_train and labels could all be the labels of train",
    ),
    "npz_two_sets_of_clean_labels": (
        arrays(y_clean=np.arange(20) % 4, y_train_clean=np.arange(20) % 4),
        "y_clean and y_train_clean could all be the clean labels of train",
    ),
    "npz_two_lists_of_classes": (
        arrays(class_names=np.array(list("abcd")), Class_Names=np.array(list("dcba"))),
        "class_names and Class_Names could all be class_names",
    ),
    "npz_the_same_array_twice": (twice, "holds 2 arrays of the name y_train"),
    "npz_images_without_labels": (
        arrays(y_test=None),
        "x_test has no labels beside it; expected those of test, too, or x_test rem",
    ),
    "npz_labels_without_images": (
        arrays(y_val=np.arange(4)),
        "y_val has no images beside it; expected those of validation, too",
    ),
    "npz_clean_labels_without_a_set": (
        arrays(y_val_clean=np.arange(4)),
        "y_val_clean has no images beside it",
    ),
    "npz_clean_label_beyond_class_names": (
        arrays(class_names=np.array(list("abcd")), y_clean=np.arange(20) % 5),
        r"y_clean: expected whole numbers in \[0, 4\); received 4 at place 4 and 3 ",
    ),
    "npz_clean_label_of_none": (
        arrays(class_names=np.array(list("abcd")), y_clean=np.arange(20) % 5 - 1),
        r"y_clean: expected whole numbers in \[0, 4\); received -1 at place 0",
    ),
    "npz_clean_test_label_beyond_class_names": (
        arrays(class_names=np.array(list("abcd")), y_test_clean=np.full(6, 9)),
        r"y_test_clean: expected whole numbers in \[0, 4\); received 9 at place 0",
    ),
    "npz_test_label_beyond_class_names": (
        arrays(class_names=np.array(list("abcd")), y_test=np.full(6, 4)),
        r"y_test: expected whole numbers in \[0, 4\); received 4 at place 0",
    ),
    "npz_clean_labels_of_another_length": (
        arrays(y_clean=np.arange(19) % 4),
        "x_train has 20 images and y_clean 19 labels; expected as many of both",
    ),
    "npz_fractional_clean_labels": (
        arrays(y_clean=np.full(20, 0.5)),
        "y_clean: expected whole numbers; received 0.5 at place 0",
    ),
    "npz_one_hot_clean_labels": (
        arrays(y_clean=np.eye(4)[np.arange(20) % 4]),
        r"y_clean: expected labels of shape .n,.; received .20, 4.; for one-hot ones",
    ),
    "npz_empty_text": (
        arrays(y_train=np.array(["a", " "] * 10), y_test=TEXTS[:6]),
        "y_train: the label at place 1 is empty",
    ),
    "npz_class_names_that_differ_in_spaces": (
        arrays(class_names=np.array(["a", "a ", "b", "c"])),
        "class_names: 2 classes have the name 'a'",
    ),
    "npz_one_hot": (
        arrays(y_train=np.eye(4, dtype=int)[np.arange(20) % 4]),
        r"labels of shape .n,.; received .20, 4.; for one-hot ones, argmax",
    ),
    "npz_mixed_labels": (
        arrays(y_train=TEXTS),
        "some labels are numbers and some are texts",
    ),
    "npz_one_class": (
        arrays(y_train=np.zeros(20, int), y_test=np.zeros(6, int)),
        "expected examples of at least 2 classes; found one class, '0'",
    ),
    "npz_other_test_size": (
        arrays(x_test=np.zeros((6, 9, 9, 3), np.uint8)),
        r"x_train are \(8, 8, 3\), those of x_test \(9, 9, 3\); expected the same",
    ),
    "npz_class_names_twice": (
        arrays(class_names=np.array(["a", "a", "b", "c"])),
        "class_names: expected different texts, one a class",
    ),
    "npz_no_images": (
        arrays(x_train=np.zeros((0, 8, 8), np.uint8), y_train=np.zeros(0, int)),
        "expected images of shape .*received .0, 8, 8, 1.",
    ),
}  # fmt: skip


class BadDataTest(tf.test.TestCase, parameterized.TestCase):
    def made(self, make):
        root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(root, ignore_errors=True)
        self.addCleanup(shutil.rmtree, root, ignore_errors=True)
        return str(make(root))

    @parameterized.named_parameters((name, *row) for name, row in TABLE.items())
    def test_is_told_in_one_line(self, make, message):
        path = self.made(make)
        # So that 4 GiB are too much on any machine.
        self.enter_context(
            mock.patch("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**19}.get)
        )
        if message is None:
            datasets.load(path, tell=lambda line: None)
            return
        with self.assertRaisesRegex(InputError, message) as caught:
            datasets.load(path, tell=lambda line: None)
        self.assertNotIn("\n", str(caught.exception))
        self.assertLess(len(str(caught.exception)), 1000)

    def test_resized_images_that_no_memory_holds(self):
        path = self.made(arrays())
        self.enter_context(
            mock.patch("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2**16}.get)
        )
        with self.assertRaisesRegex(
            InputError, "x resized to 4096×4096 take 1.2 GiB, more than the memory of"
        ):
            datasets.load(path, image_size=(4096, 4096), tell=lambda line: None)

    def test_goes_on_without_bad_files(self):
        def spoil(pets):
            (pets / "cat/0.png").write_bytes(PNG[:100])
            (pets / "dog/3.png").write_bytes(png_that_claims(30000, 30000))

        path, told = self.made(folder(spoil)), []
        data = datasets.load(path, skip_bad_files=True, tell=told.append)
        self.assertEqual(len(data.given_labels) + len(data.test_labels), 10)
        self.assertRegex(
            told[0], "left out 2 images .*cat/0.png: trunc.*dog/3.png: its"
        )
        self.assertNoCommonElements(
            {pathlib.Path(p).name for p in data.paths}, {"0.png", "3.png"}
        )

    def test_many_bad_files_are_counted(self):
        def spoil(pets):
            for path in pets.glob("cat/*"):
                path.write_bytes(b"no image")

        path = self.made(folder(spoil))
        with self.assertRaisesRegex(InputError, "6 of 12 images .*; and 3 more"):
            datasets.load(path, tell=lambda line: None)
        with self.assertRaisesRegex(InputError, "class 'cat' has no image to train on"):
            datasets.load(path, skip_bad_files=True, tell=lambda line: None)

    def test_copies_are_told(self):
        def copy(pets):
            shutil.copy(pets / "cat/0.png", pets / "dog/100.png")
            shutil.copy(pets / "cat/2.png", pets / "cat/102.png")

        told = []
        datasets.load(self.made(folder(copy)), tell=told.append)
        self.assertRegex(
            told[0],
            "warning: 2 images are copies of others, first .*(100|102).png; "
            "1 of them have another label",
        )

    def test_copies_between_splits_are_told(self):
        def split(pets):
            make_folder(pets / "train")
            make_folder(pets / "test", start=8)
            for name in ("cat", "dog"):
                shutil.rmtree(pets / name)

        told = []
        datasets.load(self.made(folder(split)), tell=told.append)
        self.assertRegex(told[0], "4 are both in train and in a test set")


if __name__ == "__main__":
    tf.test.main()
