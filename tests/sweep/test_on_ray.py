"""Runs on Ray: a node that dies in the middle of a sweep costs no run."""

import os
import pathlib
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import tensorflow as tf
from helpers import extras

from lnl_sr_tf import config, sweep
from lnl_sr_tf.errors import InputError
from lnl_sr_tf.runs.folder import RunFolder

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class WithoutRayTest(tf.test.TestCase):
    def test_says_what_is_missing(self):
        with (
            mock.patch.dict(sys.modules, {"ray": None}),
            self.assertRaisesRegex(InputError, "Ray is not installed; pip install"),
        ):
            sweep.run({"loss": ["ce"], "sweep_on": "ray"}, print)


class RayTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        extras.need(self, "ray")
        name = self.id().rpartition(".")[2]
        self.folder = pathlib.Path(self.get_temp_dir()) / name

    def start(self, *flags, **environment):
        return subprocess.Popen(
            [
                sys.executable, "main.py", "--loss=ce", "--precision=float32",
                "--sweep_on=ray", f"--output_dir={self.folder}", *flags,
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | environment,
        )  # fmt: skip

    def test_a_node_dies(self):
        from ray.cluster_utils import Cluster

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        node = {"num_cpus": 1, "object_store_memory": 10**8}
        cluster = Cluster(
            initialize_head=True, head_node_args=node | {"include_dashboard": False}
        )
        self.addCleanup(cluster.shutdown)
        second = cluster.add_node(**node)
        cluster.wait_for_nodes()
        process = self.start("--seed=1,2,3", "--epochs=25", RAY_ADDRESS=cluster.address)

        def begun():
            return {p.parent.parent for p in self.folder.glob("*/checkpoints/epoch_*")}

        while len(begun()) < 2:
            self.assertIsNone(process.poll(), "ended before a node could die")
            time.sleep(0.1)
        cluster.remove_node(second, allow_graceful=False)
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 0, out)
        self.assertRegex(out, "going on after")
        self.assertIn("Accuracy on the clean test set:", out)
        runs = [RunFolder(path) for path in self.folder.iterdir()]
        self.assertLen(runs, 3)
        alone = sweep.run(
            {
                "loss": ["ce"], "seed": ["1", "2", "3"], "epochs": 25,
                "precision": "float32", "sweep_on": "processes", "cpus_per_run": 1,
                "output_dir": str(self.folder / "alone"),
            },
            print,
        )  # fmt: skip
        for _, wanted in alone:
            found = RunFolder(self.folder / wanted.path.name)
            self.assertTrue(found.finished())
            with (
                np.load(found.checkpoints / "epoch_00025" / "state.npz") as ours,
                np.load(wanted.checkpoints / "epoch_00025" / "state.npz") as theirs,
            ):
                for name in set(theirs.files) - {"seconds"}:
                    self.assertAllEqual(ours[name], theirs[name], name)

    def test_wrong_input(self):
        for flags, words in (
            (["--dataset=no_such.npz"], "no_such.npz"),
            (["--cpus_per_run=1000"], "--cpus_per_run=1000 .* no node of the cluster"),
        ):
            process = self.start(*flags)
            out, _ = process.communicate()
            self.assertEqual(process.returncode, 2, out)
            self.assertRegex(out.splitlines()[-1], f"^lnl-sr: .*{words}")
        made = config.resolve({"output_dir": str(self.folder)})
        self.assertFalse((self.folder / made.run_name).exists())

    def test_no_cluster_answers(self):
        process = self.start(RAY_ADDRESS="127.0.0.1:1")
        out, _ = process.communicate()
        self.assertEqual(process.returncode, 2, out)
        self.assertRegex(
            out.splitlines()[-1], "RAY_ADDRESS=127.0.0.1:1: no Ray cluster"
        )


if __name__ == "__main__":
    tf.test.main()
