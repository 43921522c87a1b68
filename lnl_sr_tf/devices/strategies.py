"""What a run trains on: one device, several of a machine, or several machines."""

import contextlib
import dataclasses
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from lnl_sr_tf.datasets.batches.pipeline import Parts
from lnl_sr_tf.errors import RunError

Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class Devices:
    """What a run trains on: one device.

    Attributes:
        kind: none, mirrored, multi_worker or tpu.
        replicas: number of devices that share a batch, on all machines together.
        workers: number of machines.
        worker: number of this machine, from 0; 0 is the chief, which alone writes.
    """

    kind: str = "none"
    replicas: int = 1
    workers: int = 1
    worker: int = 0

    # Whether streams of the test set repeat without end. Several machines would have to
    # agree at every step on whether a stream has ended.
    endless = False

    @property
    def chief(self) -> bool:
        """Whether this process writes files."""
        return self.worker == 0

    @property
    def words(self) -> str:
        """A description; empty for one device."""
        if self.kind == "none":
            return ""
        machines = f" on {self.workers} machines" if self.workers > 1 else ""
        return f"{self.kind} over {self.replicas} device(s){machines}"

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Inside, models are made and trained on these devices."""
        return contextlib.nullcontext()

    def batches(self, make: Callable[[Parts | None], Any]) -> Any:
        """A stream of batches.

        Args:
            make: makes a stream of some parts of each batch; for None, of whole ones.
        """
        return make(None)

    def from_chief(self, array: np.ndarray) -> np.ndarray:
        """The chief's array, in place of one of the same shape and dtype."""
        return array

    def any(self, flags: Iterable[bool]) -> list[bool]:
        """For each flag, whether it is set on at least one machine."""
        return list(flags)

    def wait(self) -> None:
        """Wait until every machine is here."""
        self.any([False])

    def choice(self, value: Value, values: Sequence[Value]) -> Value:
        """The chief's value, one of `values`, in place of this machine's."""
        return values[int(self.from_chief(np.array(values.index(value))))]

    def agree(self, content: bytes) -> None:
        """Check that all machines train the same run.

        Args:
            content: what must be the same on all machines.

        Raises:
            RunError: on every machine, if it is not.
        """
        digest = np.array(zlib.crc32(content))
        differs = bool(self.from_chief(digest) != digest)
        mine = [differs and worker == self.worker for worker in range(self.workers)]
        wrong = np.flatnonzero(self.any(mine)).tolist()
        if wrong:
            raise RunError(
                f"machines {', '.join(map(str, wrong))} have other settings or other "
                "data than machine 0; all machines need the same flags, the same "
                "version and the same files"
            )


class Replicated(Devices):
    """Several devices under a strategy of TensorFlow.

    Args:
        kind: mirrored, multi_worker or tpu.
        strategy: a `tf.distribute.Strategy`.
        workers: number of machines.
        worker: number of this machine, from 0.
    """

    endless = True
    strategy: Any

    def __init__(
        self, kind: str, strategy: Any, workers: int = 1, worker: int = 0
    ) -> None:
        super().__init__(kind, strategy.num_replicas_in_sync, workers, worker)
        object.__setattr__(self, "strategy", strategy)

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Inside, models are made for the devices, and Keras's `fit` works on them."""
        from lnl_sr_tf.devices.mended_multi_worker import mended

        with mended(self.strategy), self.strategy.scope():
            yield

    def batches(self, make: Callable[[Parts | None], Any]) -> Any:
        """A stream of parts of batches, one for each device of this machine."""

        def of_worker(context):
            here = context.num_replicas_in_sync // context.num_input_pipelines
            first = context.input_pipeline_id * here
            return make(Parts(context.num_replicas_in_sync, first, here))

        return self.strategy.distribute_datasets_from_function(of_worker)

    def from_chief(self, array: np.ndarray) -> np.ndarray:
        """The chief's array; every machine must call this at the same point."""
        return self._sum(array if self.chief else np.zeros_like(array))

    def any(self, flags: Iterable[bool]) -> list[bool]:
        """For each flag, whether a machine has it set; every machine must call this."""
        return [bool(total) for total in self._sum(np.array([*flags], np.int64))]

    def _sum(self, array):
        """The sum of an array over all machines."""
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

    distribution: Any

    def __init__(self, distribution: Any) -> None:
        super().__init__("mirrored", distribution.device_mesh.devices.size)
        object.__setattr__(self, "distribution", distribution)

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Inside, models are made and trained on all of the devices."""
        return self.distribution.scope()
