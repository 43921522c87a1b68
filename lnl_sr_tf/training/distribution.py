"""Over which devices a run trains: one, several of a machine, or several machines."""

import contextlib
import dataclasses
import os
import zlib

import numpy as np

from lnl_sr_tf.datasets.pipeline import Parts
from lnl_sr_tf.errors import InputError, RunError
from lnl_sr_tf.training import backend, cluster
from lnl_sr_tf.training.rendezvous import meet

_SEVERAL = ("mirrored", "multi_worker", "tpu")


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


class _Replicated(Devices):
    """Several devices under a strategy of TensorFlow."""

    endless = True

    def __init__(self, kind, strategy, workers=1, worker=0):
        super().__init__(kind, strategy.num_replicas_in_sync, workers, worker)
        object.__setattr__(self, "strategy", strategy)

    @contextlib.contextmanager
    def scope(self):
        from lnl_sr_tf.training.keras_20585 import mended

        with mended(self.strategy), self.strategy.scope():
            yield

    def batches(self, make):
        def of_worker(context):
            here = context.num_replicas_in_sync // context.num_input_pipelines
            first = context.input_pipeline_id * here
            return make(Parts(context.num_replicas_in_sync, first, here))

        return self.strategy.distribute_datasets_from_function(of_worker)

    def from_chief(self, array):
        return self._sum(array if self.chief else np.zeros_like(array))

    def any(self, flags):
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


class _DataParallel(Devices):
    """Several devices by `keras.distribution`, on JAX."""

    def __init__(self, distribution):
        super().__init__("mirrored", distribution.device_mesh.devices.size)
        object.__setattr__(self, "distribution", distribution)

    def scope(self):
        return self.distribution.scope()


def peer_is_gone(error):
    """Whether an exception says that another machine does not answer any more."""
    if backend.name() != "tensorflow" or not os.environ.get("TF_CONFIG"):
        return False
    from tensorflow import errors

    gone = errors.UnavailableError, errors.AbortedError, errors.DeadlineExceededError
    words = ("Collective ops is aborted", "peer", "heartbeat", "oordination")
    return isinstance(error, gone) or (
        isinstance(error, errors.OpError) and any(w in str(error) for w in words)
    )


def start(config, tell=lambda line: None):
    """The `Devices` of a run; the same for each run of a process.

    To be called before anything else is computed: devices are settled then.

    Args:
        config: a `lnl_sr_tf.config.Config`.
        tell: called with a line for the person who waits for other machines.

    Raises:
        InputError: if the backend cannot do what is asked for, there are not as many
            devices, or what names the machines is malformed.
    """
    found = cluster.find(config) if config.distribute != "none" else None
    # TF_CONFIG is TensorFlow's: other backends need not look at it.
    named = config.cluster is not None
    devices = _start(config.distribute, config.devices, found, named, tell)
    if devices.replicas > 1 and config.precision == "mixed_float16":
        raise InputError(
            "--precision=mixed_float16 does not go with several devices, which would "
            "each have to know whether the gradient of another overflowed; use "
            "mixed_bfloat16 or float32"
        )
    if devices.workers > 1 and config.transition_matrix == "estimated":
        raise InputError(
            "--transition_matrix=estimated is for one machine; estimate it there, and "
            "give its transition_matrix.csv to all of them"
        )
    if config.batch_size < devices.replicas:
        raise InputError(
            f"--batch_size={config.batch_size}: expected at least "
            f"{devices.replicas}, an example for each device"
        )
    if backend.name() == "jax" and config.batch_size % devices.replicas:
        raise InputError(
            f"--batch_size={config.batch_size}: expected a multiple of "
            f"{devices.replicas}, since JAX splits a batch evenly over devices"
        )
    return devices


_started = {}


def _start(kind, devices, found, named, tell):
    """Once in a process, for each set of settings."""
    key = kind, devices, found, named
    if key not in _started:
        _started[key] = _begin(*key, tell)
    return _started[key]


def _begin(kind, devices, found, named, tell):
    if backend.name() == "tensorflow":
        return _on_tensorflow(kind, devices, found, tell)
    several = kind in _SEVERAL or devices or named
    if backend.name() == "jax" and kind in ("auto", "none", "mirrored") and not named:
        return _on_jax(kind, devices)
    if several:
        raise InputError(
            f"--distribute={kind} needs the environment variable KERAS_BACKEND="
            + ("tensorflow or jax" if kind == "mirrored" else "tensorflow")
            + f"; received {backend.name()}"
        )
    return Devices()


def _on_tensorflow(kind, devices, found, tell):
    import tensorflow as tf

    if kind == "none":
        return Devices()
    gpus = tf.config.list_physical_devices("GPU")
    if kind == "auto":
        kind = "none"
        if found and len(found.addresses) > 1:
            kind = "multi_worker"
        elif (devices or len(gpus)) > 1:
            kind = "mirrored"
    if kind == "none":
        return Devices()
    if kind == "tpu":
        return _Replicated("tpu", _tpu_strategy())
    _settle_devices(gpus, devices)
    if kind == "multi_worker":
        return _multi_worker(found, tell)
    used = tf.config.list_logical_devices("GPU" if gpus else "CPU")
    names = [device.name for device in used]
    return _Replicated("mirrored", tf.distribute.MirroredStrategy(names))


def _settle_devices(gpus, devices):
    """Let TensorFlow see as many devices; without GPUs, parts of the processor."""
    import tensorflow as tf

    if gpus:
        if devices and devices > len(gpus):
            raise InputError(
                f"--devices={devices}: expected at most {len(gpus)}, the GPUs of this "
                "machine"
            )
        used = gpus[:devices]
        _settled(lambda: tf.config.set_visible_devices(used, "GPU"), devices)
    elif devices:
        (processor,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        _settled(
            lambda: tf.config.set_logical_device_configuration(processor, parts),
            devices,
        )


def _settled(settle, devices):
    try:
        settle()
    except RuntimeError as error:
        raise InputError(
            "--devices: TensorFlow has begun to compute with other devices in this "
            f"process than {devices or 'all'} ({error}); start a new one"
        ) from None


def _tpu_strategy():
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise InputError(
            f"--distribute=tpu: no TPU was found ({str(error).splitlines()[0]})"
        ) from None
    return tf.distribute.TPUStrategy(resolver)


def _multi_worker(found, tell):
    import tensorflow as tf

    if not found:
        raise InputError(
            "--distribute=multi_worker: expected --cluster=HOST:PORT,HOST:PORT and "
            "--task, TF_CONFIG, or a start by SLURM's srun; received none of them"
        )
    found.publish()
    meet(found, tell)
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        raise RunError(
            f"{found.addresses[found.task]}: cannot join the other machines "
            f"({str(error).splitlines()[0]})"
        ) from None
    return _Replicated("multi_worker", strategy, len(found.addresses), found.task)


def _on_jax(kind, devices):
    if kind != "mirrored" and not devices:
        return Devices()
    from lnl_sr_tf.training.data_parallel import data_parallel

    return _DataParallel(data_parallel(devices))
