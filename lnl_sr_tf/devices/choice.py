"""Which devices a run gets: by its settings, and by what there is."""

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from lnl_sr_tf.config import Config
from lnl_sr_tf.devices import backend, cluster
from lnl_sr_tf.devices.rendezvous import meet
from lnl_sr_tf.devices.strategies import DataParallel, Devices, Replicated
from lnl_sr_tf.errors import InputError, RunError

if TYPE_CHECKING:
    import tensorflow as tf

_SEVERAL = ("mirrored", "multi_worker", "tpu")
Tell = Callable[[str], None]


def peer_is_gone(error: Exception) -> bool:
    """Whether an exception says that another machine does not answer any more."""
    if backend.name() != "tensorflow" or not os.environ.get("TF_CONFIG"):
        return False
    from tensorflow import errors

    gone = errors.UnavailableError, errors.AbortedError, errors.DeadlineExceededError
    words = ("Collective ops is aborted", "peer", "heartbeat", "oordination")
    return isinstance(error, gone) or (
        isinstance(error, errors.OpError) and any(w in str(error) for w in words)
    )


def start(config: Config, tell: Tell = lambda line: None) -> Devices:
    """The devices of all runs of a process.

    To be called before anything else is computed, since devices are settled then, and
    once a command: who trains several runs hands the answer to each. A second call with
    the same settings gives the same devices.

    Args:
        config: the settings of any of the runs, which have the same about devices.
        tell: called with a line for the person who waits for other machines.

    Raises:
        InputError: if the backend cannot do what is asked for, there are not as many
            devices, or what names the machines is malformed.
        RunError: if other machines cannot be joined.
    """
    kind, devices = config.distribute, config.devices
    found = cluster.find(config) if kind != "none" else None
    # TF_CONFIG is TensorFlow's: other backends need not look at it.
    named = config.cluster is not None
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


def check(config: Config, devices: Devices) -> None:
    """Raise InputError where the settings of a run do not go with its devices."""
    if devices.replicas > 1 and config.precision == "mixed_float16":
        raise InputError(
            "--precision=mixed_float16 does not go with several devices, which would "
            "each have to know whether the gradient of another overflowed; use "
            "mixed_bfloat16 or float32"
        )
    if devices.kind != "none" and config.divides:
        raise InputError(
            f"--method={config.method} is for one device, whose networks divide all "
            "examples; use --distribute=none"
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


def _on_tensorflow(
    kind: str, devices: int | None, found: cluster.Cluster | None, tell: Tell
) -> Devices:
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
        return Replicated("tpu", _tpu_strategy())
    _settle_devices(gpus, devices)
    if kind == "multi_worker":
        return _multi_worker(found, tell)
    used = tf.config.list_logical_devices("GPU" if gpus else "CPU")
    names = tuple(device.name for device in used)
    return Replicated("mirrored", _mirrored_strategy(names))


# TensorFlow numbers the sums over devices from the start again for a second strategy,
# and mixes them up with those of the first: the same devices keep the same one.
@functools.cache
def _mirrored_strategy(names: tuple[str, ...]) -> "tf.distribute.Strategy":
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(list(names))


def _settle_devices(gpus: list, devices: int | None) -> None:
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


def _settled(settle: Callable[[], None], devices: int | None) -> None:
    try:
        settle()
    except RuntimeError as error:
        raise InputError(
            "--devices: TensorFlow has begun to compute with other devices in this "
            f"process than {devices or 'all'} ({error}); start a new one"
        ) from None


@functools.cache
def _tpu_strategy() -> "tf.distribute.Strategy":
    import tensorflow as tf

    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise InputError(
            f"--distribute=tpu: no TPU was found ({str(error).splitlines()[0]})"
        ) from None
    return tf.distribute.TPUStrategy(resolver)


@dataclasses.dataclass(frozen=True)
class _Meeting:
    """Machines that meet, whoever is told of it."""

    cluster: cluster.Cluster
    tell: Tell = dataclasses.field(compare=False)


@functools.cache  # machines meet once a process
def _joined(meeting: _Meeting) -> "tf.distribute.Strategy":
    import tensorflow as tf

    found = meeting.cluster
    found.publish()
    meet(found, meeting.tell)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        raise RunError(
            f"{found.addresses[found.task]}: cannot join the other machines "
            f"({str(error).splitlines()[0]})"
        ) from None


def _multi_worker(found: cluster.Cluster | None, tell: Tell) -> Devices:

    if not found:
        raise InputError(
            "--distribute=multi_worker: expected --cluster=HOST:PORT,HOST:PORT and "
            "--task, TF_CONFIG, or a start by SLURM's srun; received none of them"
        )
    strategy = _joined(_Meeting(found, tell))
    return Replicated("multi_worker", strategy, len(found.addresses), found.task)


def _on_jax(kind: str, devices: int | None) -> Devices:
    if kind != "mirrored" and not devices:
        return Devices()
    from lnl_sr_tf.devices.jax_data_parallel import data_parallel

    return DataParallel(data_parallel(devices))
