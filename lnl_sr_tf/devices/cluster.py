"""Which machines train together, and which of them this one is."""

import json
import os
import re
from typing import NamedTuple

from lnl_sr_tf.config import Config
from lnl_sr_tf.errors import InputError

_ADDRESS = re.compile(r"(?P<host>[^\s:,/]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
# Below the ports that systems assign by themselves.
_FIRST_PORT, _PORTS = 12000, 20000


class Cluster(NamedTuple):
    """The machines of a run, each a worker; the first, the chief, writes the results.

    Args:
        addresses: HOST:PORT of each worker.
        task: the number of this process among them, from 0.
    """

    addresses: tuple[str, ...]
    task: int

    def publish(self) -> None:
        """Set the environment variable TF_CONFIG, where TensorFlow looks for it."""
        os.environ["TF_CONFIG"] = json.dumps(
            {
                "cluster": {"worker": list(self.addresses)},
                "task": {"type": "worker", "index": self.task},
            }
        )


def find(config: Config) -> Cluster | None:
    """The cluster of a run: from --cluster and --task, from TF_CONFIG, or from SLURM.

    Returns:
        The cluster; None if none of them is given.

    Raises:
        InputError: if what is given is malformed, or --task is given without --cluster
            or the reverse.
    """
    if config.cluster is not None:
        return _from_flags(config.cluster, config.task)
    if config.task is not None:
        raise InputError(
            f"--task={config.task} needs --cluster=HOST:PORT,HOST:PORT, too"
        )
    if os.environ.get("TF_CONFIG"):
        return _from_environment(os.environ["TF_CONFIG"])
    if config.distribute == "multi_worker" and "SLURM_STEP_NODELIST" in os.environ:
        return _from_slurm()
    return None


def _from_flags(text, task):
    addresses = tuple(part.strip() for part in text.split(","))
    _check(addresses, f"--cluster={text}")
    if task is None:
        raise InputError(
            f"--cluster={text} needs --task, too: the number of this machine among "
            f"the {len(addresses)}, from 0"
        )
    if task >= len(addresses):
        raise InputError(
            f"--task={task}: expected a whole number from 0 to {len(addresses) - 1}, "
            f"since --cluster names {len(addresses)}"
        )
    return Cluster(addresses, task)


def _check(addresses, received):
    for address in addresses:
        match = _ADDRESS.fullmatch(str(address))
        if not match or not 0 < int(match["port"]) < 65536:
            raise InputError(
                f"{received}: expected HOST:PORT,HOST:PORT; {address!r} is not one"
            )
    if len(set(addresses)) < len(addresses):
        raise InputError(f"{received}: the same address is given twice")


def _from_environment(text):
    try:
        content = json.loads(text)
        cluster, task = content["cluster"], content["task"]
        kind, index = task["type"], int(task["index"])
        # The machine that writes results may have a job of its own, named chief.
        jobs = [list(cluster.get(name, [])) for name in ("chief", "worker")]
        others = set(cluster) - {"chief", "worker"}
        number = index + (len(jobs[0]) if kind == "worker" else 0)
        addresses = tuple(jobs[0] + jobs[1])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"TF_CONFIG={text}: expected "
            '{"cluster": {"worker": ["HOST:PORT", ...]}, '
            '"task": {"type": "worker", "index": 0}}' + f" ({error!r})"
        ) from None
    if others or kind not in ("chief", "worker") or not 0 <= number < len(addresses):
        raise InputError(
            f"TF_CONFIG={text}: expected workers alone, and the task to be one of them"
        )
    _check(addresses, f"TF_CONFIG={text}")
    return Cluster(addresses, number)


def _from_slurm():
    """The tasks of this job's step, as `srun` starts them."""
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
            # Two jobs may share a machine, but not a port.
            port_base=_FIRST_PORT + int(os.environ.get("SLURM_JOB_ID", 0)) % _PORTS,
            # SLURM assigns the GPUs. Their number is not known here, and the resolver
            # accepts any.
            auto_set_gpu=False,
            gpus_per_node=_PORTS,
            gpus_per_task=1,
        )
        addresses = tuple(resolver.cluster_spec().as_dict()["worker"])
        _, task = resolver.get_task_info()
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise InputError(
            "--distribute=multi_worker: SLURM's variables do not say which machines "
            f"take part ({error}); start it with srun, or give --cluster and --task"
        ) from None
    return Cluster(addresses, int(task))
