"""What differs between TensorFlow, JAX and PyTorch beside the arithmetic."""

import importlib.metadata

import keras


def name():
    """The backend of this process: `tensorflow`, `jax` or `torch`."""
    return keras.backend.backend()


def version():
    """Its version."""
    return importlib.metadata.version(name())


def gpus():
    """The GPUs that the backend sees: a list of (name, compute capability).

    The compute capability is a pair such as (8, 0), (0, 0) where it is not known.
    """
    found = {"tensorflow": _tensorflow_gpus, "jax": _jax_gpus, "torch": _torch_gpus}
    return found[name()]()


def disk_errors():
    """What is raised where a disk is full or may not be written to."""
    if name() != "tensorflow":
        return (OSError,)
    from tensorflow import errors

    return OSError, errors.ResourceExhaustedError, errors.PermissionDeniedError


def file_errors():
    """What is raised where an image file is gone or damaged."""
    if name() != "tensorflow":
        from lnl_sr_tf.datasets.decode_pillow import BAD_IMAGE

        return BAD_IMAGE
    from tensorflow import errors

    return errors.NotFoundError, errors.InvalidArgumentError


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
        (device.device_kind, tuple(map(int, device.compute_capability.split("."))))
        for device in jax.local_devices()
        if device.platform == "gpu"
    ]


def _torch_gpus():
    import torch

    return [
        (torch.cuda.get_device_name(i), torch.cuda.get_device_capability(i))
        for i in range(torch.cuda.device_count())
    ]
