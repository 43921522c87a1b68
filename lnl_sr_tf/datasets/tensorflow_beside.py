"""TensorFlow beside another backend: to read and to write, not to compute."""

import importlib.util

import keras

from lnl_sr_tf import quiet


def tensorflow():
    """The module TensorFlow, which keeps off GPUs where they are another backend's.

    To be called before anything else there imports it: its devices are settled then.

    Raises:
        ImportError: if it is not installed.
    """
    with quiet.notices():
        import tensorflow as tf

        if keras.backend.backend() != "tensorflow":
            try:
                tf.config.set_visible_devices([], "GPU")
            except RuntimeError:  # it has begun to compute, so they are settled
                return tf
        tf.config.list_logical_devices()
    return tf


def prepare():
    """Import TensorFlow where it is installed, as Keras does itself to serialise.

    Returns:
        Whether it is installed.
    """
    installed = importlib.util.find_spec("tensorflow") is not None
    if installed:
        tensorflow()
    return installed
