"""What a run trains on: one device, several of a machine, or several machines."""

import contextlib
import dataclasses
import zlib

import numpy as np

from lnl_sr_tf.datasets.batches.pipeline import Parts
from lnl_sr_tf.errors import RunError


@dataclasses.dataclass(frozen=True)
class Devices:
    """What a run trains on: one device.

    Attributes:
        kind: none, mirrored, multi_worker or tpu.
        replicas: how many devices share a batch, on all machines together.
        workers: how many machines.
        worker: which of them this is, from 0; 0 is the chief, who alone writes.
    """

    kind: str = "none"
    replicas: int = 1
    workers: int = 1
    worker: int = 0

    # Whether its streams of the test set start over again and again, since devices of
    # several machines would have to agree at every step on whether they have ended.
    endless = False

    @property
    def chief(self):
        """Whether this process writes what is to be kept."""
        return self.worker == 0

    @property
    def words(self):
        """For people; empty for one device."""
        if self.kind == "none":
            return ""
        machines = f" on {self.workers} machines" if self.workers > 1 else ""
        return f"{self.kind} over {self.replicas} device(s){machines}"

    def scope(self):
        """Within, models are made and trained on these devices."""
        return contextlib.nullcontext()

    def batches(self, make):
        """A stream of batches.

        Args:
            make: gives a stream, of the `Parts` of each batch that it is given, or of
                whole ones.
        """
        return make(None)

    def from_chief(self, array):
        """What the chief has in an array of the same shape and type."""
        return array

    def any(self, flags):
        """For each flag whether it is set on one of the machines."""
        return flags

    def wait(self):
        """Wait until every machine is here."""
        self.any([False])

    def choice(self, value, values):
        """What the chief has chosen of some values."""
        return values[int(self.from_chief(np.array(values.index(value))))]

    def agree(self, content):
        """Find out whether all machines train the same.

        Args:
            content: bytes that tell it, the same on each.

        Raises:
            RunError: on every machine, if it is not.
        """
        digest = np.array(zlib.crc32(content))
        differs = np.zeros(self.workers, np.int64)
        differs[self.worker] = int(self.from_chief(digest) != digest)
        wrong = np.flatnonzero(self.any(differs)).tolist()
        if wrong:
            raise RunError(
                f"machines {', '.join(map(str, wrong))} have other settings or other "
                "data than machine 0; all of them need the same flags, the same "
                "version and the same files"
            )


class Replicated(Devices):
    """Several devices under a strategy of TensorFlow.

    Args:
        kind: mirrored, multi_worker or tpu.
        strategy: a `tf.distribute.Strategy`.
        workers: how many machines.
        worker: which of them this is.
    """

    endless = True

    def __init__(self, kind, strategy, workers=1, worker=0):
        super().__init__(kind, strategy.num_replicas_in_sync, workers, worker)
        object.__setattr__(self, "strategy", strategy)

    @contextlib.contextmanager
    def scope(self):
        """Within, models are theirs, and Keras's `fit` is mended where it needs it."""
        from lnl_sr_tf.devices.mended_multi_worker import mended

        with mended(self.strategy), self.strategy.scope():
            yield

    def batches(self, make):
        """A stream of batches in parts, those of the devices of this machine."""

        def of_worker(context):
            here = context.num_replicas_in_sync // context.num_input_pipelines
            first = context.input_pipeline_id * here
            return make(Parts(context.num_replicas_in_sync, first, here))

        return self.strategy.distribute_datasets_from_function(of_worker)

    def from_chief(self, array):
        """What the chief has; every machine has to ask at the same point."""
        return self._sum(array if self.chief else np.zeros_like(array))

    def any(self, flags):
        """For each flag whether it is set somewhere; every machine has to ask."""
        return [bool(total) for total in self._sum(np.array(flags, np.int64))]

    def _sum(self, array):
        """The sum of an array over all workers; zeros leave another's as it is."""
        if self.workers == 1:
            return array
        array = np.asarray(array)
        kind = array.dtype if array.dtype.kind == "f" else np.int64
        mine = array.astype(kind)
        local = self.replicas // self.workers

        def of_replica(context):
            first = context.replica_id_in_sync_group % local == 0
            return mine if first else np.zeros_like(mine)

        values = self.strategy.experimental_distribute_values_from_function(of_replica)
        total = self.strategy.reduce("SUM", values, axis=None)
        return total.numpy().astype(array.dtype)


class DataParallel(Devices):
    """Several devices by `keras.distribution`, on JAX.

    Args:
        distribution: a `keras.distribution.DataParallel`.
    """

    def __init__(self, distribution):
        super().__init__("mirrored", distribution.device_mesh.devices.size)
        object.__setattr__(self, "distribution", distribution)

    def scope(self):
        """Within, models are made and trained on all of them."""
        return self.distribution.scope()
