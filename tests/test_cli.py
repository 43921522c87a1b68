"""What the command says: its help, and one line for each mistake."""

import os
import pathlib
import subprocess
import sys
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers.command import call

import lnl_sr_tf
from lnl_sr_tf import config

ROOT = pathlib.Path(__file__).resolve().parent.parent


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
            "assert not {'tensorflow', 'keras', 'numpy', 'sklearn'} & {*sys.modules}; "
            # Nor does the refusal of a folder that is not there.
            "assert cli.main(['main.py', '--dataset=nowhere/']) == 2; "
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
        (("--dataset=tfds:mnits",), "dataset 'mnits': .*has no such dataset"),
        (("--method=other",), "--method=other: expected one of standard"),
        (
            ("--loss=ce", "--lambda0=2"),
            "--lambda0=2 has no effect with --loss=ce; it belongs to losses that",
        ),
        (("--method=nlnl",), "--method=nlnl trains --loss=nlnl; received --loss=ce"),
        (("--method=co_teaching", "--noise=none"), "needs --forget_rate"),
        (("--loss=ce", "--stages=negative=1"), "--stages=negative=1 has no effect"),
        (("--loss=ls_sr",), "--loss=ls_sr: smoothed labels keep the output away"),
        (("--loss=ce", "--mixup=-1"), r"--mixup=-1: expected a number in \[0, 1000\]"),
        (("--loss=ce", "--transition_matrix=known"), "it belongs to --loss=forward"),
        (
            ("--loss=forward", "--transition_matrix=nowhere.csv"),
            "--transition_matrix=nowhere.csv: there is no such file",
        ),
        (
            ("--loss=forward", "--transition_matrix=knwon"),
            "expected known, estimated, or a file, .csv, .npy, .json; did you mean",
        ),
        (
            ("--loss=backward", "--transition_matrix=known", "--rate=0.9"),
            "--loss=backward: `matrix` must have an inverse",
        ),
        (("--noise=asym", "--asym_map=cat>dog"), "no class 'cat'; expected one of 0"),
        (("--noise=~nobody/x.csv",), "--noise=~nobody/x.csv: there is no such file"),
        (("--noise=nowhere.csv",), "--noise=nowhere.csv: there is no such file"),
        (
            ("--imbalance=lt", "--imbalance_factor=0.001", "--loss=ce"),
            "leaves no example of class '7'",
        ),
        (
            ("--noise=instance", "--loss=forward", "--transition_matrix=known"),
            "--noise=instance has no transition matrix",
        ),
        (("--resume=perhaps",), "resume=perhaps.*boolean"),
        (("--flagfile=nowhere.flags",), "nowhere.flags"),
        (("--noresume=x",), "--noresume=x does not take an argument"),
        (("--" + "9" * 5000,), "unknown setting --9+…"),
        (("--dataset=" + "x" * 5000,), "unknown dataset 'xxx"),
        (("--data_dir=a\0b",), "--data_dir=.*: expected text"),
    )
    def test_one_line_and_status_2(self, arguments, message):
        out_dir = pathlib.Path(self.get_temp_dir()) / "mistakes"
        status, _, err = call(*arguments, f"--output_dir={out_dir}")
        self.assertEqual(status, 2)
        self.assertRegex(err, message)
        self.assertEqual(err.count("\n"), 1)
        self.assertStartsWith(err, "lnl-sr: ")
        self.assertFalse(out_dir.exists(), "a mistake must leave nothing behind")

    @parameterized.parameters(
        ("jaxx", "KERAS_BACKEND=jaxx: expected one of .*; did you mean jax?"),
        ("jax", "KERAS_BACKEND=jax: it is not installed; pip install jax"),
    )
    def test_another_backend(self, name, message):
        with (
            mock.patch.dict("os.environ", {"KERAS_BACKEND": name}),
            mock.patch("importlib.util.find_spec", return_value=None),
        ):
            status, _, err = call("--epochs=1")
        self.assertEqual(status, 2)
        self.assertRegex(err, message)

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


if __name__ == "__main__":
    tf.test.main()
