"""What differs between TensorFlow, JAX and PyTorch besides the arithmetic."""

import importlib

import keras

from lnl_sr_tf.datasets.features.mapped_rows import RowsGone
from lnl_sr_tf.datasets.images.image_files import ImageGone


def name() -> str:
    """The backend of this process: `tensorflow`, `jax` or `torch`."""
    return keras.backend.backend()


def version() -> str:
    """The version of the backend."""
    return importlib.import_module(name()).__version__


def gpus() -> list[tuple[str, tuple[int, int]]]:
    """The GPUs that the backend sees, as (name, compute capability).

    The compute capability is a pair such as (8, 0); (0, 0) if it is unknown.
    """
    found = {"tensorflow": _tensorflow_gpus, "jax": _jax_gpus, "torch": _torch_gpus}
    return found[name()]()


def disk_errors() -> tuple[type[Exception], ...]:
    """The exceptions raised when a disk is full or must not be written to."""
    if name() != "tensorflow":
        return (OSError,)
    from tensorflow import errors

    return OSError, errors.ResourceExhaustedError, errors.PermissionDeniedError


def file_errors() -> tuple[type[Exception], ...]:
    """The exceptions raised when a file of images or rows is missing or damaged."""
    if name() != "tensorflow":
        return ImageGone, RowsGone
    from tensorflow import errors

    return errors.NotFoundError, errors.InvalidArgumentError, RowsGone


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device is out of memory."""
    kind = type(error).__name__
    exhausted = "RESOURCE_EXHAUSTED" in str(error) or "OOM when" in str(error)
    return kind == "OutOfMemoryError" or (
        kind in ("JaxRuntimeError", "XlaRuntimeError", "ResourceExhaustedError")
        and exhausted
    )


def _tensorflow_gpus():
    import tensorflow as tf

    details = [
        (gpu.name, tf.config.experimental.get_device_details(gpu))
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    return [
        (found.get("device_name", name), found.get("compute_capability", (0, 0)))
        for name, found in details
    ]


def _jax_gpus():
    import jax

    return [
        (device.device_kind, _pair(getattr(device, "compute_capability", "")))
        for device in jax.local_devices()
        if device.platform == "gpu"
    ]


def _pair(text):
    """The text 8.0 as (8, 0); AMD's names are not such numbers."""
    try:
        major, minor = map(int, str(text).split("."))
    except ValueError:
        return 0, 0
    return major, minor


def _torch_gpus():
    import torch

    return [
        (torch.cuda.get_device_name(i), torch.cuda.get_device_capability(i))
        for i in range(torch.cuda.device_count())
    ]
