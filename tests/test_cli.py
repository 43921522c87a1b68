"""The command, in this process: what it says, its exit statuses, what it leaves."""

import io
import json
import os
import pathlib
import subprocess
import sys
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from absl.testing import flagsaver, parameterized

import lnl_sr_tf
from lnl_sr_tf import cli, config, datasets
from lnl_sr_tf.run_folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parent.parent


def call(*arguments):
    """Exit status, standard output, standard error of the command."""
    out, err = io.StringIO(), io.StringIO()
    with (
        flagsaver.flagsaver(),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        status = cli.main(["main.py", *arguments])
    return status, out.getvalue(), err.getvalue()


class HelpTest(tf.test.TestCase):
    def test_lists_every_setting_by_group(self):
        status, out, _ = call("--help")
        self.assertEqual(status, 0)
        for name in config.FIELDS:
            self.assertIn(f"\n  --{name}\n", out)
        for group in ("Data:", "Label noise:", "Method:", "Training:", "Run:"):
            self.assertIn(f"\n{group}\n", out)
        self.assertIn("(default: ce,ce_sr)", " ".join(out.split()))
        self.assertLessEqual(max(map(len, out.splitlines())), 80)

    def test_needs_neither_tensorflow_nor_keras(self):
        code = (
            "import sys; from lnl_sr_tf import cli; cli.main(['main.py', '--help']); "
            "assert not {'tensorflow', 'keras', 'sklearn'} & {*sys.modules}"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)

    def test_version(self):
        self.assertEqual(
            call("--version")[:2], (0, f"lnl-sr-tf {lnl_sr_tf.__version__}\n")
        )


class MistakesTest(tf.test.TestCase, parameterized.TestCase):
    @parameterized.parameters(
        (("--los=ce",), "los.*Did you mean: loss"),
        (("train",), "unexpected argument 'train'"),
        (("--loss=cee",), "--loss=cee: Unknown loss 'cee'. Did you mean 'ce'"),
        (("--loss=ce", "--loss_args=q=1"), "--loss=ce: .* no parameter 'q'"),
        (("--loss=fl", "--loss_args=gamma=-1"), "--loss=fl: `gamma` must be"),
        (("--loss=ce_sr", "--loss_args=weight=9"), "weight cannot be set by loss_args"),
        (("--loss=ce", "--loss_args=from_logits=false"), "from_logits cannot be set"),
        (("--loss=",), "--loss=: expected text"),
        (("--rate=1.2",), r"--rate=1.2: expected a number in \[0, 1\)"),
        (("--rate=0.2,x",), "--rate=x: expected a number"),
        (("--noise=symmetric",), "--noise=symmetric: expected one of none, sym, "),
        (("--noise=sym,asym",), "not defined for dataset 'digits'.*pairflip"),
        (("--seed=1,,2",), "--seed=: expected a whole number"),
        (("--epochs=0",), "--epochs=0: expected a whole number in"),
        (("--model=resnet",), "unknown network 'resnet'"),
        (("--model=resnet50",), "network 'resnet50' takes images of at least 32"),
        (("--dataset=imagenet",), "unknown dataset 'imagenet'"),
        (("--dataset=tfds:mnits",), "dataset 'mnits': .*knows no such"),
        (("--method=other",), "--method=other: expected one of standard"),
        (("--loss=ce", "--lambda0=2"), "--lambda0 has no effect"),
        (("--resume=perhaps",), "resume=perhaps.*boolean"),
        (("--flagfile=nowhere.flags",), "nowhere.flags"),
    )
    def test_one_line_and_status_2(self, arguments, message):
        out_dir = pathlib.Path(self.get_temp_dir()) / "mistakes"
        status, _, err = call(*arguments, f"--output_dir={out_dir}")
        self.assertEqual(status, 2)
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)
        self.assertStartsWith(err, "lnl-sr: ")
        self.assertFalse(out_dir.exists(), "a mistake must leave nothing behind")

    def test_another_backend(self):
        with mock.patch.dict("os.environ", {"KERAS_BACKEND": "jax"}):
            status, _, err = call("--epochs=1")
        self.assertEqual(status, 2)
        self.assertRegex(err, "KERAS_BACKEND=jax: .*TensorFlow")

    def test_terminal_without_greek(self):
        done = subprocess.run(
            [sys.executable, "main.py", "--help"],
            cwd=ROOT,
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_reader_that_goes_away(self):
        done = subprocess.run(
            f"{sys.executable} main.py --help | head -1",
            shell=True,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        self.assertNotIn("Traceback", done.stderr)

    def test_no_network(self):
        """TFDS's own chatter about its tries is kept from the one line."""
        dead = "http://127.0.0.1:9"
        done = subprocess.run(
            [
                sys.executable, "main.py", "--dataset=cifar10", "--loss=ce",
                f"--data_dir={self.get_temp_dir()}/empty",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ, "HTTP_PROXY": dead, "HTTPS_PROXY": dead,
                 "http_proxy": dead, "https_proxy": dead},
        )  # fmt: skip
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertRegex(done.stderr, "dataset 'cifar10': not found in .*data_dir")

    def test_no_traceback_from_the_command_itself(self):
        done = subprocess.run(
            [sys.executable, "main.py", "--rate=2"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("Traceback", done.stderr)


class RunTest(tf.test.TestCase, parameterized.TestCase):
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
                "checkpoints", "config.json", "figures", "labels.npz", "metrics.csv",
                "model.keras", "saved_model", "summary.json", "tensorboard",
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
        for name in ("curves.png", "samples.png"):
            self.assertGreater((run.figures / name).stat().st_size, 10_000)
        self.assertNotEmpty(list(run.tensorboard.rglob("events*")))

    def test_both_losses_side_by_side_and_not_twice(self):
        out_dir = self.folder()
        arguments = ("--epochs=1", "--seed=1,2", f"--output_dir={out_dir}")
        status, out, _ = call(*arguments)
        self.assertEqual(status, 0)
        self.assertLen(list(out_dir.iterdir()), 4)
        table = out.splitlines()[-2:]
        self.assertRegex(table[0], r"digits +sym 0.6 +ce +\d+\.\d\d % ± .* 2$")
        self.assertRegex(table[1], r"digits +sym 0.6 +ce_sr +\d+\.\d\d % ± .* 2$")
        before = {p: p.stat().st_mtime_ns for p in out_dir.rglob("*") if p.is_file()}
        status, again, _ = call(*arguments)
        self.assertEqual(status, 0)
        self.assertEqual(again.count("already finished"), 4)
        self.assertEqual(again.splitlines()[-2:], table)
        after = {p: p.stat().st_mtime_ns for p in out_dir.rglob("*") if p.is_file()}
        self.assertEqual(after, before)

    def test_resume_off_leaves_the_earlier_run_alone(self):
        out_dir = self.folder()
        arguments = ("--epochs=1", "--loss=ce", f"--output_dir={out_dir}")
        call(*arguments)
        first = self.only_run(out_dir)
        before = first.metrics.read_text()
        status, out, _ = call(*arguments, "--noresume")
        self.assertEqual(status, 0)
        self.assertIn(f"{first.path}-2", out)
        self.assertEqual(first.metrics.read_text(), before)
        self.assertTrue(RunFolder(f"{first.path}-2").finished())

    def test_a_folder_of_another_run(self):
        out_dir = self.folder()
        arguments = ("--epochs=1", "--loss=ce", f"--output_dir={out_dir}")
        call(*arguments)
        run = self.only_run(out_dir)
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
        self.assertRegex(err, "^lnl-sr: cannot write .*config.json")

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

    def test_temperature_decays(self):
        out_dir = self.folder()
        call(
            "--epochs=3", "--loss=ce_sr", "--tau=0.4", "--tau_decay=0.5",
            "--tau_min=0.15", f"--output_dir={out_dir}",
        )  # fmt: skip
        rows = self.only_run(out_dir).rows()
        self.assertAllClose([row["temperature"] for row in rows], [0.4, 0.2, 0.15])

    @parameterized.parameters("float32", "mixed_bfloat16", "mixed_float16")
    def test_precision(self, precision):
        out_dir = self.folder() / precision
        status, _, err = call(
            "--epochs=2", "--loss=ce", f"--precision={precision}",
            "--noise=none", f"--output_dir={out_dir}",
        )  # fmt: skip
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
        with mock.patch("lnl_sr_tf.experiment.fit", side_effect=KeyboardInterrupt):
            status, _, err = call("--loss=ce", f"--output_dir={self.folder()}")
        self.assertEqual(status, 1)
        self.assertIn("the same command goes on", err)


class ExportTest(tf.test.TestCase):
    """One run, and what others can do with what it leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out_dir = pathlib.Path(cls().get_temp_dir()) / "export"
        status, _, _ = call(
            "--epochs=3", "--loss=ce_sr", "--lambda_every=1", "--noise=none",
            f"--output_dir={out_dir}",
        )  # fmt: skip
        assert status == 0
        (path,) = out_dir.iterdir()
        cls.run_ = RunFolder(path)
        cls.data = datasets.load("digits")

    def test_keras_model_comes_back_with_its_loss(self):
        model = keras.models.load_model(self.run_.model)
        self.assertEqual(float(model.loss.weight), self.run_.rows()[-1]["lambda"])
        results = model.evaluate(
            self.data.test_images, self.data.test_labels, verbose=0, return_dict=True
        )
        self.assertAllClose(
            results["accuracy"], self.run_.summary()["test_accuracy"], atol=1e-6
        )

    def test_saved_model_in_a_process_without_this_package(self):
        images = pathlib.Path(self.get_temp_dir()) / "images.npy"
        np.save(images, self.data.test_images)
        code = f"""
import sys, json
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load({str(self.run_.saved_model)!r})
serve = loaded.signatures["serving_default"]
out = serve(images=tf.constant(np.load({str(images)!r})))
assert not any("lnl_sr" in name for name in sys.modules)
print(json.dumps({{k: v.numpy().tolist() for k, v in out.items()}}))
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, check=True, cwd=self.get_temp_dir(),
        )  # fmt: skip
        served = json.loads(done.stdout)
        model = keras.models.load_model(self.run_.model)
        logits = model.predict(self.data.test_images, verbose=0, batch_size=360)
        self.assertAllEqual(served["label"], logits.argmax(axis=-1))
        self.assertAllClose(
            served["probabilities"], tf.nn.softmax(logits), rtol=1e-4, atol=1e-5
        )


if __name__ == "__main__":
    tf.test.main()
