"""Importing TensorFlow where another backend computes: to read and write data only."""

import importlib.util
import types

from lnl_sr_tf import quiet


def import_tensorflow() -> types.ModuleType:
    """TensorFlow, kept off the GPUs where they belong to another backend.

    Call it before anything else imports TensorFlow: its devices are settled then.

    Raises:
        ImportError: if it is not installed.
    """
    import keras  # takes seconds

    with quiet.notices():
        import tensorflow as tf

        if keras.backend.backend() != "tensorflow":
            try:
                tf.config.set_visible_devices([], "GPU")
            except RuntimeError:  # it has begun to compute, so they are settled
                return tf
        tf.config.list_logical_devices()
    return tf


def import_tensorflow_if_installed() -> bool:
    """Import TensorFlow where it is installed, as Keras does itself to serialise.

    Returns:
        Whether it is installed.
    """
    installed = importlib.util.find_spec("tensorflow") is not None
    if installed:
        import_tensorflow()
    return installed
