"""The command from flags to run folder, offline."""

import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import parameterized
from helpers.bare_results import bare_results
from helpers.command import call
from helpers.quick_runs import one_layer_networks
from helpers.shared_runs import copied_run

from lnl_sr_tf import config, datasets
from lnl_sr_tf.runs.folder import RunFolder
from lnl_sr_tf.training.precision import held_back


class RunTest(tf.test.TestCase, parameterized.TestCase):
    def setUp(self):
        super().setUp()
        if self._testMethodName != "test_digits_leaves_what_the_contract_says":
            self.enterContext(bare_results())
            if self._testMethodName[:-1] != "test_precision":
                self.enterContext(one_layer_networks())

    def folder(self):
        return pathlib.Path(self.get_temp_dir()) / self.id().rpartition(".")[2]

    def only_run(self, folder):
        (path,) = folder.iterdir()
        return RunFolder(path)

    def test_digits_leaves_what_the_contract_says(self):
        out_dir = self.folder()
        status, out, err = call(
            "--epochs=3", "--loss=fl_sr", "--seed=4", "--lambda_every=1",
            f"--output_dir={out_dir}",
        )  # fmt: skip
        self.assertEqual((status, err), (0, ""))
        run = self.only_run(out_dir)
        self.assertRegex(out, "epoch 3/3 .*loss .*test accuracy .*sparse rate.*λ.*left")
        self.assertEqual(
            {path.name for path in run.path.iterdir()},
            {
                ".lock", "README.md", "checkpoints", "config.json", "figures",
                "labels.npz", "metrics.csv", "model.keras", "outputs.npz",
                "saved_model", "summary.json", "tensorboard",
            },
        )  # fmt: skip
        settings = run.config()
        self.assertContainsSubset(config.FIELDS, settings)
        self.assertEqual((settings["loss"], settings["lambda0"]), ("fl_sr", 4.0))
        self.assertContainsSubset(
            ("python", "keras", "tensorflow", "lnl_sr_tf"), settings["versions"]
        )
        self.assertContainsSubset(("processor", "accelerators"), settings["machine"])
        header = run.metrics.read_text().splitlines()[0]
        self.assertStartsWith(
            header,
            "epoch,loss,accuracy,test_accuracy,sparse_rate,lambda,learning_rate,seconds",
        )
        rows = run.rows()
        self.assertEqual([row["epoch"] for row in rows], [1, 2, 3])
        self.assertEqual([row["lambda"] for row in rows], [4, 8, 16])
        summary = run.summary()
        self.assertTrue(summary["finished"])
        self.assertEqual(summary["test_accuracy"], rows[-1]["test_accuracy"])
        best = max(row["test_accuracy"] for row in rows)
        self.assertEqual(summary["best_test_accuracy"], best)
        self.assertEqual(rows[summary["best_epoch"] - 1]["test_accuracy"], best)
        self.assertEqual(summary["epochs"], 3)
        with np.load(run.labels, allow_pickle=False) as labels:
            self.assertEqual(set(labels), {"index", "given", "clean"})
            clean = datasets.load("digits").clean_labels
            self.assertAllEqual(labels["clean"], clean)
            wrong = np.mean(labels["given"] != clean)
        self.assertAlmostEqual(summary["noise_rate"], wrong)
        for name in ("curves.png", "samples.png", "per_class.png"):
            self.assertGreater((run.figures / name).stat().st_size, 10_000)
        self.assertNotEmpty(list(run.tensorboard.rglob("events*")))

    def test_both_losses_side_by_side_and_not_twice(self):
        out_dir = self.folder()
        arguments = ("--epochs=1", "--seed=1,2", f"--output_dir={out_dir}")
        status, out, _ = call(*arguments)
        self.assertEqual(status, 0)
        self.assertLen(list(out_dir.iterdir()), 4)
        # Below it, classes may be told that one epoch has not found.
        lines = out.splitlines()
        end = lines.index("Accuracy on the clean test set:") + 5
        table = lines[end - 2 : end]
        self.assertRegex(table[0], r"digits +sym 0.6 +ce +\d+\.\d\d % ± .* 2$")
        self.assertRegex(table[1], r"digits +sym 0.6 +ce_sr +\d+\.\d\d % ± .* 2$")
        before = {p: p.stat().st_mtime_ns for p in out_dir.rglob("*") if p.is_file()}
        status, again, _ = call(*arguments)
        self.assertEqual(status, 0)
        self.assertEqual(again.count("already finished"), 4)
        self.assertEqual(again.splitlines()[-len(lines[end - 2 :]) :], lines[end - 2 :])
        after = {p: p.stat().st_mtime_ns for p in out_dir.rglob("*") if p.is_file()}
        self.assertEqual(after, before)

    def test_resume_off_leaves_the_earlier_run_alone(self):
        out_dir = self.folder()
        arguments = ("--epochs=2", "--loss=ce", f"--output_dir={out_dir}")
        first, _ = copied_run(out_dir, loss="ce", epochs=2)
        before = first.metrics.read_text()
        status, out, _ = call(*arguments, "--noresume")
        self.assertEqual(status, 0)
        self.assertIn(f"{first.path}-2", out)
        self.assertEqual(first.metrics.read_text(), before)
        self.assertTrue(RunFolder(f"{first.path}-2").finished())

    def test_a_folder_of_another_run(self):
        out_dir = self.folder()
        arguments = ("--epochs=2", "--loss=ce", f"--output_dir={out_dir}")
        run, _ = copied_run(out_dir, loss="ce", epochs=2)
        run.write_config(run.config() | {"lr": 7.0})
        run.write_summary(run.summary() | {"finished": False})
        status, _, err = call(*arguments)
        self.assertEqual(status, 1)
        self.assertRegex(err, "holds a run with lr=7.0.*this one has lr=0.05")
        self.assertEqual(err.count("\n"), 1)

    def test_an_output_folder_that_cannot_be(self):
        out_dir = self.folder()
        out_dir.parent.mkdir(exist_ok=True)
        out_dir.write_text("a file")
        status, _, err = call("--epochs=1", "--loss=ce", f"--output_dir={out_dir}")
        self.assertEqual(status, 1)
        self.assertRegex(err, "^lnl-sr: cannot write to .*Not a directory")

    def test_settings_from_a_file(self):
        out_dir = self.folder()
        path = pathlib.Path(self.get_temp_dir()) / "mine.flags"
        path.write_text("--loss=ce\n--epochs=2\n--noise=none\n")
        status, out, _ = call(
            f"--flagfile={path}", "--epochs=1", f"--output_dir={out_dir}"
        )
        self.assertEqual(status, 0)
        self.assertIn("no label noise", out)
        self.assertEqual(self.only_run(out_dir).summary()["epochs"], 1)

    @parameterized.parameters("mnist", "cifar10", "cifar100", "tfds:svhn_cropped")
    def test_tfds_end_to_end(self, dataset):
        out_dir = self.folder() / dataset.replace(":", "_")
        noise = "pairflip" if dataset.startswith("tfds:") else "asym"
        with tfds.testing.mock_data(num_examples=24):
            status, out, err = call(
                f"--dataset={dataset}",
                f"--data_dir={self.get_temp_dir()}",
                "--loss=gce_sr",
                f"--noise={noise}",
                "--rate=0.4",
                "--epochs=1",
                "--batch_size=16",
                f"--output_dir={out_dir}",
            )
        self.assertEqual((status, err), (0, ""), out)
        self.assertTrue(self.only_run(out_dir).summary()["finished"])

    @parameterized.parameters("float32", "mixed_bfloat16", "mixed_float16")
    def test_precision(self, precision):
        out_dir = self.folder() / precision
        status, _, err = call(
            "--epochs=2", "--loss=ce", f"--precision={precision}",
            "--noise=none", f"--output_dir={out_dir}",
        )  # fmt: skip
        if precision == "mixed_bfloat16" and held_back():
            self.assertEqual(status, 2)
            self.assertRegex(err, "holds oneDNN back .*use --precision=float32")
            return
        self.assertEqual((status, err), (0, ""))
        run = self.only_run(out_dir)
        self.assertEqual(run.config()["precision_used"], precision)
        self.assertGreater(run.summary()["best_test_accuracy"], 0.5)

    def test_loss_that_is_no_number(self):
        out_dir = self.folder()
        status, _, err = call(
            "--epochs=2", "--loss=ce", "--lr=1e30", "--clip_norm=0",
            f"--output_dir={out_dir}",
        )  # fmt: skip
        self.assertEqual(status, 1)
        self.assertRegex(err, "the loss became (nan|inf) in epoch 1")
        self.assertEqual(err.count("\n"), 1)

    def test_interrupted(self):
        with mock.patch(
            "lnl_sr_tf.experiment.experiment.fit", side_effect=KeyboardInterrupt
        ):
            status, _, err = call("--loss=ce", f"--output_dir={self.folder()}")
        self.assertEqual(status, 1)
        self.assertIn("the same command goes on", err)


if __name__ == "__main__":
    tf.test.main()
