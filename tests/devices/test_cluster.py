"""Which machines take part is read from flags, from TF_CONFIG and from SLURM."""

import json
import os
import threading
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized
from helpers.worker_processes import free_ports

from lnl_sr_tf import config
from lnl_sr_tf.devices import rendezvous
from lnl_sr_tf.devices.cluster import Cluster, find
from lnl_sr_tf.errors import InputError, RunError

TWO = ("a:2000", "b.example:2001")


def settings(**given):
    return config.resolve({"distribute": "multi_worker"} | given)


def tf_config(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


class ClusterTest(tf.test.TestCase, parameterized.TestCase):
    def find(self, environment=(), **given):
        with mock.patch.dict(os.environ, dict(environment), clear=True):
            return find(settings(**given))

    def test_by_flags(self):
        self.assertEqual(
            self.find(cluster=" a:2000, b.example:2001", task=1), Cluster(TWO, 1)
        )
        self.assertEqual(self.find(cluster="[::1]:2000", task=0).task, 0)

    @parameterized.parameters(
        ({"cluster": "a:2000,b"}, "expected HOST:PORT,HOST:PORT; 'b' is not one"),
        ({"cluster": "a:0", "task": 0}, "'a:0' is not one"),
        ({"cluster": "a:70000", "task": 0}, "'a:70000' is not one"),
        ({"cluster": "a:2000,a:2000", "task": 0}, "the same address is given"),
        ({"cluster": "a:2000,b:2000"}, "needs --task, too"),
        ({"cluster": "a:2000,b:2000", "task": 2}, "--task=2: expected .* from 0 to 1"),
        ({"task": 1}, "--task=1 needs --cluster"),
    )
    def test_wrong_flags(self, given, words):
        with self.assertRaisesRegex(InputError, words):
            self.find(**given)

    def test_by_environment(self):
        found = self.find({"TF_CONFIG": tf_config({"worker": list(TWO)}, index=1)})
        self.assertEqual(found, Cluster(TWO, 1))
        cluster = {"chief": [TWO[0]], "worker": [TWO[1]]}
        self.assertEqual(self.find({"TF_CONFIG": tf_config(cluster)}), Cluster(TWO, 1))
        found = self.find({"TF_CONFIG": tf_config(cluster, "chief")})
        self.assertEqual(found, Cluster(TWO, 0))

    @parameterized.parameters(
        "no JSON",
        "[]",
        "{}",
        tf_config({"worker": ["a:1"]}, index=1),
        tf_config({"worker": ["a:1"]}, "ps"),
        tf_config({"worker": ["a:1"], "ps": ["b:1"]}),
        tf_config({"worker": ["a"]}),
        tf_config({"worker": 3}),
    )
    def test_wrong_environment(self, text):
        with self.assertRaisesRegex(InputError, "^TF_CONFIG="):
            self.find({"TF_CONFIG": text})

    def test_flags_win(self):
        environment = {"TF_CONFIG": tf_config({"worker": ["c:1"]})}
        found = self.find(environment, cluster="a:2000,b.example:2001", task=0)
        self.assertEqual(found, Cluster(TWO, 0))

    def test_by_slurm(self):
        environment = {
            "SLURM_PROCID": "2",
            "SLURM_STEP_NUM_TASKS": "3",
            "SLURM_STEP_NODELIST": "n[1-2]",
            "SLURM_STEP_TASKS_PER_NODE": "2,1",
            "SLURM_JOB_ID": "40007",
        }
        found = self.find(environment)
        self.assertEqual(found, Cluster(("n1:12007", "n1:12008", "n2:12007"), 2))
        del environment["SLURM_PROCID"]
        with self.assertRaisesRegex(
            InputError, "start it with srun, or give --cluster"
        ):
            self.find(environment)

    def test_slurm_alone_decides_nothing(self):
        """Many start runs of one machine each by srun."""
        environment = {"SLURM_STEP_NODELIST": "n1", "SLURM_PROCID": "0"}
        self.assertIsNone(self.find(environment, distribute="auto"))
        self.assertIsNone(self.find(distribute="auto"))


class RendezvousTest(tf.test.TestCase):
    def setUp(self):
        super().setUp()
        self.addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(3))

    def test_all_meet(self):
        lines = []
        threads = [
            threading.Thread(
                target=rendezvous.meet,
                args=(Cluster(self.addresses, task), lines.append, 20.0),
            )
            for task in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLen(lines, 3)
        self.assertIn(f"waiting for {', '.join(self.addresses[1:])}", " ".join(lines))

    def test_one_does_not_come(self):
        with self.assertRaisesRegex(RunError, f"{self.addresses[1]}.*did not answer"):
            rendezvous.meet(Cluster(self.addresses, 0), lambda line: None, 0.5)

    def test_port_is_taken(self):
        with (
            rendezvous._listening(self.addresses[0]),
            self.assertRaisesRegex(RunError, "cannot listen at port"),
        ):
            rendezvous.meet(Cluster(self.addresses, 0), lambda line: None, 0.5)


if __name__ == "__main__":
    tf.test.main()
