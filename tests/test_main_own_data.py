"""The command on people's own data: from a path to a run folder."""

import csv
import os
import pathlib
import shutil
from unittest import mock

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.command import call
from helpers.made_data import make_clothing, make_folder, make_webvision, picture, save
from helpers.quick_runs import one_layer_networks
from PIL import Image

from lnl_sr_tf import config, datasets
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.build import build_model

DIGITS = (
    "--loss=ce_sr", "--noise=sym", "--rate=0.6", "--model=cnn_digits", "--lr=0.05",
    "--flip=false", "--weight_decay=1e-2", "--tau=0.1", "--normalize_logits=false",
    "--lambda0=4", "--rho=2", "--lambda_every=6", "--epochs=2",
)  # fmt: skip


class OwnDataTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        self.enterContext(one_layer_networks())
        # What is served and drawn of such data is looked at in two tests.
        name = self._testMethodName
        if name not in ("test_labels_that_nobody_vouches_for", "test_open_set"):
            self.enterContext(bare_results())

    def run_(self, dataset, *arguments, name="runs"):
        """The only run of a command, and what was said."""
        out_dir = self.root / name
        status, out, err = call(
            f"--dataset={dataset}", f"--output_dir={out_dir}", *arguments
        )
        self.assertEqual((status, err), (0, ""), out)
        (path,) = out_dir.iterdir()
        return RunFolder(path), out

    def digits_as_files(self):
        """Digits as a folder of PNG, as an .npz and as a .csv of these files."""
        data, rows = datasets.load("digits"), [("file", "label", "split")]
        arrays = {}
        for split, images, labels in (
            ("train", data.train_images, data.clean_labels),
            ("test", data.test_images, data.test_labels),
        ):
            arrays |= {f"x_{split}": images, f"y_{split}": labels}
            for i, (image, label) in enumerate(zip(images, labels, strict=True)):
                path = self.root / "png" / split / str(label) / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image[..., 0]).save(path)
                rows.append((path.relative_to(self.root), label, split))
        np.savez(self.root / "digits.npz", **arrays)
        with open(self.root / "digits.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)
        return [self.root / name for name in ("png", "digits.npz", "digits.csv")]

    def test_the_same_data_in_every_form_trains_the_same(self):
        expected, _ = self.run_("digits", *DIGITS)
        for path in self.digits_as_files():
            run, out = self.run_(path, *DIGITS, name=f"runs of {path.name}")
            for row, wanted in zip(run.rows(), expected.rows(), strict=True):
                for column in ("loss", "accuracy", "test_accuracy", "sparse_rate"):
                    self.assertEqual(row[column], wanted[column], (path, column))
            with np.load(run.labels) as a, np.load(expected.labels) as b:
                self.assertAllEqual(a["given"], b["given"])
            self.assertIn("the labels that the test set came with", out)

    def test_labels_that_nobody_vouches_for(self):
        make_folder(self.root / "pets", count=20)
        run, out = self.run_(
            self.root / "pets", "--loss=ce", "--epochs=2", "--image_size=16x12"
        )
        summary, rows = run.summary(), run.rows()
        for name in ("test_accuracy", "best_test_accuracy", "noise_rate"):
            self.assertIsNone(summary[name], name)
        self.assertNotIn("class_accuracy", summary)
        self.assertEqual(summary["test_labels"], "held out")
        given = summary["given_test_accuracy"]
        self.assertEqual(given, rows[-1]["given_test_accuracy"])
        self.assertEqual([row["test_accuracy"] for row in rows], [None, None])
        self.assertBetween(summary["given_label_agreement"], 0, 1)
        self.assertEqual(list(summary["given_class_accuracy"]), ["cat", "dog"])
        self.assertRegex(
            out, r"8 of 40 images are held out, 20% .* as noisy as the rest"
        )
        self.assertRegex(out, "epoch 2/2 .* accuracy by given labels")
        self.assertRegex(out, r"pets +as given +ce +%.2f %%" % (100 * given))
        self.assertNotIn("clean test set", out)
        settings = run.config()
        self.assertEqual(settings["noise"], "none")
        self.assertEqual(settings["model_used"], "cnn_cifar")
        self.assertEqual(settings["image_shape"], [16, 12, 3])
        self.assertEqual(settings["class_names"], ["cat", "dog"])
        with np.load(run.labels) as labels:
            self.assertEqual(set(labels), {"index", "given", "path"})
            self.assertTrue(all(pathlib.Path(p).is_file() for p in labels["path"]))
        serve = tf.saved_model.load(str(run.saved_model)).signatures["files"]
        names = serve(encoded=tf.stack([tf.io.read_file(labels_path(run))]))["name"]
        self.assertIn(names.numpy()[0], (b"cat", b"dog"))

    def test_resumes_and_notices_changes(self):
        make_folder(self.root / "pets", count=20)
        arguments = ("--loss=ce", "--epochs=1", "--image_size=8", "--model=cnn_digits")
        run, _ = self.run_(self.root / "pets", *arguments)
        run.write_summary(run.summary() | {"finished": False})
        _, out = self.run_(self.root / "pets", *arguments)
        self.assertIn("going on after epoch 1", out)
        run.write_summary(run.summary() | {"finished": False})
        before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
        picture(1234).save(self.root / "pets" / "cat" / "0.png")
        pets = (f"--dataset={self.root / 'pets'}", f"--output_dir={self.root / 'runs'}")
        status, out, err = call(*pets, *arguments)
        self.assertEqual((status, err), (0, ""))
        self.assertRegex(out, f"{run.path} is of other data than .* stays as it is; ")
        self.assertIn("epoch 1/1", out)
        self.assertEqual(
            before, {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
        )
        status, out, err = call(*pets, *arguments)
        self.assertRegex(out, f"{run.path}-[0-9a-f]{{8}}: already finished")

    def test_photographs(self):
        """A stream of files, augmented."""
        make_folder(self.root / "train", count=10, height=50, width=60)
        make_folder(self.root / "test", count=2, start=50, ending=".jpg")
        make_folder(self.root / "val", count=2, start=80)
        data = self.root / "data"
        data.mkdir()
        for name in ("train", "test", "val"):
            (self.root / name).rename(data / name)
        run, out = self.run_(
            data, "--model=cnn_digits", "--image_size=32", "--resize=crop",
            "--random_resized_crop=0.3", "--rotation=5", "--color_jitter=hue=0.1",
            "--loss=elr", "--epochs=1", "--batch_size=8", "--noise=sym", "--rate=0.2",
        )  # fmt: skip
        self.assertIn("read from their files as they are needed", out)
        summary = run.summary()
        self.assertAllClose(summary["noise_rate"], 0.2)
        self.assertEqual(list(summary["more_test_accuracy"]), ["validation"])

    @parameterized.parameters(True, False)
    def test_image_that_is_lost_on_the_way(self, gone):
        path = make_folder(self.root / "pets") / "cat" / "4.png"

        def build(*args):
            # It may be built more than once, to try what it is faster by.
            if gone:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(path.read_bytes()[:60])
            return build_model(*args)

        with mock.patch("lnl_sr_tf.experiment.run_model.build_model", build):
            status, _, err = call(
                f"--dataset={self.root / 'pets'}", f"--output_dir={self.root / 'runs'}",
                "--loss=ce", "--epochs=1", "--random_resized_crop=0.5",
                "--model=cnn_digits",
            )  # fmt: skip
        self.assertEqual(status, 1)
        why = "cannot be read" if gone else "truncated"
        self.assertRegex(err, f"an image changed while .*cat/4.png: .*{why}")
        self.assertEqual(err.count("\n"), 1)

    def test_rows_that_are_lost_on_the_way(self):
        path = self.root / "rows.npy"
        np.save(path, np.random.default_rng(0).normal(size=(400, 64)))
        path.with_suffix(".csv").write_text("label\n" + "a\nb\n" * 200)

        def build(*args):
            os.truncate(path, 5000)
            return build_model(*args)

        with mock.patch("lnl_sr_tf.experiment.run_model.build_model", build):
            status, _, err = call(
                f"--dataset={path}", f"--output_dir={self.root / 'runs'}",
                "--loss=ce", "--epochs=1",
            )  # fmt: skip
        self.assertEqual(status, 1)
        self.assertRegex(err, "a file changed while .*rows.npy: it has 5,000 bytes")
        self.assertEqual(err.count("\n"), 1)

    def test_webvision_and_imagenet(self):
        make_webvision(self.root / "data")
        for label in range(50):
            save(self.root / "imagenet" / f"n{label:08d}" / "a.JPEG", 5000 + label)
        run, out = self.run_(
            "webvision_mini", f"--data_dir={self.root / 'data'}", "--loss=ce_sr",
            f"--imagenet_dir={self.root / 'imagenet'}", "--epochs=1",
            "--image_size=16", "--model=cnn_digits", "--batch_size=32",
        )  # fmt: skip
        self.assertIn("100 to train, 50 to test, read from their files", out)
        self.assertIn("Accuracy on the clean test set:", out)
        summary = run.summary()
        self.assertEqual(list(summary["more_test_accuracy"]), ["imagenet"])
        self.assertIsNotNone(summary["test_accuracy"])
        self.assertIsNone(summary["noise_rate"])
        settings = run.config()
        self.assertEqual(settings["resize"], "crop")
        self.assertEqual(settings["color_jitter"]["hue"], 0.2)

    def test_clothing(self):
        make_clothing(self.root / "data")
        run, out = self.run_(
            "clothing1m", f"--data_dir={self.root / 'data'}", "--loss=gce",
            "--epochs=1", "--image_size=16", "--model=cnn_digits",
        )  # fmt: skip
        self.assertIn("clothing1m (28 to train, 14 to test", out)
        self.assertEqual(list(run.summary()["more_test_accuracy"]), ["validation"])

    def test_open_set(self):
        foreign = self.root / "foreign"
        make_folder(foreign, classes=("x", "y"), count=10, height=9, width=7)
        run, out = self.run_(
            "digits", "--loss=ce", "--epochs=1", f"--open_set={foreign}",
            "--open_set_rate=0.1", "--rate=0.3",
        )  # fmt: skip
        with np.load(run.labels) as labels:
            foreign = labels["clean"] == -1
            self.assertAllEqual(foreign, labels["foreign"])
            self.assertAllClose(foreign.mean(), 0.1, atol=2e-3)
            wrong = np.mean(labels["given"] != labels["clean"])
        self.assertAllClose(run.summary()["noise_rate"], wrong)
        self.assertAllClose(wrong, 0.4, atol=3e-3)
        self.assertIn("noise sym 0.3, open set foreign 0.1", out)
        self.assertTrue((run.figures / "samples.png").is_file())

    @parameterized.parameters("cifar10_n", "cifar100_n")
    def test_labels_by_people(self, dataset):
        with tfds.testing.mock_data(num_examples=24):
            run, out = self.run_(
                dataset, f"--data_dir={self.get_temp_dir()}", "--loss=fl_sr",
                "--epochs=1", "--model=cnn_mnist",
            )  # fmt: skip
        noise = {"cifar10_n": "worse", "cifar100_n": "noisy_fine"}[dataset]
        self.assertEqual(run.config()["noise"], noise)
        self.assertIn(f"noise {noise}, ", out)
        self.assertGreater(run.summary()["noise_rate"], 0.5)  # mock labels are random
        # The rest of the recipe is that of the dataset with clean labels.
        plain = config.resolve({"dataset": dataset.removesuffix("_n"), "loss": "fl_sr"})
        self.assertEqual(run.config()["lambda0"], plain.lambda0)
        self.assertEqual(run.config()["loss_args"], plain.loss_args)

    def test_weights_to_start_from(self):
        first, _ = self.run_("digits", "--loss=ce", "--epochs=3", "--noise=none")
        again, _ = self.run_(
            "digits", "--loss=ce_sr", "--epochs=1", f"--weights={first.model}",
            "--noise=none", "--lr=1e-6", name="again",
        )  # fmt: skip
        self.assertAllClose(
            again.rows()[0]["test_accuracy"],
            first.summary()["test_accuracy"],
            atol=0.01,
        )

    def test_with_and_without_added_noise(self):
        """What is measured differs, so that each has a table of its own."""
        make_folder(self.root / "pets", count=10)
        status, out, err = call(
            f"--dataset={self.root / 'pets'}", "--loss=ce", "--epochs=1",
            "--noise=none,sym", "--rate=0.2", "--image_size=8", "--model=cnn_digits",
            f"--output_dir={self.root / 'runs'}",
        )  # fmt: skip
        self.assertEqual((status, err), (0, ""))
        tables = out.rpartition("Run 2 of 2")[2]
        self.assertRegex(
            tables.replace("\n", " "),
            "by the labels that the test set came with.*sym 0.2 .*cannot be measured"
            ".*as given",
        )

    @parameterized.parameters(
        (("--dataset=nowhere/at/all",), "unknown dataset 'nowhere/at/all'"),
        (("--image_size=0",), "--image_size=0: expected HEIGHTxWIDTH or one number"),
        (("--image_size=3x4x5",), "--image_size=3x4x5: expected HEIGHTxWIDTH"),
        (("--noise=worse",), "--noise=worse is of --dataset=cifar10_n; received"),
        (("--dataset=cifar10_n", "--noise=worse", "--rate=0.2"), "contradicts --rate"),
        (("--dataset=webvision_mini",), "pass data_dir=FOLDER, the folder"),
        (("--skip_bad_files",), "belongs to folders, .csv files, webvision_mini"),
        (("--test_share=0.3",), "it belongs to a folder, an .npz or a .csv"),
        (("--open_set_rate=0.3",), "it belongs to a given --open_set"),
        (("--open_set=cifar11",), "unknown dataset 'cifar11'.*did you mean cifar10?"),
        (("--color_jitter=hue=0.7",), "hue=0.7; expected brightness, contrast or"),
        (("--color_jitter=glow=0.1",), "glow=0.1; expected brightness, contrast or"),
        (("--random_resized_crop=2",), "expected a number in .0, 1."),
        (("--model=keras:Resnet50",), "did you mean keras:ResNet50?"),
        (("--weights=gone.keras",), "--weights=gone.keras: there is no such file"),
        (
            ("--weights=imagenet", "--model=cnn_cifar"),
            "--weights=imagenet is for networks of Keras: expected --model=keras:NAME "
            "with it, or the file of a cnn_cifar",
        ),
    )
    def test_wrong(self, arguments, message):
        status, _, err = call("--loss=ce", f"--output_dir={self.root}", *arguments)
        self.assertEqual(status, 2)
        self.assertRegex(err, f"^lnl-sr: .*{message}")
        self.assertEqual(err.count("\n"), 1)
        self.assertEmpty(list(self.root.iterdir()))


def labels_path(run):
    """The file of the first training image of a run."""
    with np.load(run.labels) as labels:
        return str(labels["path"][0])


if __name__ == "__main__":
    tf.test.main()
